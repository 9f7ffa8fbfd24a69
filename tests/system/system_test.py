#!/usr/bin/env python3
"""berth on a whole PC: booted from its disk, with a screen that is looked at and a keyboard that is typed on.

    tests/system/system_test.py [--machine build/system/machine.json] [-v] [TestName ...]

One PC is booted for all tests; each brings the seat into the state that it starts from, so that any one can run alone.
Screenshots, logs and figures.json go to $BERTH_TEST_OUT (default build/test-output/system).
"""
import argparse
import json
import os
import pathlib
import signal
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from host_seat import HostSeat  # noqa: E402  (found by the line above, wherever the test is started from)
from picture import text_mismatch  # noqa: E402
from seat_clients import Clients  # noqa: E402
from seat_failures import LostSeat, OtherSessions, RefusedSeat  # noqa: E402
from seat_test import (BUS_NAME, CHECKOUT, CONTAINER, DOWN_S, HOME_VT, OUTPUT, RESTORE_S, ROOT_PATH, SEAT_PATH,  # noqa: E402
                       SeatTest)


class Boot(SeatTest):
    def test_boot_brings_up_berthd(self):
        failed = self.pc.text(["systemctl", "--failed", "--plain", "--no-legend"])
        self.assertEqual("", failed)
        self.assertEqual("running", self.boot_state)
        show = dict(line.split("=", 1) for line in self.pc.text(
            ["systemctl", "show", "berthd.service",
             "--property=ActiveState,SubState,UnitFileState,NRestarts,Type,MainPID"]).splitlines())
        pid = show.pop("MainPID")
        self.assertEqual({"ActiveState": "active", "SubState": "running", "UnitFileState": "enabled", "NRestarts": "0",
                          "Type": "notify"}, show)
        owner = json.loads(self.busctl("call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                       "GetConnectionUnixProcessID", "s", BUS_NAME).text)["data"]
        self.assertEqual([int(pid)], owner)
        self.assertEqual("vacant", self.seat("State"))

    def test_the_screen_shows_the_login_prompt_that_the_boot_left(self):
        self.ensure_vacant()
        self.assert_login_prompt("boot")


class Bus(SeatTest):
    def test_busctl_introspects_and_reads_properties(self):
        # No JSON here: systemd 252's introspect prints its table whatever it is asked for.
        table = self.pc.text(["busctl", "introspect", "--no-legend", BUS_NAME, SEAT_PATH, f"{BUS_NAME}.Seat"])
        names = {line.split()[0].lstrip(".") for line in table.splitlines() if line.strip()}
        for name in ("Up", "Down", "Reseat", "RestoreTty", "State", "Mode", "StateChanged"):
            self.assertIn(name, names)
        version = json.loads(self.busctl("get-property", BUS_NAME, ROOT_PATH, f"{BUS_NAME}.Manager", "Version").text)
        self.assertEqual("s", version["type"])
        self.assertRegex(version["data"], r"^\d+\.\d+")
        self.assertEqual("seat0", self.seat("Name"))

    def test_busctl_gets_all_objects_in_one_call(self):
        answer = json.loads(self.busctl("call", BUS_NAME, ROOT_PATH, "org.freedesktop.DBus.ObjectManager",
                                        "GetManagedObjects").text)
        objects = answer["data"][0]
        self.assertIn(SEAT_PATH, objects)
        self.assertEqual("seat0", objects[SEAT_PATH][f"{BUS_NAME}.Seat"]["Name"]["data"])

    def test_gdbus_introspects_calls_and_gets_all_properties(self):
        xml = self.pc.text(["gdbus", "introspect", "--system", "--dest", BUS_NAME, "--object-path", SEAT_PATH, "--xml"])
        self.assertIn(f'<interface name="{BUS_NAME}.Seat">', xml)
        call = ["gdbus", "call", "--system", "--dest", BUS_NAME, "--object-path"]
        self.assertEqual(f"(objectpath '{SEAT_PATH}',)",
                         self.pc.text([*call, ROOT_PATH, "--method", f"{BUS_NAME}.Manager.GetSeat", "seat0"]))
        everything = self.pc.text([*call, SEAT_PATH, "--method", "org.freedesktop.DBus.Properties.GetAll", f"{BUS_NAME}.Seat"])
        for name in ("'State'", "'Mode'", "'LastFailure'"):
            self.assertIn(name, everything)

    def test_an_unknown_seat_is_a_named_error(self):
        answer = self.pc.run(["gdbus", "call", "--system", "--dest", BUS_NAME, "--object-path", ROOT_PATH, "--method",
                              f"{BUS_NAME}.Manager.GetSeat", "seat99"], check=False)
        self.assertEqual(1, answer.rc)
        self.assertIn(f"{BUS_NAME}.Error.NoSuchSeat", answer.err.decode())
        self.assertIn("seat99", answer.err.decode())

    def test_a_user_without_the_right_reads_and_cannot_bring_up_a_desktop(self):
        self.ensure_vacant()
        visitor = ("runuser", "-u", "visitor", "--")
        state = self.busctl("get-property", BUS_NAME, SEAT_PATH, f"{BUS_NAME}.Seat", "State", prefix=visitor)
        self.assertEqual("vacant", json.loads(state.text)["data"])
        refused = self.pc.run([*visitor, "gdbus", "call", "--system", "--dest", BUS_NAME, "--object-path", SEAT_PATH,
                               "--method", f"{BUS_NAME}.Seat.Up", "gnome", "{}"], check=False)
        self.assertEqual(1, refused.rc)
        self.assertIn(f"{BUS_NAME}.Error.NotAuthorized", refused.err.decode())
        self.assertEqual("vacant", self.seat("State"))


class Desktop(SeatTest):
    def test_up_shows_gnome_on_the_screen(self):
        self.ensure_vacant()
        began = time.monotonic()
        self.timed("berth up", self.up)
        self.assertEqual("seated", self.seat("State"))
        self.assertEqual("vt", self.seat("Mode"))
        picture = self.wait_for_panel()
        self.note("berth up to the panel on the screen", time.monotonic() - began)
        self.pc.save_screen("up-gnome")
        self.assertFalse(picture.is_blank())
        vt = self.seat("Vt")
        self.assertNotEqual(HOME_VT, vt)
        self.assertEqual(vt, self.pc.vts()["active"])
        self.assertRegex(self.shell_version(), r"<'\d+\.\d+'>")
        self.remember_seated()

    def test_the_keyboard_reaches_gnome(self):
        self.ensure_seated()
        self.assert_the_super_key_shows_the_overview("up-overview")

    def test_down_gives_the_login_prompt_back(self):
        self.ensure_seated()
        vt = self.seat("Vt")
        self.timed("berth down", lambda: self.pc.run(["berth", "down"], timeout_s=DOWN_S))
        self.assertEqual("vacant", self.seat("State"))
        self.assert_container_gone()
        self.assert_login_prompt("down", vt)

    def test_killing_the_desktops_init_gives_the_login_prompt_back_without_being_asked(self):
        self.ensure_seated()
        vt = self.seat("Vt")
        init = int(self.pc.text(["podman", "inspect", "--format", "{{.State.Pid}}", CONTAINER]))
        self.assertGreater(init, 1)
        watcher = self.watch_seat()
        began = time.monotonic()
        self.pc.run(["kill", "-KILL", str(init)])
        self.pc.wait_active_vt(HOME_VT, RESTORE_S)
        self.note("SIGKILL of the desktop's init to the home VT in front", time.monotonic() - began)
        self.wait_for_state(watcher, "vacant", DOWN_S)
        self.note("SIGKILL of the desktop's init to a vacant seat", time.monotonic() - began)
        watcher.end(signal.SIGTERM)
        self.assert_login_prompt("killed", vt)
        self.assertEqual("vacant", self.seat("State"))
        self.assertNotEqual("", self.seat("LastFailure"))
        self.assert_container_gone()
        self.assertEqual("0", self.pc.text(["systemctl", "show", "berthd.service", "--property=NRestarts", "--value"]))

    def test_without_berth_the_same_kill_leaves_a_dead_screen_and_keyboard(self):
        """The control of the tests above: the damage is real, and the checks see it."""
        self.ensure_seated()
        vt = self.seat("Vt")
        init = self.pc.text(["podman", "inspect", "--format", "{{.State.Pid}}", CONTAINER])
        self.pc.run("systemctl kill --signal=STOP berthd.service 'berth-guard@*.service'")
        self.pc.run(["kill", "-KILL", init])
        self.pc.run(["tail", f"--pid={init}", "--follow", "/dev/null"], timeout_s=RESTORE_S)
        state = self.pc.vts()
        self.pc.save_screen("control-nobody-restores")
        self.assertEqual(vt, state["active"])
        self.assertEqual(("graphics", "off"), (state["vts"][str(vt)]["kd"], state["vts"][str(vt)]["kbd"]))
        with self.assertRaises(AssertionError):
            self.assert_text_terminal(vt)
        self.assertIsNotNone(text_mismatch(self.pc.screen(), self.pc.console(HOME_VT)))


# The story of a PC. A desktop that the first of its tests brings up is remembered for the later ones.
STORY = (Boot, Bus, Desktop, HostSeat, Clients, LostSeat, RefusedSeat, OtherSessions)


class InOrder(unittest.TestLoader):
    """Tests run as they are written."""

    def getTestCaseNames(self, testCaseClass):  # noqa: N802 (unittest's name)
        names = super().getTestCaseNames(testCaseClass)
        return sorted(names, key=lambda name: getattr(testCaseClass, name).__code__.co_firstlineno)


def sentence(test):
    """What ctest calls a test: its name as a sentence, after what it is about where its class says that."""
    subject = getattr(test, "subject", None)
    name = test._testMethodName.removeprefix("test_").replace("_", " ")
    return f"{subject()}: {name}" if subject else name


def each(suite):
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from each(part)
        else:
            yield part


class Booked(unittest.TextTestResult):
    """Keeps each test's outcome, for the entries of ctest that report them one by one."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.outcomes = {}

    def stopTest(self, test):  # noqa: N802 (unittest's name)
        super().stopTest(test)
        told = [text for failed, text in self.failures + self.errors if failed is test]
        self.outcomes[sentence(test)] = {"passed": not told, "text": "\n".join(told)}


def report(results, name):
    """The outcome of one test of the run that is over, for ctest."""
    outcome = json.loads(results.read_text()).get(name)
    if outcome is None:
        sys.exit(f"the run ended before this test: see {OUTPUT}")
    print(outcome["text"] or "passed")
    return 0 if outcome["passed"] else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machine", default=CHECKOUT / "build/system/machine.json", type=pathlib.Path,
                        help="what image/build printed")
    parser.add_argument("--list", action="store_true", help="print the tests' names and end")
    parser.add_argument("--results", type=pathlib.Path, help="keep each test's outcome there; status 0 if all were run")
    parser.add_argument("--report", metavar="NAME", help="repeat the outcome of one test from the results, and end")
    parser.add_argument("tests", nargs="*", metavar="Class.test", help="only these")
    options = parser.parse_args()
    if options.report:
        return report(options.results, options.report)
    loader, module = InOrder(), sys.modules[__name__]
    forgotten = {type(test).__name__ for test in each(loader.loadTestsFromModule(module))} - {part.__name__ for part in STORY}
    if forgotten:
        sys.exit(f"not in STORY: {', '.join(sorted(forgotten))}")
    suite = (loader.loadTestsFromNames(options.tests, module) if options.tests
             else unittest.TestSuite(loader.loadTestsFromTestCase(part) for part in STORY))
    if options.list:
        print("\n".join(sentence(test) for test in each(suite)))
        return 0
    if options.results:
        options.results.unlink(missing_ok=True)
    SeatTest.machine = json.loads(options.machine.read_text())
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
