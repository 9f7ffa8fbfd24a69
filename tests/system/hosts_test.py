#!/usr/bin/env python3
"""Every desktop image on a host of another Debian: what is in the container is free of what the host is.

    tests/system/hosts_test.py --host trixie --machine build/hosts/trixie/machine.json [Class.test ...]

One PC is booted for all images of a host. Screenshots (HOST-host-IMAGE-desktop.png), logs and figures.json go to
$BERTH_TEST_OUT.
"""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from host_seat import HostSeatTest, SessionOnTheSeat  # noqa: E402  (found by the line above, wherever the test is started from)
from seat_test import CHECKOUT, CONTAINER, DOWN_S  # noqa: E402
from story import arguments, tell  # noqa: E402

HOSTS = {"bookworm": "Debian 12", "trixie": "Debian 13"}


class DesktopOnHost(SessionOnTheSeat, HostSeatTest):
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

    @classmethod
    def label(cls, figure):
        return f"{cls.subject()}: {figure}"

    def evidence(self):
        return self.picture(self._testMethodName)

    def codename(self, *prefix):
        return self.pc.text([*prefix, "sh", "-c", '. /etc/os-release && echo "$VERSION_CODENAME"'])

    def test_up_shows_the_images_own_gnome_in_a_session_of_the_hosts_logind(self):
        self.pc.rollback("booted")
        self.assertEqual(self.host, self.codename())
        began = time.monotonic()
        self.timed(self.label("berth up"), self.up)
        picture = self.wait_for_panel()
        self.note(self.label("berth up to the panel"), time.monotonic() - began)
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
        self.timed(self.label("berth down"), lambda: self.pc.run(["berth", "down"], timeout_s=DOWN_S))
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
    parser = arguments(__doc__, None)
    parser.add_argument("--host", choices=HOSTS, default="bookworm", help="the Debian that the PC is said to have")
    options = parser.parse_args()
    DesktopOnHost.host = options.host
    options.machine = options.machine or CHECKOUT / f"build/hosts/{options.host}/machine.json"
    return tell(STORY, sys.modules[__name__], options)


if __name__ == "__main__":
    sys.exit(main())
