"""A second screen's cable: QEMU's VNC server (RFC 6143) stands for what is plugged into an output of the graphics card."""
import contextlib
import socket
import struct

EXTENDED_DESKTOP_SIZE = -308  # the RFB community's protocol, 7.8.2
SET_DESKTOP_SIZE = 251  # 7.5.4


class Cable:
    """An output of a card, by the socket of its VNC server."""

    def __init__(self, path):
        self.path = path

    def plug(self, width, height):
        """Plugs a screen of that size in; returns when QEMU has taken it."""
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as connection:
            connection.settimeout(30)
            connection.connect(self.path)
            self._greet(connection)
            connection.sendall(struct.pack(">BxHi", 2, 1, EXTENDED_DESKTOP_SIZE))
            connection.sendall(struct.pack(">BBHHBBIHHHHI", SET_DESKTOP_SIZE, 0, width, height, 1, 0, 0, 0, 0, width, height, 0))
            # It answers what comes after it when it has taken that: the end of the stream.
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass

    def unplug(self):
        self.plug(0, 0)

    @staticmethod
    def _greet(connection):
        def read(count):
            data = b""
            while len(data) < count:
                more = connection.recv(count - len(data))
                if not more:
                    raise AssertionError(f"QEMU's VNC server ended after {data!r}")
                data += more
            return data
        read(12)
        connection.sendall(b"RFB 003.008\n")
        read(read(1)[0])
        connection.sendall(b"\x01")  # no password: the socket lies in a folder of the test's
        read(4)
        connection.sendall(b"\x01")  # shared
        read(20)
        read(struct.unpack(">I", read(4))[0])
