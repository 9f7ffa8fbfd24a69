#!/usr/bin/env python3
"""What a program in a client's container does with its Self socket, descriptors included, with Python's library alone.

Runs inside the container (and, to be refused, outside of it): `self_client.py SOCKET VERB [ARGUMENT...]` prints JSON.
"""
import array
import json
import os
import socket
import stat
import struct
import sys
import time

OBJECT, INTERFACE = "/org/berth/Berth1/self", "org.berth.Berth1.Self"
METHOD_CALL, METHOD_RETURN, ERROR = 1, 2, 3


class CallFailed(Exception):
    pass


def padded(data, to):
    return data + b"\0" * (-len(data) % to)


def text(value):
    return struct.pack("<I", len(value)) + value.encode() + b"\0"


def strings(values):
    data = b""
    for value in values:
        data = padded(data, 4) + text(value)
    return struct.pack("<I", len(data)) + data


def options(values):
    """An a{sv} of u and b. It begins at a multiple of 4 of the body; its entries at one of 8."""
    data = b""
    for name, value in values.items():
        kind = b"b" if isinstance(value, bool) else b"u"
        data = padded(data, 8) + text(name) + b"\1" + kind + b"\0"
        data = padded(data, 4) + struct.pack("<I", int(value))
    return data


class Bus:
    """One connection (D-Bus specification, the wire format), little-endian."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.socket.sendall(b"\0AUTH ANONYMOUS 62\r\n")
        self.answer(b"OK ")
        self.socket.sendall(b"NEGOTIATE_UNIX_FD\r\n")
        self.answer(b"AGREE_UNIX_FD")
        self.socket.sendall(b"BEGIN\r\n")
        self.serial = 0
        self.call("Hello", object_path="/org/freedesktop/DBus", interface="org.freedesktop.DBus", service="org.freedesktop.DBus")

    def answer(self, begin):
        line = b""
        while not line.endswith(b"\r\n"):
            byte = self.socket.recv(1)
            if not byte:
                raise CallFailed("the connection was closed")
            line += byte
        if not line.startswith(begin):
            raise CallFailed(f"{line!r} instead of {begin!r}")

    def call(self, member, signature="", body=b"", object_path=OBJECT, interface=INTERFACE, service="org.berth.Berth1"):
        """The descriptors that came with the answer."""
        self.serial += 1
        fields = b""
        for code, kind, value in ((1, b"o", object_path), (2, b"s", interface), (3, b"s", member), (6, b"s", service)):
            fields = padded(fields, 8) + bytes([code]) + b"\1" + kind + b"\0" + text(value)
        if signature:
            fields = padded(fields, 8) + bytes([8]) + b"\1g\0" + bytes([len(signature)]) + signature.encode() + b"\0"
        head = struct.pack("<cBBBII", b"l", METHOD_CALL, 0, 1, len(body), self.serial) + struct.pack("<I", len(fields)) + fields
        self.socket.sendall(padded(head, 8) + body)
        return self.reply()

    def read(self, count, descriptors):
        data = b""
        while len(data) < count:
            more, ancillary, _, _ = self.socket.recvmsg(count - len(data), socket.CMSG_SPACE(4 * 16), socket.MSG_CMSG_CLOEXEC)
            for level, kind, content in ancillary:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    received = array.array("i")
                    received.frombytes(content[:len(content) - len(content) % received.itemsize])
                    descriptors.extend(received)
            if not more:
                raise CallFailed("the connection was closed")
            data += more
        return data

    def reply(self):
        descriptors = []
        head = self.read(16, descriptors)
        _, kind, _, _, length, _, fields = struct.unpack("<cBBBIII", head)
        rest = self.read(fields + -fields % 8 + length, descriptors)
        if kind == ERROR:
            name = rest[:fields].split(b"\4\1s\0")[1]
            name = name[4:4 + struct.unpack("<I", name[:4])[0]].decode()
            body = rest[fields + -fields % 8:]
            raise CallFailed(name + ": " + body[4:4 + struct.unpack("<I", body[:4])[0]].decode())
        return descriptors

    def open(self, member):
        descriptors = self.call(member)
        assert len(descriptors) == 1, f"{member} passed {len(descriptors)} descriptors"
        return descriptors[0]

    def request(self, grants, **wanted):
        body = strings(grants)
        entries = options({name.replace("_", "-"): value for name, value in wanted.items()})
        body = padded(body, 4) + struct.pack("<I", len(entries))
        return self.call("Request", "asa{sv}", padded(body, 8) + entries)


def own_descriptors():
    return len(os.listdir("/proc/self/fd"))


def about(descriptor):
    status = os.fstat(descriptor)
    flags = int(next(line.split()[1] for line in open(f"/proc/self/fdinfo/{descriptor}") if line.startswith("flags")), 8)
    return {"inode": status.st_ino, "device": status.st_dev, "rdev": [os.major(status.st_rdev), os.minor(status.st_rdev)],
            "socket": stat.S_ISSOCK(status.st_mode), "node": stat.S_ISCHR(status.st_mode), "access": flags & os.O_ACCMODE,
            "nonblocking": bool(flags & os.O_NONBLOCK)}


def wayland_globals(descriptor):
    """wl_display.get_registry and sync: the interfaces that the compositor offers."""
    with socket.socket(fileno=descriptor) as display:
        display.sendall(struct.pack("<III", 1, 12 << 16 | 1, 2) + struct.pack("<III", 1, 12 << 16 | 0, 3))
        seen, data = [], b""
        while True:
            more = display.recv(65536)
            if not more:
                raise CallFailed("the compositor hung up")
            data += more
            while len(data) >= 8 and len(data) >= struct.unpack("<I", data[4:8])[0] >> 16:
                sender, word = struct.unpack("<II", data[:8])
                body, data = data[8:word >> 16], data[word >> 16:]
                if sender == 3:
                    return seen
                if sender == 2 and word & 0xffff == 0:
                    length = struct.unpack("<I", body[4:8])[0]
                    seen.append(body[8:8 + length - 1].decode())


def pipewire_says(descriptor):
    """Core.Hello: what the server says of itself (Core.Info), as bytes in it that are text."""
    pod = struct.pack("<II", 16, 14) + struct.pack("<IIiI", 4, 4, 3, 0)  # Struct { Int 3 }, the protocol's version
    with socket.socket(fileno=descriptor) as core:
        core.sendall(struct.pack("<IIII", 0, 1 << 24 | len(pod), 0, 0) + pod)
        data = b""
        while len(data) < 16 or len(data) < 16 + (struct.unpack("<I", data[4:8])[0] & 0xffffff):
            more = core.recv(65536)
            if not more:
                raise CallFailed("PipeWire hung up")
            data += more
        return {"opcode": data[7], "is-core": data[:4] == b"\0\0\0\0", "names-itself": b"pipewire-0" in data}


def open_many(bus, member, times):
    before = own_descriptors()
    for _ in range(times):
        while True:
            try:
                os.close(bus.open(member))
                break
            except CallFailed as refused:
                if "LimitsExceeded" not in str(refused):
                    raise
                time.sleep(0.05)  # a bounded poll: twenty calls a second are let through
    return {"opened": times, "before": before, "after": own_descriptors()}


def main(path, verb, *arguments):
    bus = Bus(path)
    if verb == "open":
        return about(bus.open(arguments[0]))
    if verb == "wayland":
        return wayland_globals(bus.open("OpenDisplay"))
    if verb == "pipewire":
        return pipewire_says(bus.open("OpenSound"))
    if verb == "many":
        return open_many(bus, arguments[0], int(arguments[1]))
    if verb == "request":
        bus.request([arguments[0]])
        return "given"
    if verb == "request-and-leave":
        bus.request([arguments[0]], with_connection=True)
        print(json.dumps("given"), flush=True)
        sys.stdin.read()  # the connection ends with its caller's input
        return "left"
    raise SystemExit(f"no verb {verb}")


if __name__ == "__main__":
    try:
        print(json.dumps(main(*sys.argv[1:])))
    except CallFailed as failure:
        print(failure, file=sys.stderr)
        sys.exit(1)
