"""The network of a desktop that is on the host's seat: one of its own, with a way out, and what is plugged in is heard of in it."""
import json
import re

from host_seat import HostSeatTest
from plugging import PLUGGED_S, PluggingTest
from seat_clients import ClientsTest
from seat_test import CONTAINER

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


class Hotplug(ClientsTest, PluggingTest):
    def test_a_keyboard_that_is_plugged_in_types_into_a_window_and_goes_when_it_is_unplugged(self):
        self.ensure_seated()
        self.assert_a_plugged_keyboard_types("gnome-shell", lambda: self.types_a_line_into("plugged-keyboard", "foot"))
