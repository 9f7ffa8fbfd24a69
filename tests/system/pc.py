"""A virtual PC with a screen, a keyboard, a tablet, a sound card and virtual terminals, under QEMU's own emulation.

    python3 -m unittest is not needed to play with it:  tests/system/pc.py build/system/machine.json
boots one and takes commands for it from standard input.
"""
import ctypes
import json
import os
import pathlib
import shlex
import signal
import struct
import subprocess
import sys
import tempfile
import time

from channel import Channel, GuestError, Result
from picture import Console, Picture
from qmp import Qmp, QmpError, keys_for
from rfb import Cable

PR_SET_PDEATHSIG = 1
# llvmpipe's code for AVX crashes under QEMU's emulation. Hardware virtualisation is never used: a stock kernel may not
# come up where it is nested, and the tests must say the same everywhere.
CPU = "max,avx=off,avx2=off,f16c=off,fma=off"
# tsc=unstable: the emulated TSC never goes back, not even in a machine that is restored. A kernel that takes its time from
# it (Debian 13's does) would jump by all the time since the checkpoint, and every watchdog in it would go off.
KERNEL_LINE = ("root=/dev/vda rw console=ttyS0,115200 mitigations=off tsc=unstable audit=0 net.ifnames=0 quiet loglevel=4 "
               "systemd.show_status=0")


def wait_until(what, probe, timeout_s, pause_s=0.25):
    """The one place that polls, for what announces itself by no event (the pixels of the screen): returns the first
    true value of `probe`, or fails with what it last said."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s} s: {what() if callable(what) else what}")
        time.sleep(pause_s)  # bounded poll


class VirtualPC:
    """One machine. Its disks are written to overlays that are thrown away, so that each start is the first one.

    machine    what image/build wrote to machine.json
    output     the folder that pictures and logs go to
    second_seat  another card with a screen of its own, and a USB hub with a keyboard and a tablet that belong to that
               screen: what `loginctl attach` makes a seat of
    """

    def __init__(self, machine, output, memory_mib=3072, cpus=2, size=(1024, 768), second_seat=False):
        self.machine, self.output = machine, pathlib.Path(output)
        self.memory_mib, self.cpus, self.size = memory_mib, cpus, size
        self.second_seat = second_seat
        self.process = self.qmp = self.channel = None
        self.folder = None
        self.times = {}

    # ---- life ----

    def start(self):
        """Starts QEMU and returns when its monitor answers; the PC has only begun to boot then."""
        self.output.mkdir(parents=True, exist_ok=True)
        self.folder = tempfile.TemporaryDirectory(prefix="berth-pc-")
        log = open(self.output / "qemu.log", "wb")
        self.started = time.monotonic()
        self.process = subprocess.Popen(self._arguments(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                        preexec_fn=_end_with_parent)
        log.close()
        self.qmp = Qmp(self._wait_for_socket("qmp"))
        self.channel = Channel(self._wait_for_socket("agent"))

    def boot(self, timeout_s=240):
        """Starts the PC and returns when systemd says that the boot is over, whatever came of it."""
        self.start()
        return self._end_of_boot(timeout_s)

    def reboot(self, timeout_s=240):
        """Has the PC start anew by its own systemd, on the same disks, and returns as boot() does."""
        self.channel.forget_greetings()
        self.started = time.monotonic()
        self.run(["systemctl", "--no-block", "--ignore-inhibitors", "reboot"])
        return self._end_of_boot(timeout_s)

    def _end_of_boot(self, timeout_s):
        self.channel.wait_for_agent(timeout_s)
        self.times["agent"] = time.monotonic() - self.started
        state = self.run(["systemctl", "is-system-running", "--wait"], timeout_s=timeout_s, check=False)
        self.times["boot"] = time.monotonic() - self.started
        # A press and its release arrive in one report each. On a busy machine so much time passes between them that the PC's
        # kernel took one key for a held one ("echoo19143"): it is to wait as long as it can before it repeats a key.
        self.run(["kbdrate", "-s", "-d", "1000"])
        return state.text.strip()

    def wait_for_end(self, timeout_s):
        """Returns when the PC has switched itself off."""
        try:
            self.process.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the PC is still on after {timeout_s} s; it last said: {self.serial()[-2000:]}") from None

    def serial(self):
        """What the PC has said on its serial line, its console: the kernel, systemd and berthd."""
        return (self.output / "serial.log").read_text(errors="replace")

    def stop(self):
        """Pulls the plug. Ends only the QEMU that this object started."""
        if self.channel is not None:
            self.channel.close()
        if self.qmp is not None:
            try:
                self.qmp.command("quit")
            except (QmpError, OSError):
                pass  # it is gone already, or hangs and is killed below
            self.qmp.close()
        if self.process is not None:
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.folder is not None:
            self.folder.cleanup()
        self.process = self.qmp = self.channel = self.folder = None

    def _overlay(self, name, disk):
        path = os.path.join(self.folder.name, name + ".qcow2")
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", disk, path], check=True)
        return path

    def _arguments(self):
        def path(name):
            return os.path.join(self.folder.name, name)
        arguments = [
            "qemu-system-x86_64", "-name", "berthpc", "-machine", "q35", "-accel", "tcg,thread=multi,tb-size=1024",
            "-cpu", CPU, "-smp", str(self.cpus), "-m", str(self.memory_mib), "-nodefaults", "-no-user-config",
            "-display", "none", "-kernel", self.machine["kernel"], "-initrd", self.machine["initrd"],
            "-append", KERNEL_LINE]
        for name in ("system", "desktop"):
            if self.machine.get(name):
                overlay = self._overlay(name, self.machine[name])
                arguments += ["-drive", f"file={overlay},if=none,id={name},format=qcow2,cache=unsafe,discard=unmap",
                              "-device", f"virtio-blk-pci,drive={name}"]
        if self.second_seat:
            # A keyboard that names a screen gets that screen's keys, and no other does.
            own = "display=screen2"
            arguments += ["-device", f"bochs-display,id=screen2,xres={self.size[0]},yres={self.size[1]},vgamem=16M"]
            late = ["-device", "usb-hub,bus=usb.0,port=3,id=hub2",
                    "-device", f"usb-kbd,bus=usb.0,port=3.1,id=keyboard2,{own}",
                    "-device", f"usb-tablet,bus=usb.0,port=3.2,id=tablet2,{own}"]
        else:
            late = []
        return arguments + [
            "-device", f"virtio-vga,id=screen,max_outputs=2,xres={self.size[0]},yres={self.size[1]}",
            "-vnc", f"unix:{path('output2')},display=screen,head=1",  # nothing is plugged into that output at first
            "-device", "pcie-root-port,id=late,chassis=1,slot=1,mem-reserve=32M,pref64-reserve=256M",
            "-device", "qemu-xhci,id=usb,p2=8,p3=8", "-device", "usb-kbd,bus=usb.0,port=1,id=keyboard",
            "-device", "usb-tablet,bus=usb.0,port=2,id=tablet", *late,
            "-audiodev", f"wav,id=speaker,path={path('sound.wav')}",
            "-device", "intel-hda,id=sound", "-device", "hda-duplex,audiodev=speaker",
            "-device", "virtio-rng-pci", "-device", "virtio-serial-pci",
            "-chardev", f"socket,id=agent,path={path('agent')},server=on,wait=off",
            "-device", "virtserialport,chardev=agent,name=org.berth.test",
            "-serial", f"file:{self.output / 'serial.log'}",
            "-qmp", f"unix:{path('qmp')},server=on,wait=off"]

    def _wait_for_socket(self, name):
        path = os.path.join(self.folder.name, name)

        def there():
            if self.process.poll() is not None:
                raise AssertionError(f"QEMU ended with {self.process.returncode}: "
                                     f"{(self.output / 'qemu.log').read_text(errors='replace')}")
            return os.path.exists(path)
        wait_until(f"QEMU's socket {name}", there, 30, pause_s=0.02)
        return path

    # ---- commands in the PC ----

    def command(self, command, stdin=b"", env=None):
        """Starts a command as root in the PC: an argument list, or a string for its shell."""
        argv = ["/bin/sh", "-c", command] if isinstance(command, str) else list(command)
        return self.channel.start(argv, stdin, env)

    def run(self, command, timeout_s=60, check=True, stdin=b"", env=None):
        """Runs a command to its end. A status other than 0 fails unless check is false; no end in time always does."""
        running = self.command(command, stdin, env)
        try:
            result = running.wait(timeout_s)
        except GuestError:
            running.end(signal.SIGKILL)
            raise
        if check and result.rc != 0:
            raise GuestError(f"failed: {result}")
        return result

    def text(self, command, **options):
        """What a command in the PC printed, without the line break at its end."""
        return self.run(command, **options).text.strip()

    def vts(self):
        """The state of the virtual terminals, as vtstate tells it."""
        return json.loads(self.text(["vtstate"]))

    def wait_active_vt(self, number, timeout_s):
        self.run(["vtstate", "--wait-active", str(number), str(int(timeout_s * 1000))], timeout_s=timeout_s + 20)

    def wait_console_text(self, number, text, timeout_s):
        """Blocks until a text stands on the text console of a VT, on one line."""
        self.run(["vtstate", "--wait-text", str(number), str(int(timeout_s * 1000)), text], timeout_s=timeout_s + 20)

    def console(self, number):
        """What the kernel has on the text console of a VT."""
        return Console(self.run(["cat", f"/dev/vcsa{number}"]).out)

    # ---- the screen and the keyboard ----

    def second_output(self):
        """The cable of the card's second output."""
        return Cable(os.path.join(self.folder.name, "output2"))

    def screen(self, device="screen", head=0):
        """What stands on the screen now, or on that of another card, or of another output."""
        path = os.path.join(self.folder.name, f"{device}{head}.ppm")
        self.qmp.command("screendump", filename=path, device=device, head=head)
        return Picture.from_ppm(pathlib.Path(path).read_bytes())

    def save_screen(self, name, device="screen", head=0):
        """Puts what stands on the screen now into the output folder, and returns it."""
        picture = self.screen(device, head)
        picture.save_png(self.output / f"{name}.png")
        return picture

    def press(self, *chords, device="screen"):
        """Presses chords such as "ctrl-alt-f2" one after the other, on the keyboard of a screen."""
        for chord in chords:
            self._chord(chord.split("-"), device)

    def type(self, text):
        """Types a text on the USB keyboard."""
        for character in text:
            self._chord(keys_for(character))

    def sound_heard(self):
        """How many 16-bit samples other than silence the sound card has put out until now."""
        with open(os.path.join(self.folder.name, "sound.wav"), "rb") as file:
            samples = file.read()[44:]  # after the header of a WAV file, which QEMU completes at its end
        return sum(1 for (sample,) in struct.iter_unpack("<h", samples[:len(samples) & ~1]) if sample)

    def _chord(self, keys, device="screen"):
        # The emulated keyboard holds 16 events for a guest that is slower than the typist.
        for down in (True, False):
            self.qmp.keys(keys if down else keys[::-1], down, device)
            time.sleep(0.07)  # not a bounded poll but a finger on the keys

    # ---- checkpoints: the whole machine, memory and disks, inside the overlays ----

    def checkpoint(self, name):
        self.qmp.monitor(f"savevm {name}")

    def rollback(self, name):
        self.qmp.monitor(f"loadvm {name}")

    # ---- evidence ----

    def collect(self, name):
        """Saves what helps to understand a failure into the output folder: NAME.png, NAME.journal and so on. Never
        fails itself: what cannot be had is told in the file that it should have been in."""
        for device in ("screen", "screen2")[:2 if self.second_seat else 1]:
            try:
                self.save_screen(name if device == "screen" else f"{name}-{device}", device)
            except (OSError, QmpError, ValueError) as error:
                (self.output / f"{name}.no-picture").write_text(str(error))
        for suffix, command in (
                ("journal", "journalctl -b --no-pager -o short-monotonic"),
                ("flight.jsonl", "cat /run/berth/flight.jsonl"),
                ("state", "vtstate; systemctl --no-pager --failed; systemctl --no-pager status 'berth*'; berth status;"
                          " podman ps -a; ps axfww; cat /run/berth/seats/*/door/desktop.env"),
                ("desktop.journal", "podman exec berth-seat0 journalctl -b --no-pager -o short-monotonic;"
                                    " podman logs berth-seat0; podman exec berth-seat0 sh -c"
                                    " 'tail -n 300 /var/log/Xorg.0.log /home/*/.local/share/xorg/Xorg.0.log'"),
                ("second.journal", "podman exec berth-seat1 journalctl -b --no-pager -o short-monotonic;"
                                   " loginctl seat-status seat1"))[:None if self.second_seat else -1]:
            try:
                result = self.run(f"({command}) 2>&1", timeout_s=90, check=False)
                (self.output / f"{name}.{suffix}").write_bytes(result.out)
            except (GuestError, OSError, AttributeError) as error:
                (self.output / f"{name}.{suffix}").write_text(f"could not be read: {error}")


def _end_with_parent():
    """A test that is killed must leave no machine behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def play(pc):
    """Commands by hand: `!keys ctrl-alt-f2`, `!type TEXT`, `!shot NAME`, `!put FILE PATH`, `!quit`; all else goes to a shell.
    With BERTH_SECOND_SEAT=1: a second seat's devices; `!keys2 ...` and `!shot2 NAME` are for those."""
    print(f"{pc.boot()} after {pc.times['boot']:.1f} s; {play.__doc__}", flush=True)
    for line in sys.stdin:
        verb, _, rest = line.strip().partition(" ")
        try:
            if verb == "!quit":
                return
            if verb in ("!keys", "!keys2"):
                pc.press(*rest.split(), device="screen" + verb[5:])
            elif verb == "!type":
                pc.type(rest)
            elif verb in ("!shot", "!shot2"):
                pc.save_screen(rest, "screen" + verb[5:])
            elif verb == "!put":
                file, path = rest.split()
                program = pathlib.Path(file).read_bytes()
                pc.run(["sh", "-c", 'cat >"$0.new" && chmod 755 "$0.new" && mv "$0.new" "$0"', path], stdin=program)
            elif verb:
                print(pc.run(line.strip(), timeout_s=600, check=False), flush=True)
        except (GuestError, QmpError, ValueError) as error:
            print(error, flush=True)
        print(f"[{time.monotonic() - pc.started:.1f} s]", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: {shlex.quote(sys.argv[0])} MACHINE.JSON")
    computer = VirtualPC(json.loads(pathlib.Path(sys.argv[1]).read_text()), os.environ.get("BERTH_TEST_OUT", "."),
                         second_seat=bool(os.environ.get("BERTH_SECOND_SEAT")))
    try:
        play(computer)
    finally:
        computer.stop()
