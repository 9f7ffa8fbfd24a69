"""The network of a desktop that is on the host's seat: one of its own, with a way out, and what is plugged in is heard of in it."""
import json
import re

from host_seat import HostSeatTest
from pc import wait_until
from seat_clients import CLIENT_S, ClientsTest
from seat_test import CONTAINER, DRAWN_S

PLUGGED_S = 60
# RFC 5737's network for examples: a world outside, which knows the host and nothing behind it.
HOST_OUTSIDE, SERVER_OUTSIDE, PORT = "203.0.113.1", "203.0.113.2", 8123
# Tells one caller after the other whom it sees, and says when it has begun to listen.
SERVER = ("import socket\n"
          "with socket.create_server(('{address}', {port})) as server:\n"
          "    print('listening', flush=True)\n"
          "    while True:\n"
          "        connection, (caller, _) = server.accept()\n"
          "        with connection:\n"
          "            connection.sendall(caller.encode())\n")


class Network(HostSeatTest):
    def inspected(self):
        [container] = json.loads(self.pc.text(["podman", "inspect", CONTAINER]))
        return container

    def serve(self, address, *prefix):
        """A server on the host, or where the prefix leads to."""
        server = self.pc.command([*prefix, "python3", "-c", SERVER.format(address=address, port=PORT)])
        server.wait_for_line(lambda line: line == "listening", PLUGGED_S)
        self.addCleanup(server.end)

    def asked_from_inside(self, address):
        """What a server says to a program in the desktop's container."""
        return self.pc.text(["podman", "exec", CONTAINER, "bash", "-c", f"cat </dev/tcp/{address}/{PORT}"])

    def test_the_desktop_has_a_network_of_its_own_and_abstract_sockets_of_its_own(self):
        self.ensure_seated()
        container = self.inspected()
        self.assertEqual("bridge", container["HostConfig"]["NetworkMode"])
        host, inside = (self.pc.text(["readlink", f"/proc/{pid}/ns/net"]) for pid in (1, container["State"]["Pid"]))
        self.assertNotEqual(host, inside)
        leader = self.pc.text(["systemctl", "show", "--property=MainPID", "--value", "berth-seat@seat0.service"])
        self.assertEqual(host, self.pc.text(["readlink", f"/proc/{leader}/ns/net"]), "berth-seat came back from there")

        def abstract(*prefix):
            return set(re.findall(r"@\S+", self.pc.text([*prefix, "cat", "/proc/net/unix"])))
        own = abstract("podman", "exec", CONTAINER)
        self.assertIn("@/tmp/.X11-unix/X0", own)
        self.assertEqual(set(), {name for name in abstract() & own if "X11" in name or "ICE" in name})

    def test_the_container_reaches_the_host_and_by_its_address_the_world(self):
        self.ensure_seated()
        network = self.inspected()["NetworkSettings"]["Networks"]["podman"]
        self.serve(network["Gateway"])
        self.assertEqual(network["IPAddress"], self.asked_from_inside(network["Gateway"]))
        self.pc.run(f"ip netns add world && ip link add to-world type veth peer name eth0 netns world &&"
                    f" ip address add {HOST_OUTSIDE}/24 dev to-world && ip link set to-world up &&"
                    f" ip -n world address add {SERVER_OUTSIDE}/24 dev eth0 && ip -n world link set eth0 up")
        self.serve(SERVER_OUTSIDE, "ip", "netns", "exec", "world")
        self.assertEqual(HOST_OUTSIDE, self.asked_from_inside(SERVER_OUTSIDE), "the world sees the host (NAT)")


class Hotplug(ClientsTest):
    def hears_udev(self):
        """libudev in the desktop's container, which has begun to listen for input devices."""
        monitor = self.pc.command(["podman", "exec", CONTAINER, "udevadm", "monitor", "--udev", "--property",
                                   "--subsystem-match=input"])
        monitor.wait_for_line(lambda line: line.startswith("UDEV - "), PLUGGED_S)
        self.addCleanup(monitor.end)
        return monitor

    def plug_keyboard(self, monitor):
        """Plugs a USB keyboard in, which then gets the screen's keys in place of the first; the name of its node."""
        self.pc.qmp.command("device_add", driver="usb-kbd", bus="usb.0", port="5", id="plugged", display="screen")
        self.addCleanup(self.unplug)
        line = monitor.wait_for_line(lambda line: re.match(r"DEVNAME=/dev/input/event\d+$", line), PLUGGED_S)
        return line.removeprefix("DEVNAME=")

    def unplug(self):
        if self.plugged:
            self.pc.qmp.command("device_del", id="plugged")
        self.plugged = False

    def is_open(self, node):
        """The compositor has it."""
        return self.pc.run(f"find /proc/$(pgrep -x gnome-shell)/fd -lname {node} | grep -q .", check=False).rc == 0

    def test_a_keyboard_that_is_plugged_in_types_into_a_window_and_goes_when_it_is_unplugged(self):
        self.ensure_seated()
        self.plugged = True
        monitor = self.hears_udev()
        node = self.plug_keyboard(monitor)
        wait_until("the compositor opens the keyboard", lambda: self.is_open(node), DRAWN_S, pause_s=1)
        # Whoever reads the node beside the compositor sees what this keyboard, and no other, was typed on.
        reader = self.pc.command(["sh", "-c", f"echo reading && head -c 24 {node} | wc -c"])
        reader.wait_for_line(lambda line: line == "reading", PLUGGED_S)
        self.types_a_line_into("plugged-keyboard", "foot")
        self.assertEqual("24", reader.wait(CLIENT_S).text.split()[-1], "one struct input_event")
        self.unplug()
        monitor.wait_for_line(lambda line: line == "ACTION=remove", PLUGGED_S)
        wait_until("the compositor lets go of the keyboard", lambda: not self.is_open(node), DRAWN_S, pause_s=1)
        self.assertEqual("seated", self.seat("State"))
