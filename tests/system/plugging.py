"""USB devices that are plugged into the PC and out of it: keyboards, and a dock with all that may hang on one."""
import re
import time

from pc import wait_until
from qmp import QmpError
from seat_test import CONTAINER, DRAWN_S, SeatTest

PLUGGED_S = 60


class UsbDock:
    """A hub with a keyboard, a mouse, sound, a network and a disk behind it, part by part."""

    PORT = "6"
    PAUSE_S = 0.02  # between two changes of a bad contact
    PARTS = {"dock": ("usb-hub", "", {}),
             "dock-keyboard": ("usb-kbd", ".1", {"display": "screen"}),
             "dock-mouse": ("usb-mouse", ".2", {}),
             "dock-sound": ("usb-audio", ".3", {"audiodev": "speaker"}),
             "dock-network": ("usb-net", ".4", {}),
             "dock-disk": ("usb-storage", ".5", {"drive": "stick"})}

    def __init__(self, pc):
        self.pc, self.plugged, self.has_stick = pc, set(), False

    def plug(self, *names):
        """In the order of PARTS, the hub first, as it is on a PC; all of it without names."""
        for name in names or self.PARTS:
            driver, port, more = self.PARTS[name]
            if "drive" in more and not self.has_stick:
                # Read-only, since the machine's state could not be saved with it otherwise.
                self.pc.qmp.command("blockdev-add", **{"driver": "null-co", "node-name": "stick", "size": 1 << 20, "read-only": True})
                self.has_stick = True
            self.pc.qmp.command("device_add", driver=driver, bus="usb.0", port=self.PORT + port, id=name, **more)
            self.plugged.add(name)

    def unplug(self):
        for name in reversed(self.PARTS):
            if name in self.plugged:
                self.pc.qmp.command("device_del", id=name)
                self.plugged.discard(name)

    def let_go_of_the_disk(self):
        """QEMU takes a moment to end a disk whose device is gone."""
        def forget():
            try:
                self.pc.qmp.command("blockdev-del", **{"node-name": "stick"})
            except QmpError:
                return False
            return True
        if self.has_stick:
            wait_until("the disk to be let go of", forget, PLUGGED_S, pause_s=0.2)
            self.has_stick = False

    def bounce(self, seconds):
        """The plug of the hub alone has a bad contact: fifty changes a second. How many there were."""
        next_change = time.monotonic() + self.PAUSE_S
        end, changes = next_change + seconds, 0
        while next_change < end:
            time.sleep(max(0, next_change - time.monotonic()))  # not a bounded poll but a hand that shakes
            self.unplug() if self.plugged else self.plug("dock")
            changes += 1
            next_change += self.PAUSE_S
        self.unplug()
        return changes


class PluggingTest(SeatTest):
    plugged = set()  # QEMU's names of what is

    def hears_udev(self, container=CONTAINER, subsystem="input"):
        """libudev in a container's network, which has begun to listen for devices of a subsystem."""
        init = self.pc.text(["podman", "inspect", "--format", "{{.State.Pid}}", container])
        monitor = self.pc.command(["nsenter", f"--net=/proc/{init}/ns/net", "udevadm", "monitor", "--udev", "--property",
                                   f"--subsystem-match={subsystem}"])
        monitor.wait_for_line(lambda line: line.startswith("UDEV - "), PLUGGED_S)
        self.addCleanup(monitor.end)
        return monitor

    def plug_keyboard(self, name="plugged", port="5", screen="screen"):
        """Plugs a USB keyboard in, which then gets the keys of a screen in place of the one that had them."""
        self.pc.qmp.command("device_add", driver="usb-kbd", bus="usb.0", port=port, id=name, display=screen)
        self.plugged.add(name)
        # A machine that has one more cannot go back to where another test begins.
        self.addCleanup(self.unplug, name)

    def unplug(self, name="plugged"):
        if name in self.plugged:
            self.pc.qmp.command("device_del", id=name)
            self.plugged.discard(name)

    @staticmethod
    def node_that_came(monitor, but=()):
        """Waits until the monitor tells of an event node, other than those named."""
        line = monitor.wait_for_line(
            lambda line: re.match(r"DEVNAME=/dev/input/event\d+$", line) and line.partition("=")[2] not in but, PLUGGED_S)
        return line.partition("=")[2]

    def is_open(self, node, compositor):
        return self.pc.run(f"find /proc/$(pgrep -x {compositor})/fd -lname {node} | grep -q .", check=False).rc == 0

    def assert_a_plugged_keyboard_types(self, compositor, type_a_line):
        """libudev in the container's network tells of a keyboard, the compositor opens it, and what is typed on it arrives;
        unplugged, it is let go."""
        monitor = self.hears_udev()
        self.plug_keyboard()
        node = self.node_that_came(monitor)
        wait_until("the compositor opens the keyboard", lambda: self.is_open(node, compositor), DRAWN_S, pause_s=1)
        # Whoever reads the node beside the compositor sees that this keyboard was typed on.
        reader = self.pc.command(["sh", "-c", f"echo reading && head -c 24 {node} | wc -c"])
        reader.wait_for_line(lambda line: line == "reading", PLUGGED_S)
        type_a_line()
        self.assertEqual("24", reader.wait(PLUGGED_S).text.split()[-1], "one struct input_event")
        self.unplug()
        monitor.wait_for_line(lambda line: line == "ACTION=remove", PLUGGED_S)
        wait_until("the compositor lets go of the keyboard", lambda: not self.is_open(node, compositor), DRAWN_S, pause_s=1)
        self.assertEqual("seated", self.seat("State"))
