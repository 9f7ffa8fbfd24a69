"""What the tests on the virtual PC share: the PC itself, calls to berthd, and the checks of what is to be seen."""
import json
import os
import pathlib
import re
import sys
import time
import unittest

from pc import VirtualPC, wait_until
from picture import panel_mismatch, text_mismatch

BUS_NAME = "org.berth.Berth1"
ROOT_PATH = "/org/berth/Berth1"
SEAT_PATH = "/org/berth/Berth1/seats/seat0"
CONTAINER = "berth-seat0"
HOME_VT = 1
# What the emulation needs is ten to twenty times what a PC does; these limits only end a test that hangs.
BOOT_S, UP_S, DRAWN_S, DOWN_S, RESTORE_S, CONSOLE_S = 300, 420, 180, 180, 60, 30

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
OUTPUT = pathlib.Path(os.environ.get("BERTH_TEST_OUT", CHECKOUT / "build/test-output/system"))


def as_typed(word):
    """A pattern for what typing the word gives. On a busy machine a press and its release are so far apart that the PC takes a key for
    a held one, and repeats it."""
    return "".join(f"{re.escape(letter)}+" for letter in word)


class SeatTest(unittest.TestCase):
    """What the tests on the PC share: the PC itself, calls to berthd, and the checks of what is to be seen."""

    machine = None
    pc = None
    boot_state = None
    second_seat = False
    cpus = 2
    mode = "vt"
    desktop = "gnome"
    image = None  # another image than the profile's
    up_limit_s = UP_S
    checkpoints = set()
    figures = {}

    @classmethod
    def setUpClass(cls):
        if SeatTest.pc is not None:
            return
        pc = VirtualPC(SeatTest.machine, OUTPUT, cpus=SeatTest.cpus, second_seat=SeatTest.second_seat)
        SeatTest.pc = pc
        try:
            SeatTest.boot_state = pc.boot(BOOT_S)
        except AssertionError:
            pc.save_screen("failed-boot")
            raise
        cls.note("boot to agent", pc.times["agent"])
        cls.note("boot to the end of the boot", pc.times["boot"])
        pc.checkpoint("booted")

    @staticmethod
    def end_pc():
        if SeatTest.pc is not None:
            SeatTest.pc.stop()
            SeatTest.pc = None

    def run(self, result=None):
        before, began = len(result.failures) + len(result.errors), time.monotonic()
        super().run(result)
        print(f"  took {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        if len(result.failures) + len(result.errors) > before and SeatTest.pc is not None:
            SeatTest.pc.collect(f"failed-{self.evidence()}")
            print(f"evidence: {OUTPUT}/failed-{self.evidence()}.*", file=sys.stderr, flush=True)

    def evidence(self):
        """What the files that tell of this test's failure are called."""
        return self._testMethodName

    @classmethod
    def note(cls, what, figure, unit="s"):
        """Keeps a figure for the report: how long something took under emulation, say."""
        SeatTest.figures[what] = round(figure, 2)
        OUTPUT.mkdir(parents=True, exist_ok=True)
        (OUTPUT / ("figures-seats.json" if SeatTest.second_seat else "figures.json")).write_text(json.dumps(SeatTest.figures, indent=2) + "\n")
        print(f"  {what}: {figure:.1f} {unit}", file=sys.stderr, flush=True)

    def timed(self, what, action):
        began = time.monotonic()
        value = action()
        self.note(what, time.monotonic() - began)
        return value

    # ---- berthd ----

    def busctl(self, *arguments, check=True, prefix=()):
        return self.pc.run([*prefix, "busctl", "--json=short", "--timeout=60", *arguments], check=check, timeout_s=90)

    def seat(self, name):
        """A property of the seat."""
        return json.loads(self.busctl("get-property", BUS_NAME, SEAT_PATH, f"{BUS_NAME}.Seat", name).text)["data"]

    def ensure_vacant(self):
        if self.seat("State") != "vacant":
            self.pc.run(["berth", "down"], timeout_s=DOWN_S)
        self.assertEqual("vacant", self.seat("State"))

    def up(self):
        another = ["--image", self.image] if self.image else []
        self.pc.run(["berth", "up", self.desktop, "--mode", self.mode, *another], timeout_s=self.up_limit_s)

    @classmethod
    def checkpoint(cls):
        """What the machine is saved as when this desktop has come up."""
        return f"{cls.mode}-{cls.image.split(':')[-1]}" if cls.image else cls.mode

    def ensure_seated(self):
        """The desktop is on the screen. Bringing it up takes minutes under emulation and is a test of its own; the others go
        back to the moment when it had come up, memory, devices and disks of the whole PC with it."""
        if self.checkpoint() in SeatTest.checkpoints:
            self.pc.rollback(self.checkpoint())
        elif (tuple(map(self.seat, ("State", "Mode", "Desktop"))) != ("seated", self.mode, self.desktop) or
              (self.image and self.seat("Image") != self.image)):
            self.pc.rollback("booted")
            self.up()
        self.assertEqual(("seated", self.mode, self.desktop), tuple(map(self.seat, ("State", "Mode", "Desktop"))))
        self.wait_for_desktop()
        self.remember_seated()

    def remember_seated(self):
        if self.checkpoint() not in SeatTest.checkpoints:
            self.pc.checkpoint(self.checkpoint())
            SeatTest.checkpoints.add(self.checkpoint())

    def in_session(self, command):
        """What a command printed that ran as the desktop's user, on the session's bus."""
        return self.pc.text(
            ["podman", "exec", CONTAINER, "sh", "-c",
             "user=berth; uid=$(id -u $user); exec runuser -u $user -- env XDG_RUNTIME_DIR=/run/user/$uid "
             f"DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/$uid/bus {command}"], timeout_s=120)

    def shell_version(self):
        """What GNOME Shell itself answers on the session bus in the container."""
        return self.in_session("gdbus call --session --timeout 60 --dest org.gnome.Shell --object-path /org/gnome/Shell "
                               "--method org.freedesktop.DBus.Properties.Get org.gnome.Shell ShellVersion")

    def assert_the_super_key_shows_the_overview(self, name):
        before = self.pc.screen()
        half = before.height // 2

        def changed():
            now = self.pc.screen()
            # The clock in the panel may change by itself; the lower half of an idle desktop does not.
            return now.pixels(top=half) != before.pixels(top=half)
        self.pc.press("meta_l")
        wait_until("the overview after a press of the Super key", changed, DRAWN_S, pause_s=1)
        self.pc.save_screen(name)
        self.pc.press("meta_l")

    def watch_seat(self):
        """`gdbus monitor` on the seat, which has begun to listen."""
        watcher = self.pc.command(["gdbus", "monitor", "--system", "--dest", BUS_NAME, "--object-path", SEAT_PATH])
        watcher.wait_for_line(lambda line: "is owned by" in line, 60)
        return watcher

    @staticmethod
    def wait_for_state(watcher, state, timeout_s):
        watcher.wait_for_line(
            lambda line: ".StateChanged" in line and f"'{state}'" in line.split("(", 1)[1].split(",")[1], timeout_s)

    # ---- what is to be seen ----

    def wait_for_desktop(self):
        """Waits until the desktop of this class is on the screen, and returns the picture."""
        return self.wait_for_panel()

    def wait_for_panel(self):
        """Waits until GNOME's top bar is on the screen, and returns the picture."""
        seen = {}

        def look():
            seen["picture"] = self.pc.screen()
            seen["why"] = panel_mismatch(seen["picture"])
            return seen["why"] is None
        wait_until(lambda: f"GNOME's panel on the screen: {seen.get('why')}", look, DRAWN_S, pause_s=1)
        return seen["picture"]

    def wait_for_console(self):
        """Waits until the screen shows, pixel by pixel, what the kernel has on the home VT; returns that and the picture."""
        seen = {}

        def look():
            seen["console"] = self.pc.console(HOME_VT)
            seen["picture"] = self.pc.screen()
            seen["why"] = text_mismatch(seen["picture"], seen["console"])
            return seen["why"] is None
        wait_until(lambda: f"the text console on the screen: {seen.get('why')}", look, CONSOLE_S)
        return seen["console"], seen["picture"]

    def assert_text_terminal(self, number):
        """The kernel's own view: nothing of a desktop is left on this VT."""
        state = self.pc.vts()["vts"].get(str(number))
        if state is None and number != HOME_VT:
            return  # deallocated, which is the cleanest of all
        self.assertEqual({"kd": "text", "vt": "auto"}, {key: state[key] for key in ("kd", "vt")}, f"VT {number}")
        self.assertIn(state["kbd"], ("unicode", "xlate"), f"VT {number} takes keys")

    def assert_login_prompt(self, name, desktop_vt=None):
        """The home VT is in front and sane, its login prompt is on the screen, and a key pressed now is echoed there."""
        self.pc.wait_active_vt(HOME_VT, RESTORE_S)
        for number in {HOME_VT, desktop_vt or HOME_VT}:
            self.assert_text_terminal(number)
        self.pc.wait_console_text(HOME_VT, "berthpc login: ", RESTORE_S)
        _, before = self.wait_for_console()
        self.pc.save_screen(f"{name}-prompt")
        word = f"echo{len(name)}{int(time.monotonic()) % 1000}"
        self.assertNotIn(word, self.pc.console(HOME_VT).text())
        self.pc.type(word)
        echo = "berthpc login: " + as_typed(word)
        wait_until(lambda: f"{echo}: {self.pc.console(HOME_VT).text()}", lambda: re.search(echo, self.pc.console(HOME_VT).text()), CONSOLE_S)
        console, after = self.wait_for_console()
        self.pc.save_screen(f"{name}-typed")
        self.assertRegex(console.text(), echo)
        self.assertNotEqual(before, after, "the screen is another one after typing")
        self.pc.press("ctrl-u")

    def assert_container_gone(self):
        self.assertEqual("", self.pc.text(["podman", "ps", "-q", "--filter", f"name={CONTAINER}"]))
