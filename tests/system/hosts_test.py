#!/usr/bin/env python3
"""Every desktop image on a host of another Debian: what is in the container is free of what the host is.

    tests/system/hosts_test.py --host trixie --machine build/hosts/trixie/machine.json [-v] [Class.test ...]

One PC is booted for all images of a host. Screenshots (HOST-host-IMAGE-desktop.png), logs and figures.json go to
$BERTH_TEST_OUT.
"""
import argparse
import json
import os
import pathlib
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from host_seat import HostSeatTest  # noqa: E402  (found by the line above, wherever the test is started from)
from seat_test import CHECKOUT, CONTAINER, DOWN_S, OUTPUT, SeatTest  # noqa: E402
from system_test import Booked, InOrder, each, report, sentence  # noqa: E402

HOSTS = {"bookworm": "Debian 12", "trixie": "Debian 13"}


class DesktopOnHost(HostSeatTest):
    """One image on this host. The subclasses say which."""

    host = None
    suite = None  # of the image
    gnome = None  # the major version that this suite has
    up_limit_s = 700  # newer desktops take longer, and the profile's own limit is to speak first

    @classmethod
    def subject(cls):
        return f"{HOSTS[cls.host]} host, GNOME {cls.gnome}"

    @classmethod
    def picture(cls, what="desktop"):
        return f"{cls.host}-host-{cls.suite}-{what}"

    def evidence(self):
        return self.picture(self._testMethodName)

    def codename(self, *prefix):
        return self.pc.text([*prefix, "sh", "-c", '. /etc/os-release && echo "$VERSION_CODENAME"'])

    def test_up_shows_the_images_own_gnome_in_a_session_of_the_hosts_logind(self):
        self.pc.rollback("booted")
        self.assertEqual(self.host, self.codename())
        began = time.monotonic()
        self.timed(f"{self.subject()}: berth up", self.up)
        picture = self.wait_for_panel()
        self.note(f"{self.subject()}: berth up to the panel", time.monotonic() - began)
        # The image says when the shell has ended its start: what changes the picture from here on is not the start.
        self.in_session("gdbus wait --session --timeout 100 org.berth.DesktopShown")
        picture = self.wait_for_panel()
        self.pc.save_screen(self.picture())
        self.assertFalse(picture.is_blank())
        self.assertEqual(("seated", "logind", self.image), (self.seat("State"), self.seat("Mode"), self.seat("Image")))
        self.assertEqual(self.suite, self.codename("podman", "exec", CONTAINER))
        self.assertRegex(self.shell_version(), rf"<'{self.gnome}\.\d+'>")
        self.assert_the_session_is_on_the_seat()
        self.remember_seated()

    def test_the_super_key_changes_the_picture(self):
        self.ensure_seated()
        self.assert_the_super_key_shows_the_overview(self.picture("overview"))

    def test_the_vt_is_switched_away_and_back_by_key_and_by_chvt(self):
        self.ensure_seated()
        self.assert_vt_switches_away_and_back()

    def test_down_gives_the_login_prompt_back(self):
        self.ensure_seated()
        vt = self.seat("Vt")
        self.timed(f"{self.subject()}: berth down", lambda: self.pc.run(["berth", "down"], timeout_s=DOWN_S))
        self.assertEqual("vacant", self.seat("State"))
        self.assert_nothing_is_left(self.picture("down"), vt)


class Bookworm(DesktopOnHost):
    suite, gnome, image = "bookworm", 43, "localhost/berth/gnome:latest"


class Trixie(DesktopOnHost):
    suite, gnome, image = "trixie", 48, "localhost/berth/gnome:trixie"


class Forky(DesktopOnHost):
    suite, gnome, image = "forky", 50, "localhost/berth/gnome:forky"


STORY = (Bookworm, Trixie, Forky)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", choices=HOSTS, default="bookworm", help="the Debian that the PC is said to have")
    parser.add_argument("--machine", type=pathlib.Path, help="what image/build printed (default build/hosts/HOST/machine.json)")
    parser.add_argument("--list", action="store_true", help="print the tests' names and end")
    parser.add_argument("--results", type=pathlib.Path, help="keep each test's outcome there; status 0 if all were run")
    parser.add_argument("--report", metavar="NAME", help="repeat the outcome of one test from the results, and end")
    parser.add_argument("tests", nargs="*", metavar="Class.test", help="only these")
    options = parser.parse_args()
    if options.report:
        return report(options.results, options.report)
    DesktopOnHost.host = options.host
    loader = InOrder()
    suite = (loader.loadTestsFromNames(options.tests, sys.modules[__name__]) if options.tests
             else unittest.TestSuite(loader.loadTestsFromTestCase(part) for part in STORY))
    if options.list:
        print("\n".join(sentence(test) for test in each(suite)))
        return 0
    if options.results:
        options.results.unlink(missing_ok=True)
    machine = options.machine or CHECKOUT / f"build/hosts/{options.host}/machine.json"
    SeatTest.machine = json.loads(machine.read_text())
    OUTPUT.mkdir(parents=True, exist_ok=True)
    try:
        result = unittest.TextTestRunner(verbosity=2, resultclass=Booked).run(suite)
    finally:
        SeatTest.end_pc()
    if options.results:
        options.results.write_text(json.dumps(result.outcomes, indent=2))
        return 0 if result.testsRun == len(result.outcomes) == suite.countTestCases() else 1
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
