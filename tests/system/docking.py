"""A dock that is plugged into the PC and pulled out of it while a desktop runs: a hub with a keyboard, a mouse, sound, a network
and a disk."""
import json
import re

from pc import wait_until
from plugging import PLUGGED_S, PluggingTest
from qmp import QmpError
from seat_clients import ClientsTest
from seat_test import CONTAINER, DRAWN_S, UP_S

DOCK_ID = re.compile(r"usb:0409:55aa(:\S+)?$")  # QEMU's hub
PORT = "6"
PROFILE = "/run/berth/docks/desk.json"


class Docks(ClientsTest, PluggingTest):
    has_stick = False

    def plug_dock(self):
        """The hub first, as it is on a PC, then what is behind it."""
        self.make_stick()
        self.plug("usb-hub", "dock", PORT)
        self.plug("usb-kbd", "dock-keyboard", f"{PORT}.1", display="screen")
        self.plug("usb-mouse", "dock-mouse", f"{PORT}.2")
        self.plug("usb-audio", "dock-sound", f"{PORT}.3", audiodev="speaker")
        self.plug("usb-net", "dock-network", f"{PORT}.4")
        self.plug("usb-storage", "dock-disk", f"{PORT}.5", drive="stick")

    def make_stick(self):
        """What is on the disk: read-only, since the machine's state could not be saved with it otherwise."""
        if not self.has_stick:
            self.pc.qmp.command("blockdev-add", **{"driver": "null-co", "node-name": "stick", "size": 1 << 20, "read-only": True})
            self.has_stick = True
            self.addCleanup(wait_until, "the disk to be let go of", self.forget_stick, PLUGGED_S, pause_s=0.2)
            self.addCleanup(self.unplug_dock)  # first

    def forget_stick(self):
        """QEMU takes a moment to end a disk whose device is gone."""
        try:
            self.pc.qmp.command("blockdev-del", **{"node-name": "stick"})
        except QmpError:
            return False
        return True

    def plug(self, driver, name, port, **more):
        self.pc.qmp.command("device_add", driver=driver, bus="usb.0", port=port, id=name, **more)
        self.plugged.add(name)

    def unplug_dock(self):
        for name in ("dock-disk", "dock-network", "dock-sound", "dock-mouse", "dock-keyboard", "dock"):
            self.unplug(name)

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
        self.types_a_line_into("docked-keyboard", "foot")
        self.unplug_dock()
        monitor.wait_for_line(lambda line: line.startswith("seat0: undocked "), PLUGGED_S)
        self.assertEqual([], self.docks())
        wait_until("the sound card to go", lambda: self.cards() == before, DRAWN_S, pause_s=1)
        self.assertEqual(("seated", init), (self.seat("State"), self.init()))

    def test_a_dock_whose_profile_says_so_reseats_the_desktop_once_it_rests(self):
        self.ensure_seated()
        profile = {"match": {"id": "usb:0409:55aa*"}, "on-dock": "reseat", "grace_s": 10}
        self.pc.run(["sh", "-c", f"mkdir -p $(dirname {PROFILE}) && cat >{PROFILE}"], stdin=json.dumps(profile).encode())
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
