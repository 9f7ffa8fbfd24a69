"""A desktop of one static program (terminal_desktop.cpp) that takes a real virtual terminal: its image, its profile, its marks."""
import collections
import fcntl
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile

from harness import BUILD

IMAGE = "localhost/berth/terminal-desktop:test"
PROFILE = {"image": IMAGE, "mode": "vt", "devices": [], "may-run": [], "probe": ["/bin/ready"],
           "timeouts": {"start_s": 30, "end_session_s": 10, "stop_s": 20, "kill_s": 5}}
NAMES = ("sbin/init", "usr/lib/systemd/systemd", "usr/bin/berth", "bin/ready")  # the second is looked for, the others are run
VT_GETMODE, VT_GETSTATE, KDGETMODE, KDGKBMODE = 0x5601, 0x5603, 0x4B3B, 0x4B44  # linux/vt.h, linux/kd.h

State = collections.namedtuple("State", "switches graphics keyboard")
TAKEN = State("process", True, "off")
RESTORED = State("auto", False, "unicode")


def what_is_missing():
    if not os.path.exists("/dev/tty0"):
        return "no virtual terminals here: /dev/tty0"
    return None


def make_image(podman):
    with tempfile.TemporaryDirectory() as folder:
        for name in NAMES:
            path = pathlib.Path(folder) / "tree" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(BUILD / "tests/daemon/terminal-desktop", path)
        archive = pathlib.Path(folder) / "tree.tar"
        subprocess.run(["tar", "-C", archive.with_suffix(""), "-cf", archive, "."], check=True)
        imported = podman("import", archive, IMAGE)
        assert imported.returncode == 0, imported.stderr


def remove_image(podman):
    podman("rmi", "--force", IMAGE)


def ask(terminal, request, layout):
    descriptor = os.open(f"/dev/tty{terminal}", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return struct.unpack(layout, fcntl.ioctl(descriptor, request, bytes(struct.calcsize(layout))))
    finally:
        os.close(descriptor)


def visible():
    return ask(0, VT_GETSTATE, "HHH")[0]


def state_of(terminal):
    """What the kernel says of a terminal, by ioctls of the test's own (ioctl_console(2))."""
    return State({0: "auto", 1: "process"}.get(ask(terminal, VT_GETMODE, "bbhhh")[0]), ask(terminal, KDGETMODE, "i")[0] == 1,
                 {3: "unicode", 4: "off"}.get(ask(terminal, KDGKBMODE, "i")[0]))
