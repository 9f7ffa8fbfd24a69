#!/usr/bin/env python3
"""What a contained desktop needs from the host, found by taking each thing away in turn. A study, not a test: it takes two
minutes for each thing, and what it finds is written down in daemon/README.md.

    tests/system/needs.py [--machine build/system/machine.json] [--list] [NAME ...]

In the virtual PC, berth brings GNOME up on the host's seat once. Its container is then made by hand from what berthd made, less
one thing, on a session that berth-seat holds; what is on the screen, and what the journals say, goes to $BERTH_TEST_OUT/needs/.
"""
import argparse
import json
import pathlib
import sys
import time

from pc import VirtualPC, wait_until
from picture import panel_mismatch
from seat_test import BOOT_S, CHECKOUT, CONTAINER, DOWN_S, OUTPUT, UP_S

SEAT = "/run/berth/seats/seat0"
COPY = "/run/needs"
DRAWN_S = 150  # twice what it takes with everything there
UNIT = "berth-seat@seat0.service"
CAPABILITIES = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT")


class Recipe:
    """podman's arguments for a container like the one that berthd made; each thing can be left out."""

    def __init__(self, inspected):
        host = inspected["HostConfig"]
        self.binds = {bind.split(":")[1]: bind for bind in host["Binds"]}
        self.devices = [device["PathOnHost"] for device in host["Devices"]]
        self.network, self.ipc = host["NetworkMode"], "shareable"
        self.hostname, self.image = inspected["Config"]["Hostname"], inspected["ImageName"]
        self.command = ["/sbin/init", "systemd.mask=systemd-logind.service"]
        self.options = ["--cap-drop=ALL"]
        self.capabilities = list(CAPABILITIES)
        self.session = True  # session.env is filled
        self.without_line = {}  # file in the door: what is taken out of it

    def arguments(self):
        binds = [f"--volume={bind.replace(',rslave', '').replace('rslave,', '')}" for bind in self.binds.values()]
        return ["--name", CONTAINER, "--hostname", self.hostname, "--systemd", "always", "--network", self.network,
                "--ipc", self.ipc, *binds, *(f"--device={path}" for path in self.devices), *self.options,
                *(f"--cap-add={name}" for name in self.capabilities), self.image,
                *self.command]


def no_bind(*targets):
    def change(recipe):
        for target in targets:
            del recipe.binds[target]
    return change


def no_device(word):
    def change(recipe):
        kept = [path for path in recipe.devices if word not in path]
        assert kept != recipe.devices, f"there is no device {word}"
        recipe.devices = kept
    return change


def no_capability(name):
    return lambda recipe: recipe.capabilities.remove(name)


def both(*changes):
    def change(recipe):
        for one in changes:
            one(recipe)
    return change


def option(*options):
    return lambda recipe: recipe.options.extend(options)


def hidden(path):
    return option(f"--volume=/dev/null:{path}:ro")


def attribute(name, value):
    return lambda recipe: setattr(recipe, name, value)


def no_line(file, key):
    return lambda recipe: recipe.without_line.setdefault(file, []).append(key)


THINGS = {
    "nothing": lambda recipe: None,
    "/run/udev": no_bind("/run/udev"),
    "/run/systemd/sessions": no_bind("/run/systemd/sessions"),
    "/run/systemd/seats": no_bind("/run/systemd/seats"),
    "/run/systemd/users": no_bind("/run/systemd/users"),
    "all of logind's files": no_bind("/run/systemd/sessions", "/run/systemd/seats", "/run/systemd/users"),
    "the way to logind (/run/dbus)": no_bind("/run/dbus"),
    "visible card nodes (/dev/dri)": no_bind("/dev/dri"),
    "visible input nodes (/dev/input)": no_bind("/dev/input"),
    "the render node": no_device("renderD"),
    "the render node and visible cards": both(no_bind("/dev/dri"), no_device("renderD")),
    "the sound devices": both(no_bind("/dev/snd"), no_device("snd")),
    "XDG_SESSION_ID": no_line("session.env", "XDG_SESSION_ID"),
    "XDG_SEAT": no_line("session.env", "XDG_SEAT"),
    "XDG_VTNR": no_line("session.env", "XDG_VTNR"),
    "the groups of the nodes": no_line("desktop.env", "BERTH_GROUPS"),
    "the mask of the container's own logind": attribute("command", ["/sbin/init"]),
    "user@ without a PAM session": hidden("/usr/lib/systemd/system/user@.service.d/berth.conf"),
    "a runtime directory that stays": hidden("/usr/lib/systemd/system/user-runtime-dir@.service.d/berth.conf"),
    "machine-id": no_bind("/etc/machine-id"),
    "a network": attribute("network", "none"),
    "the host side of the runtime directory": no_bind("/run/user/1000"),
    "the /tmp volume": no_bind("/tmp"),
    "a shareable IPC namespace": attribute("ipc", "private"),
    "the host's user ids": option("--uidmap=0:200000:65536", "--gidmap=0:200000:65536"),
    "new privileges": option("--security-opt=no-new-privileges"),
    **{f"CAP_{name}": no_capability(name) for name in CAPABILITIES},
}


class Study:
    def __init__(self, machine, output):
        self.output = output
        self.pc = VirtualPC(machine, output)
        self.found = {}

    def prepare(self):
        """Everything that berthd made for its desktop is kept, and berthd goes."""
        self.pc.boot(BOOT_S)
        self.pc.run(["berth", "up", "gnome", "--mode", "logind"], timeout_s=UP_S)
        [self.inspected] = json.loads(self.pc.text(["podman", "inspect", CONTAINER]))
        # tar leaves sockets out.
        self.pc.run(f"mkdir {COPY} && tar -C {SEAT} --exclude='./runtime/*' -cf - . | tar -C {COPY} -xf -")
        self.pc.run(["berth", "down"], timeout_s=DOWN_S)
        self.pc.run(["systemctl", "stop", "berthd.service"])
        self.pc.checkpoint("needs")

    def start(self, recipe):
        self.pc.run(f"rm -rf {SEAT} && mkdir -p {SEAT} && cp -a {COPY}/. {SEAT}/ && rm -rf {SEAT}/system-bus/* &&"
                    f" mkdir -p {SEAT}/runtime && systemctl start {UNIT}")
        session = json.loads(self.pc.text(["cat", f"{SEAT}/session.json"]))
        self.pc.run(f"sed -i 's/^XDG_SESSION_ID=.*/XDG_SESSION_ID={session['session']}/' {SEAT}/door/session.env")
        for file, keys in recipe.without_line.items():
            for key in keys:
                self.pc.run(f"sed -i '/^{key}=/d' {SEAT}/door/{file}")
        self.pc.run(["podman", "run", "--detach", *recipe.arguments()], timeout_s=120)

    def look(self):
        """What came of it: how long until GNOME's panel was on the screen, or what is there instead."""
        began, seen = time.monotonic(), {}

        def over():
            if panel_mismatch(self.pc.screen()) is None:
                seen["panel"] = round(time.monotonic() - began)
            elif self.pc.run(["podman", "inspect", "--format", "{{.State.Running}}", CONTAINER], check=False).text.strip() != "true":
                seen["ended"] = self.pc.run(["podman", "inspect", "--format", "{{.State.ExitCode}}", CONTAINER],
                                            check=False).text.strip()
            return seen
        try:
            wait_until("GNOME's panel", over, DRAWN_S, pause_s=2)
        except AssertionError:
            seen["nothing"] = f"no panel in {DRAWN_S} s"
        return seen

    def keys(self):
        """Whether the emulated keyboard reaches the desktop, and leads away from it and back."""
        before = self.pc.screen()
        half = before.height // 2
        self.pc.press("meta_l")
        try:
            wait_until("", lambda: self.pc.screen().pixels(top=half) != before.pixels(top=half), 60, pause_s=1)
            self.pc.press("meta_l")
        except AssertionError:
            return "the keyboard does not reach it"
        self.pc.press("ctrl-alt-f1")
        try:
            self.pc.wait_active_vt(1, 30)
        except Exception:  # pylint: disable=broad-except # whatever kept it from arriving
            return "keys arrive, Ctrl+Alt+F1 does not switch"
        return "keys arrive, Ctrl+Alt+F1 switches"

    def words(self):
        """What the container says of itself."""
        inside = ["podman", "exec", CONTAINER, "sh", "-c"]
        failed = self.pc.run([*inside, "systemctl --failed --plain --no-legend | cut -d ' ' -f 1 | paste -sd ' '"], check=False)
        sound = self.pc.run([*inside, "runuser -u berth -- env XDG_RUNTIME_DIR=/run/user/1000 pactl info | grep 'Default Sink'"],
                            check=False)
        renderer = self.pc.run([*inside, "journalctl -b --no-pager -o cat | grep -iE 'render|gpu|llvmpipe' | tail -n 3"], check=False)
        return {"failed units": failed.text.strip(), "sound": sound.text.strip(), "drawing": renderer.text.strip()}

    def try_without(self, name):
        self.pc.rollback("needs")
        recipe = Recipe(self.inspected)
        THINGS[name](recipe)
        file = "".join(letter if letter.isalnum() else "-" for letter in name)
        try:
            self.start(recipe)
            result = self.look()
            self.pc.save_screen(file)
            if "panel" in result:
                result["keys"] = self.keys()
            result.update(self.words())
        except Exception as failure:  # pylint: disable=broad-except # the study goes on with the next thing
            result = {"failed": str(failure)[-600:]}
        self.pc.collect(file)
        self.found[name] = result
        (self.output / "needs.json").write_text(json.dumps(self.found, indent=2) + "\n")
        print(f"without {name}: {json.dumps(result)}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machine", default=CHECKOUT / "build/system/machine.json", type=pathlib.Path)
    parser.add_argument("--list", action="store_true", help="print what can be taken away, and end")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(THINGS))
    if unknown:
        parser.error(f"not to be taken away: {', '.join(unknown)} (--list shows what is)")
    if options.list:
        print("\n".join(THINGS))
        return 0
    output = OUTPUT / "needs"
    output.mkdir(parents=True, exist_ok=True)
    study = Study(json.loads(options.machine.read_text()), output)
    try:
        study.prepare()
        for name in options.names or THINGS:
            study.try_without(name)
    finally:
        study.pc.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
