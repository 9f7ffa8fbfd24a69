#!/usr/bin/env python3
"""What clients see and hear of udev: records and events of the device nodes that they are granted, on this machine's engine.

udev need not run here: its database is a folder of the test, and the test speaks as udevd. The node is /dev/kvm.
"""
import os
import pathlib
import select
import signal
import socket
import struct
import subprocess
import tempfile
import unittest

from clients_test import BERTH, ClientTest
from desktop_case import load_tests  # noqa: F401 (unittest asks for load_tests)

KVM = "c10:232"
TUN = "c10:200"
RECORD = "S:kvm-by-name\nI:4711\nE:ID_MODEL=machine\nE:ID_SEAT=seat1\nG:uaccess\nG:berth-test\nQ:uaccess\nQ:berth-test\nV:1\n"
SHOWN = "I:4711\nE:ID_MODEL=machine\nG:berth-test\nQ:berth-test\nV:1\n"
UDEV_GROUP = 2


def udevd_says(action, **properties):
    """As udevd does, into this machine's network (systemd, src/libsystemd/sd-device/device-monitor.c)."""
    text = b"".join(f"{name}={value}\0".encode() for name, value in
                    {"ACTION": action, "DEVPATH": "/devices/virtual/misc/kvm", "SUBSYSTEM": "misc", "MAJOR": 10, "MINOR": 232,
                     "DEVNAME": "/dev/kvm", "SEQNUM": 7, **properties}.items())
    header = b"libudev\0" + struct.pack("!I", 0xFEEDCAFE) + struct.pack("=III", 40, 40, len(text)) + struct.pack("!IIII", 0, 0, 0, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15) as netlink:
        try:
            netlink.sendto(header + text, (0, UDEV_GROUP))
        except ConnectionRefusedError:
            pass  # the kernel's own socket refuses every message to a group


class Ears:
    """`udevadm monitor` in a client: the real libudev."""

    def __init__(self, test, name):
        self.process = subprocess.Popen(
            [BERTH, "--bus", test.berthd.bus, "exec", "--no-tty", name, "stdbuf", "-oL", "udevadm", "monitor", "--udev",
             "--tag-match=berth-test"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0)
        test.addCleanup(self.end)
        self.rest = b""
        while not self.line().startswith("UDEV -"):  # from then on it listens
            pass

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def line(self, limit=60):
        while b"\n" not in self.rest:
            readable, _, _ = select.select([self.process.stdout], [], [], limit)
            assert readable, f"nothing was heard in {limit} s; so far: {self.rest}"
            data = os.read(self.process.stdout.fileno(), 65536)
            assert data, f"the monitor ended: {self.rest}"
            self.rest += data
        line, _, self.rest = self.rest.partition(b"\n")
        return line.decode()

    def event(self):
        """The next one: "add /devices/virtual/misc/kvm"."""
        while True:
            words = self.line().replace("[", " ").split()
            if words[:1] == ["UDEV"]:
                return " ".join(words[2:4])


@unittest.skipUnless(pathlib.Path("/dev/kvm").is_char_device(), "this machine has no /dev/kvm")
class GrantedNodes(ClientTest):
    def arguments(self):
        folder = tempfile.TemporaryDirectory(prefix="berth-udev-")
        self.addCleanup(folder.cleanup)
        self.udev = pathlib.Path(folder.name) / "data"
        self.udev.mkdir()
        (self.udev / KVM).write_text(RECORD)
        return "--udev-dir", folder.name

    def granted(self, verb, name, *grants):
        done = self.berthd.berth(verb, name, *grants)
        self.assertEqual(0, done.returncode, done.stderr + self.berthd.log()[-3000:])

    def test_a_node_comes_with_its_record_and_goes_with_it(self):
        name = self.running("vm", "--grant", "kvm")
        self.assertEqual(SHOWN, self.inside(name, f"cat /run/udev/data/{KVM}").stdout)
        told = self.inside(name, "udevadm info --query=property --name=/dev/kvm").stdout.splitlines()
        for line in ("ID_MODEL=machine", "DEVPATH=/devices/virtual/misc/kvm", "TAGS=:berth-test:", "USEC_INITIALIZED=4711"):
            self.assertIn(line, told)
        self.assertNotEqual(0, self.inside(name, "rm /run/udev/control || touch /run/udev/data/x").returncode, "read-only")
        self.granted("revoke", name, "kvm")
        self.assertEqual("control\ndata\n", self.inside(name, "cd /run/udev; find . -mindepth 1 -printf '%P\\n' | sort").stdout)
        self.granted("grant", name, "kvm")
        self.assertEqual(SHOWN, self.inside(name, f"cat /run/udev/data/{KVM}").stdout)

    def test_a_client_hears_of_what_it_is_given_and_loses_and_of_nothing_else(self):
        (self.udev / TUN).write_text("G:berth-test\nV:1\n")
        one, other = self.running("one"), self.running("other")
        ears, others = Ears(self, one), Ears(self, other)
        self.granted("grant", one, "kvm")
        self.assertEqual("add /devices/virtual/misc/kvm", ears.event())
        udevd_says("change", TAGS=":uaccess:berth-test:")
        self.assertEqual("change /devices/virtual/misc/kvm", ears.event())
        udevd_says("change", TAGS=":berth-test:", DEVPATH="/devices/virtual/misc/tun", MINOR=200)
        self.granted("revoke", one, "kvm")
        self.assertEqual("remove /devices/virtual/misc/kvm", ears.event())
        self.granted("grant", other, "tun")
        self.assertEqual("add /devices/virtual/misc/tun", others.event(), "the first that it hears")

    def test_a_record_that_udev_writes_anew_is_seen_anew(self):
        name = self.running("vm", "--grant", "kvm")
        ears = Ears(self, name)
        (self.udev / "new").write_text(RECORD.replace("machine", "another"))
        (self.udev / "new").rename(self.udev / KVM)
        udevd_says("change", TAGS=":berth-test:")
        self.assertEqual("change /devices/virtual/misc/kvm", ears.event())
        self.assertEqual(SHOWN.replace("machine", "another"), self.inside(name, f"cat /run/udev/data/{KVM}").stdout)

    def test_clients_hear_again_when_berthd_has_started_anew(self):
        name = self.running("vm", "--grant", "kvm")
        self.berthd.stop(signal.SIGKILL)
        self.berthd.start()
        self.assertEqual(SHOWN, self.inside(name, f"cat /run/udev/data/{KVM}").stdout)
        ears = Ears(self, name)  # an earlier one would have ended with its caller, whom berthd's end ends
        self.granted("revoke", name, "kvm")
        self.assertEqual("remove /devices/virtual/misc/kvm", ears.event(), "it was given by the earlier berthd")
        self.granted("grant", name, "kvm")
        self.assertEqual("add /devices/virtual/misc/kvm", ears.event())
        udevd_says("change", TAGS=":berth-test:")
        self.assertEqual("change /devices/virtual/misc/kvm", ears.event())

    def test_where_udev_has_no_record_the_node_is_given_all_the_same(self):
        (self.udev / KVM).unlink()
        name = self.running("vm")
        self.granted("grant", name, "kvm")
        self.assertEqual("", self.inside(name, "ls /run/udev/data").stdout)
        self.assertEqual(0, self.inside(name, "test -c /run/berth/kvm").returncode)


if __name__ == "__main__":
    unittest.main(verbosity=2)
