#!/usr/bin/env python3
"""berth on a whole PC: booted from its disk, with a screen that is looked at and a keyboard that is typed on.

    tests/system/system_test.py [--machine build/system/machine.json] [--story seats] [TestName ...]

One PC is booted for all tests of a story; each brings the seat into the state that it starts from, so that any one can run alone.
Screenshots, logs and figures.json go to $BERTH_TEST_OUT (default build/test-output/system).
"""
import json
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from berthd_restarts import AtBoot, BerthdRestarts, HostEnds  # noqa: E402  (found by the line above, wherever the test is started from)
from docking import DockCommands, DockFaults, Docks  # noqa: E402
from guarded import FrameBufferConsole, GuardedSeat, GuardedTerminal  # noqa: E402
from host_seat import HostSeat  # noqa: E402
from other_desktops import Sway, Weston  # noqa: E402
from picture import text_mismatch  # noqa: E402
from screens import Screens  # noqa: E402
from seat_clients import Clients, GrantedClients  # noqa: E402
from second_seat import SecondSeat  # noqa: E402
from seat_failures import LostSeat, OtherSessions, RefusedSeat  # noqa: E402
from seat_network import Hotplug, Network  # noqa: E402
from seat_test import (BUS_NAME, CHECKOUT, CONTAINER, DOWN_S, HOME_VT, RESTORE_S, ROOT_PATH, SEAT_PATH,  # noqa: E402
                       SeatTest)
from story import InOrder, arguments, each, tell  # noqa: E402


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
STORIES = {"system": (Boot, Bus, FrameBufferConsole, Desktop, HostSeat, Hotplug, BerthdRestarts, AtBoot),
           "faults": (GuardedSeat, LostSeat, RefusedSeat, OtherSessions),
           "more": (GrantedClients, GuardedTerminal, Clients, Network, Docks, DockCommands, DockFaults, Screens, Sway, Weston, HostEnds),
           "seats": (SecondSeat,)}  # on a PC with the devices of a second seat


def main():
    parser = arguments(__doc__, CHECKOUT / "build/system/machine.json")
    parser.add_argument("--story", choices=STORIES, default="system", help="which tests, and on which PC")
    parser.add_argument("--cpus", type=int, default=2, help="of the PC: with one each, two PCs at a time get through more")
    options = parser.parse_args()
    module = sys.modules[__name__]
    told = {part.__name__ for story in STORIES.values() for part in story}
    forgotten = {type(test).__name__ for test in each(InOrder().loadTestsFromModule(module))} - told
    if forgotten:
        sys.exit(f"not in STORIES: {', '.join(sorted(forgotten))}")
    SeatTest.second_seat, SeatTest.cpus = options.story == "seats", options.cpus
    return tell(STORIES[options.story], module, options)


if __name__ == "__main__":
    sys.exit(main())
