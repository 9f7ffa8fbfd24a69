#!/usr/bin/env python3
"""A stand-in for berthd's side of the door: one Unix socket that serves org.berth.Berth1.Self.

    fake_self.py SOCKET

Speaks just enough of the D-Bus protocol (dbus-specification, "Authentication" and "Message Protocol") to be called by
busctl and gdbus without a bus daemon: EXTERNAL authentication, Hello, SessionReady. Every call is printed as one JSON
line {"member": ..., "body": ...} on the standard output, after its reply was sent.
"""
import json
import os
import re
import socket
import struct
import sys
import threading

METHOD_CALL, METHOD_RETURN, ERROR = 1, 2, 3
PATH, INTERFACE, MEMBER, ERROR_NAME, REPLY_SERIAL, DESTINATION, SENDER, SIGNATURE = range(1, 9)


class Reader:
    """Unmarshals little-endian D-Bus values from one message."""

    def __init__(self, data, position=0):
        self.data, self.position = data, position

    def align(self, boundary):
        self.position = (self.position + boundary - 1) // boundary * boundary

    def number(self, code, size):
        self.align(size)
        (value,) = struct.unpack_from("<" + code, self.data, self.position)
        self.position += size
        return value

    def text(self, length):
        value = self.data[self.position:self.position + length].decode()
        self.position += length + 1
        return value

    def value(self, signature):
        kind = signature[0]
        if kind in "so":
            return self.text(self.number("I", 4))
        if kind == "g":
            return self.text(self.number("B", 1))
        if kind == "v":
            return self.value(self.text(self.number("B", 1)))
        if kind == "a":
            return self.array(signature[1:])
        code, size = {"y": ("B", 1), "b": ("I", 4), "u": ("I", 4), "i": ("i", 4), "t": ("Q", 8), "x": ("q", 8), "d": ("d", 8)}[kind]
        return self.number(code, size)

    def array(self, element):
        length = self.number("I", 4)
        self.align(8 if element[0] in "({xtd" else 4)
        end = self.position + length
        items = []
        while self.position < end:
            if element == "{sv}":
                self.align(8)
                items.append((self.value("s"), self.value("v")))
            elif element == "(yv)":
                self.align(8)
                items.append((self.value("y"), self.value("v")))
            else:
                items.append(self.value(element))
        return dict(items) if element == "{sv}" else items


def marshal_string(data, text):
    data += b"\0" * (-len(data) % 4)
    encoded = text.encode()
    return data + struct.pack("<I", len(encoded)) + encoded + b"\0"


def message(kind, serial, fields, body=b"", signature=""):
    header_fields = b""
    entries = list(fields) + ([(SIGNATURE, "g", signature)] if signature else [])
    for code, code_type, value in entries:
        header_fields += b"\0" * (-len(header_fields) % 8)
        header_fields += struct.pack("<B", code) + b"\x01" + code_type.encode() + b"\0"
        if code_type == "u":
            header_fields += b"\0" * (-len(header_fields) % 4) + struct.pack("<I", value)
        elif code_type == "g":
            header_fields += struct.pack("<B", len(value)) + value.encode() + b"\0"
        else:
            header_fields = marshal_string(header_fields, value)
    header = struct.pack("<cBBBII", b"l", kind, 0, 1, len(body), serial) + struct.pack("<I", len(header_fields)) + header_fields
    return header + b"\0" * (-len(header) % 8) + body


def receive_exactly(connection, count):
    data = b""
    while len(data) < count:
        chunk = connection.recv(count - len(data))
        if not chunk:
            raise EOFError
        data += chunk
    return data


def receive_message(connection):
    start = receive_exactly(connection, 16)
    if start[0:1] != b"l":
        raise ValueError("only little-endian messages are understood")
    body_length, serial, fields_length = struct.unpack_from("<III", start, 4)
    padded = (fields_length + 7) // 8 * 8
    data = start + receive_exactly(connection, padded + body_length)
    fields = dict(Reader(data, 12).array("(yv)"))
    body = Reader(data[16 + padded:])
    values, rest = [], fields.get(SIGNATURE, "")
    for signature in re.findall(r"a\{sv\}|a?[a-z]", rest):
        values.append(body.value(signature))
    return start[1], serial, fields, values


def authenticate(connection):
    """Accepts any EXTERNAL identity: whose socket it is, is known by where it lies."""
    if receive_exactly(connection, 1) != b"\0":
        raise ValueError("no credentials byte")
    line = b""
    while True:
        line += receive_exactly(connection, 1)
        if not line.endswith(b"\r\n"):
            continue
        word = line.split()[0]
        if word == b"BEGIN":
            return
        if word == b"AUTH" and len(line.split()) == 1:
            connection.sendall(b"REJECTED EXTERNAL\r\n")
        elif word == b"AUTH" and len(line.split()) == 2:
            connection.sendall(b"DATA\r\n")
        elif word in (b"AUTH", b"DATA"):
            connection.sendall(b"OK " + b"0123456789abcdef" * 2 + b"\r\n")
        elif word == b"NEGOTIATE_UNIX_FD":
            connection.sendall(b"ERROR\r\n")
        else:
            connection.sendall(b"ERROR\r\n")
        line = b""


def serve(connection, report):
    serial = 0
    authenticate(connection)
    while True:
        kind, call_serial, fields, values = receive_message(connection)
        if kind != METHOD_CALL:
            continue
        serial += 1
        member, interface = fields.get(MEMBER), fields.get(INTERFACE)
        reply = [(REPLY_SERIAL, "u", call_serial)]
        if (interface, member) == ("org.freedesktop.DBus", "Hello"):
            connection.sendall(message(METHOD_RETURN, serial, reply + [(SENDER, "s", "org.freedesktop.DBus")],
                                       marshal_string(b"", ":1.1"), "s"))
        elif (interface, member) == ("org.berth.Berth1.Self", "SessionReady") and fields.get(PATH) == "/org/berth/Berth1/self":
            connection.sendall(message(METHOD_RETURN, serial, reply))
            report({"member": member, "body": values})
        else:
            connection.sendall(message(ERROR, serial, reply + [(ERROR_NAME, "s", "org.freedesktop.DBus.Error.UnknownMethod")],
                                       marshal_string(b"", f"no {interface}.{member} here"), "s"))
            report({"member": member, "body": values, "refused": True})


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    path = sys.argv[1]
    if os.path.exists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    os.chmod(path, 0o666)
    listener.listen()
    lock = threading.Lock()

    def report(call):
        with lock:
            print(json.dumps(call), flush=True)

    def handle(connection):
        try:
            serve(connection, report)
        except (EOFError, ConnectionError):
            pass
        finally:
            connection.close()

    while True:
        connection, _ = listener.accept()
        threading.Thread(target=handle, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
