#!/usr/bin/env python3
"""Records what the virtual PC's devices do, for tests/recordings: no test, and no desktop is needed.

    tests/system/record.py [--machine build/system/machine.json] [--out tests/recordings] [NAME ...]

Each recording is made by `berth record-docks` in the PC while QEMU plugs and unplugs. NAME.expected.json is made by hand: what the
docks and screens are meant to be (tests/recordings/README.md).
"""
import argparse
import json
import os
import pathlib
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from pc import VirtualPC, wait_until  # noqa: E402  (found by the line above, wherever it is started from)
from plugging import PLUGGED_S, UsbDock  # noqa: E402
from seat_test import BOOT_S, CHECKOUT, OUTPUT  # noqa: E402


class Recordings:
    def __init__(self, pc, folder):
        self.pc, self.folder, self.dock = pc, folder, UsbDock(pc)

    def has(self, what, holds):
        """Waits until berthd has seen it, and udev has said all that it has to say of it."""
        def devices():
            return [(device["Kind"], device["Name"]) for device in json.loads(self.pc.text(["berth", "devices", "--json"]))]
        wait_until(lambda: f"{what}: {devices()}", lambda: holds([kind for kind, _ in devices()]), PLUGGED_S, pause_s=1)
        self.pc.run(["udevadm", "settle"])

    def kinds(self):
        return [device["Kind"] for device in json.loads(self.pc.text(["berth", "devices", "--json"]))]

    def plugged_anew(self):
        """Whether a hub with sound is there by now, after another try."""
        self.dock.unplug()
        self.dock.plug("dock", "dock-sound")
        try:
            wait_until("the sound", lambda: self.kinds().count("sound") == 2, 15, pause_s=1)
        except AssertionError:
            return False
        return True

    def qemu_usb_hub(self):
        """A hub with a keyboard, a mouse, sound, a network and a disk, plugged in and pulled out."""
        before = len(json.loads(self.pc.text(["berth", "devices", "--json"])))
        self.dock.plug()
        self.has("the dock's parts", lambda kinds: {"hub", "network", "storage"} <= set(kinds) and kinds.count("sound") == 2)
        self.dock.unplug()
        self.has("no dock", lambda kinds: len(kinds) == before)
        self.dock.let_go_of_the_disk()

    def qemu_flaky_hub(self):
        """The same with a bad contact: what comes of fifty changes a second, and then it rests."""
        self.dock.bounce(3)
        # The kernel gives a port up that has failed too often, until something is plugged in anew.
        wait_until("the sound", self.plugged_anew, PLUGGED_S, pause_s=1)
        self.pc.run(["udevadm", "settle"])
        self.dock.unplug()
        self.dock.bounce(3)
        self.has("no hub", lambda kinds: "hub" not in kinds)

    def qemu_second_screen(self):
        """A second screen on the card that is there, plugged in and pulled out."""
        cable = self.pc.second_output()
        cable.plug(800, 600)
        self.has("two displays", lambda kinds: kinds.count("display") == 2)
        cable.unplug()
        self.has("one display", lambda kinds: kinds.count("display") == 1)

    def qemu_second_card(self):
        """A second graphics card in a slot that takes one while the PC runs; the last, since QEMU takes it once."""
        self.pc.qmp.command("device_add", driver="bochs-display", bus="late", id="late-card")
        self.has("two cards", lambda kinds: kinds.count("gpu") == 2)
        self.pc.qmp.command("device_del", id="late-card")
        self.has("one card", lambda kinds: kinds.count("gpu") == 1)

    def record(self, name):
        recorder = self.pc.command(["berth", "record-docks", "--no-serials", "-"])
        recorder.wait_for_line(lambda line: line == "# begin", PLUGGED_S)
        getattr(self, name)()
        recorder.end(signal.SIGINT)
        result = recorder.wait(PLUGGED_S)
        if result.rc != 0:
            sys.exit(f"berth record-docks: {result}")
        file = self.folder / f"{name.replace('_', '-')}.docks"
        file.write_bytes(result.out)
        print(f"{file}: {len(result.out)} bytes, {result.text.count(chr(10) + '# event ')} events", flush=True)


def main():
    names = [name for name in vars(Recordings) if name.startswith("qemu_")]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machine", default=CHECKOUT / "build/system/machine.json", type=pathlib.Path)
    parser.add_argument("--out", default=CHECKOUT / "tests/recordings", type=pathlib.Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}; all without one")
    options = parser.parse_args()
    pc = VirtualPC(json.loads(options.machine.read_text()), OUTPUT)
    try:
        pc.boot(BOOT_S)
        recordings = Recordings(pc, options.out)
        for name in options.names or names:
            recordings.record(name)
    finally:
        pc.stop()


if __name__ == "__main__":
    main()
