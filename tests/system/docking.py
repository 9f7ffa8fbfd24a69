"""A dock that is plugged into the PC and pulled out of it while a desktop runs: a hub with a keyboard, a mouse, sound, a network
and a disk."""
import json
import os
import pathlib
import re
import time

from pc import wait_until
from plugging import PLUGGED_S, PluggingTest, UsbDock
from seat_clients import RENDER_NODE, ClientsTest
from seat_test import CONTAINER, DOWN_S, DRAWN_S, UP_S

DOCK_ID = re.compile(r"usb:0409:55aa(:\S+)?$")  # QEMU's hub
PROFILE = "/run/berth/docks/desk.json"
# As packaging/docks/README.md has it.
QUESTION = ("[ \"$(notify-send --urgency=critical --action=yes=Restart \"$BERTH_DOCK_NAME\" "
            "'Start the desktop anew to draw on its screens?')\" = yes ]")
DOCK_SOUND = "/usr/lib/berth/dock-sound"
PHASES = int(os.environ.get("BERTH_PHASES", "2"))  # moments of a start and of an end at which the dock comes or goes
FORGER = pathlib.Path(__file__).parent / "forged.py"


class DockingTest(ClientsTest, PluggingTest):
    dock = None

    def plug_dock(self, *names):
        if self.dock is None:
            self.dock = UsbDock(self.pc)
            # A machine with other devices cannot go back to where another test begins.
            self.addCleanup(self.dock.let_go_of_the_disk)
            self.addCleanup(self.dock.unplug)  # first
        self.dock.plug(*names)

    def unplug_dock(self):
        self.dock.unplug()

    def docks(self):
        return json.loads(self.pc.text(["berth", "docks", "--json"]))

    def wait_for_dock(self, kinds):
        def is_there():
            docks = self.docks()
            return len(docks) == 1 and set(kinds) <= set(docks[0]["Has"])
        wait_until(lambda: f"the dock with {kinds}: {self.docks()}", is_there, PLUGGED_S, pause_s=1)
        return self.docks()[0]

    def init(self):
        return self.pc.text(["podman", "inspect", "--format", "{{.State.Pid}}", CONTAINER])

    def cards(self):
        return self.in_session("pactl list cards short")

    def put_profile(self, **more):
        """What is said of this dock."""
        profile = {"match": {"id": "usb:0409:55aa*"}, **more}
        self.pc.run(["sh", "-c", f"mkdir -p $(dirname {PROFILE}) && cat >{PROFILE}"], stdin=json.dumps(profile).encode())
        self.addCleanup(self.pc.run, ["rm", "-f", PROFILE])


class Docks(DockingTest):
    def test_a_dock_is_known_its_devices_reach_the_desktop_and_undocking_ends_no_session(self):
        self.ensure_seated()
        init, before = self.init(), self.cards()
        monitor = self.pc.command(["berth", "monitor"])
        monitor.wait_for_line(lambda line: line.startswith("seat0: seated"), PLUGGED_S)
        self.addCleanup(monitor.end)
        self.plug_dock()
        monitor.wait_for_line(lambda line: line.startswith("seat0: docked "), PLUGGED_S)
        dock = self.wait_for_dock({"keyboard", "mouse", "sound", "network", "storage"})
        self.assertRegex(dock["Id"], DOCK_ID)
        self.assertEqual(("seat0", ""), (dock["Seat"], dock["Profile"]))
        self.assertIs(True, self.seat("Docked"))
        self.assertEqual(dock["Id"], self.seat("Dock"))
        behind = {device["Kind"]: device for device in json.loads(self.pc.text(["berth", "devices", "--json"]))
                  if device["Dock"] == dock["Id"]}
        self.assertRegex(behind["sound"]["Node"], r"^/dev/snd/controlC\d+$")
        self.assertRegex(behind["storage"]["Node"], r"^/dev/sd\w$")
        wait_until("the dock's sound card in the desktop", lambda: self.cards() != before, DRAWN_S, pause_s=1)
        self.assertIn("usb", self.cards().lower())
        # What it was made with it may open still, though its rules were made anew for the sound.
        self.pc.run(["podman", "exec", CONTAINER, "sh", "-c", f": <>{RENDER_NODE} && : </dev/snd/controlC0"])
        self.types_a_line_into("docked-keyboard", "foot")
        self.unplug_dock()
        monitor.wait_for_line(lambda line: line.startswith("seat0: undocked "), PLUGGED_S)
        self.assertEqual([], self.docks())
        wait_until("the sound card to go", lambda: self.cards() == before, DRAWN_S, pause_s=1)
        self.assertEqual(("seated", init), (self.seat("State"), self.init()))

    def test_a_dock_whose_profile_says_so_reseats_the_desktop_once_it_rests(self):
        self.ensure_seated()
        self.put_profile(**{"on-dock": "reseat", "grace_s": 10})
        init = self.init()
        watcher = self.watch_seat()
        self.plug_dock()
        dock = self.wait_for_dock({"sound"})
        self.assertEqual("desk", dock["Profile"])
        self.unplug_dock()  # in time: it bounced
        wait_until("no dock", lambda: self.docks() == [], PLUGGED_S, pause_s=1)
        self.assertEqual(("seated", init), (self.seat("State"), self.init()))
        self.plug_dock()
        self.wait_for_state(watcher, "draining", DRAWN_S)
        self.wait_for_state(watcher, "seated", UP_S)
        watcher.end()
        self.assertNotEqual(init, self.init())
        self.wait_for_desktop()
        self.pc.save_screen("docked-reseated")
        self.assertIs(True, self.seat("Docked"))

    def forge(self, *what):
        """Root in a container that has the host's network says so in udevd's name."""
        [inspected] = json.loads(self.pc.text(["podman", "inspect", CONTAINER]))
        forger = self.pc.command(["podman", "run", "--rm", "--network", "host", "--cap-add", "NET_ADMIN", "-v", "/run/forged:/forged:ro",
                                  inspected["ImageName"], "python3", "/forged/forged.py", *what])
        forger.wait_for_line(lambda line: line == "sent", PLUGGED_S)
        self.addCleanup(forger.end)

    def test_what_root_in_a_container_says_in_udevs_name_changes_nothing(self):
        self.ensure_seated()
        self.pc.run(["sh", "-c", "mkdir -p /run/forged && cat >/run/forged/forged.py"], stdin=FORGER.read_bytes())
        self.put_profile(**{"on-dock": "reseat", "on-undock": "reseat", "grace_s": 0})
        init, before = self.init(), self.pc.text(["berth", "devices", "--json"])
        keyboard = next(device for device in json.loads(before) if device["Kind"] == "keyboard" and device["Node"])
        path = self.pc.text(["udevadm", "info", "--query=path", keyboard["Node"]])
        card = self.pc.text(["udevadm", "info", "--query=path", "/dev/dri/card0"])
        host = self.pc.command(["udevadm", "monitor", "--udev"])
        host.wait_for_line(lambda line: line.startswith("UDEV - "), PLUGGED_S)
        self.addCleanup(host.end)
        desktop = self.hears_udev()
        hub = f"{path.split('/usb')[0]}/usb1/1-9"
        self.forge("add", hub, "usb", "DEVTYPE=usb_device", "ID_MODEL=Dock", "ID_VENDOR_ID=0409", "ID_MODEL_ID=55aa")
        self.forge("remove", card, "drm", "DEVNAME=/dev/dri/card0", "MAJOR=226", "MINOR=0")
        self.forge("remove", path, "input", f"DEVNAME={keyboard['Node']}", "ID_INPUT=1", "ID_INPUT_KEYBOARD=1")
        host.wait_for_line(lambda line: "remove" in line and line.split()[-2] == path, PLUGGED_S)  # libudev believes it
        self.pc.run(["udevadm", "trigger", "--action=change", keyboard["Node"]])
        desktop.wait_for_line(lambda line: line == "ACTION=change", PLUGGED_S)
        self.assertNotIn("ACTION=remove", desktop.out.decode().splitlines())
        self.assertEqual(before, self.pc.text(["berth", "devices", "--json"]))
        self.assertEqual([], self.docks())
        self.assertEqual(("seated", init), (self.seat("State"), self.init()))
        # Whether the keyboard still types is not berth's to say: the host's own logind believes root, and lets go of it.


class DockCommands(DockingTest):
    """What a dock has of its own in the desktop, and the question that the desktop puts to its person."""

    def default_sink(self):
        return self.in_session("pactl get-default-sink")

    def has_forgotten_the_sink(self):
        return self.pc.run(["podman", "exec", CONTAINER, "sh", "-c", "! test -e /run/user/1000/berth-dock-sound"], check=False).rc == 0

    def wait_for_sink(self, what, is_it):
        wait_until(lambda: f"{what} to be the default: {self.default_sink()}", lambda: is_it(self.default_sink()), DRAWN_S, pause_s=1)

    def test_a_dock_has_a_default_sound_card_of_its_own(self):
        self.ensure_seated()
        before = self.default_sink()
        self.in_session(f"pactl set-default-sink {before}")  # chosen: a card that comes does not take its place by itself
        self.put_profile(**{"docked-command": [DOCK_SOUND], "undocked-command": [DOCK_SOUND], "grace_s": 2})
        init = self.init()
        for _ in range(2):
            self.plug_dock("dock", "dock-sound")
            self.wait_for_sink("the dock's sound card", lambda sink: "usb" in sink.lower())
            self.unplug_dock()
            self.wait_for_sink("what was it before", lambda sink: sink == before)
            # A card that is gone is no default, whatever the command does, which runs after the grace.
            wait_until("the command to have forgotten what was the default", self.has_forgotten_the_sink, PLUGGED_S, pause_s=1)
        self.assertEqual(("seated", init), (self.seat("State"), self.init()))

    def banner(self):
        """What stands where GNOME shows its notifications."""
        return self.pc.screen().pixels(left=300, top=45, width=400, height=105)

    def wait_for_another_banner(self, what, before):
        wait_until(what, lambda: self.banner() != before, DRAWN_S, pause_s=1)
        return self.banner()

    def test_a_desktop_asks_its_person_whether_to_start_anew_for_a_dock(self):
        self.ensure_seated()
        self.put_profile(**{"on-dock": "ask", "question": ["sh", "-c", QUESTION], "answer_s": 120, "grace_s": 2})
        init, watcher, before = self.init(), self.watch_seat(), self.banner()
        self.plug_dock("dock", "dock-sound")
        asked = self.wait_for_another_banner("the question on the screen", before)
        self.assertEqual(("seated", init), (self.seat("State"), self.init()))
        self.pc.press("meta_l-n")  # GNOME's key for the notification that is shown
        self.wait_for_another_banner("its button to have the focus", asked)
        self.pc.save_screen("dock-question")
        self.pc.press("ret")
        self.wait_for_state(watcher, "draining", DRAWN_S)
        self.wait_for_state(watcher, "seated", UP_S)
        watcher.end()
        self.wait_for_desktop()
        self.assertNotEqual(init, self.init())


class DockFaults(DockingTest):
    def test_a_dock_that_comes_and_goes_while_the_desktop_comes_up_and_goes_down_is_in_nobodys_way(self):
        self.pc.rollback("booted")
        watcher = self.watch_seat()
        coming = self.pc.command(["berth", "up", "gnome"])
        self.wait_for_state(watcher, "preparing", UP_S)
        self.plug_dock()
        self.wait_for_state(watcher, "starting", UP_S)
        self.unplug_dock()
        self.plug_dock()
        self.assertEqual(0, coming.wait(UP_S).rc)
        self.wait_for_desktop()
        self.wait_for_dock({"keyboard", "sound"})
        wait_until("the dock's sound card in the desktop", lambda: "usb" in self.cards().lower(), DRAWN_S, pause_s=1)
        vt, going = self.seat("Vt"), self.pc.command(["berth", "down"])
        self.wait_for_state(watcher, "draining", DOWN_S)
        self.unplug_dock()
        self.wait_for_state(watcher, "restoring", DOWN_S)
        self.plug_dock()
        self.assertEqual(0, going.wait(DOWN_S).rc)
        watcher.end()
        self.assertEqual("vacant", self.seat("State"))
        self.assert_nothing_is_left("docked-down", vt)
        self.wait_for_dock({"keyboard", "sound"})
        self.unplug_dock()
        wait_until("no dock", lambda: self.docks() == [], PLUGGED_S, pause_s=1)

    def test_a_dock_that_comes_or_goes_at_any_moment_of_a_start_or_an_end_is_known_as_it_is_after_it(self):
        self.pc.rollback("booted")
        took = {"up": self.moved(["berth", "up", "gnome"], UP_S), "down": self.moved(["berth", "down"], DOWN_S)}
        for phase in range(PHASES):
            if self.is_docked() != bool(phase % 2):  # in turn it comes in a start and goes in an end, and the other way round
                self.change_dock()
                self.assert_the_dock_is_known_as_it_is()
            for command, limit in ((["berth", "up", "gnome"], UP_S), (["berth", "down"], DOWN_S)):
                with self.subTest(phase=phase, of=command[1]):
                    took[command[1]] = self.moved(command, limit, (phase + 0.5) / PHASES * took[command[1]])
                    self.assertEqual("vacant" if command[1] == "down" else "seated", self.seat("State"))
                    self.assert_the_dock_is_known_as_it_is()
        self.assertEqual("0", self.pc.text(["systemctl", "show", "berthd.service", "--property=NRestarts", "--value"]))
        self.unplug_dock()

    def moved(self, command, limit, after_s=None):
        """Runs a command, and plugs the dock or pulls it that many seconds after its start. How long the command took."""
        began, running = time.monotonic(), self.pc.command(command)
        if after_s is not None:
            time.sleep(max(0, began + after_s - time.monotonic()))  # not a bounded poll but the moment that is tried
            self.change_dock()
        done = running.wait(limit)
        self.assertEqual(0, done.rc, done)
        return time.monotonic() - began

    def is_docked(self):
        return self.dock is not None and bool(self.dock.plugged)

    def change_dock(self):
        self.unplug_dock() if self.is_docked() else self.plug_dock("dock", "dock-keyboard", "dock-sound")

    def assert_the_dock_is_known_as_it_is(self):
        if not self.is_docked():
            wait_until("no dock", lambda: self.docks() == [], PLUGGED_S, pause_s=1)
        else:
            self.wait_for_dock({"keyboard", "sound"})
        if self.seat("State") == "seated":
            wait_until(lambda: f"the sound cards to be those of the PC: {self.cards()}",
                       lambda: ("usb" in self.cards().lower()) == self.is_docked(), DRAWN_S, pause_s=1)

    def test_a_dock_that_bounces_for_a_minute_reseats_the_desktop_once_when_it_rests(self):
        self.ensure_seated()
        self.put_profile(**{"on-dock": "reseat", "on-undock": "reseat", "grace_s": 10})
        init, watcher, changes, began = self.init(), self.watch_seat(), 0, time.monotonic()
        self.plug_dock("dock", "dock-sound")
        while time.monotonic() < began + 60:
            self.unplug_dock()
            changes += self.dock.bounce(5)
            self.plug_dock("dock", "dock-sound")  # long enough to be a dock, not so long as to rest
            self.wait_for_dock({"sound"})
        self.unplug_dock()
        self.note("changes of the bouncing dock, a second", changes / (time.monotonic() - began), "a second")
        self.assertEqual(("seated", init), (self.seat("State"), self.init()))
        self.plug_dock("dock", "dock-sound")
        self.wait_for_state(watcher, "draining", PLUGGED_S)
        self.wait_for_state(watcher, "seated", UP_S)
        self.wait_for_desktop()
        self.wait_for_dock({"sound"})
        watcher.end()
        told = [line for line in watcher.out.decode().splitlines() if ".StateChanged" in line]
        self.assertEqual(1, sum("'draining'" in line.split("(", 1)[1].split(",")[1] for line in told), told)
        self.assertEqual("0", self.pc.text(["systemctl", "show", "berthd.service", "--property=NRestarts", "--value"]))
