"""USB keyboards that are plugged into the PC and out of it while a desktop runs."""
import re

from pc import wait_until
from seat_test import CONTAINER, DRAWN_S, SeatTest

PLUGGED_S = 60


class PluggingTest(SeatTest):
    plugged = set()  # QEMU's names of what is

    def hears_udev(self, container=CONTAINER):
        """libudev in a container's network, which has begun to listen for input devices."""
        init = self.pc.text(["podman", "inspect", "--format", "{{.State.Pid}}", container])
        monitor = self.pc.command(["nsenter", f"--net=/proc/{init}/ns/net", "udevadm", "monitor", "--udev", "--property",
                                   "--subsystem-match=input"])
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
