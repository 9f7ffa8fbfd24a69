"""Desktops that are not GNOME on the host's own logind seat: sway and Weston, which ask logind by way of libseat."""
import signal

from host_seat import HostSeatTest
from pc import wait_until
from picture import PANEL_HEIGHT, plain_desktop_mismatch
from plugging import PluggingTest
from seat_test import CONTAINER, DOWN_S, DRAWN_S, UP_S, as_typed

# In the images' own configurations: sway/config, weston.ini and foot.ini.
BACKGROUND, TERMINAL, CURSOR = (0x1c, 0x4f, 0x72), (0x1d, 0x24, 0x33), (0xe6, 0xe6, 0xe6)
TYPED_S = 120


class OtherDesktop(HostSeatTest, PluggingTest):
    """One desktop; each test begins where the first one had brought it up."""

    desktop = None

    @classmethod
    def checkpoint(cls):
        return cls.desktop

    def wait_for_desktop(self):
        """Waits until the compositor's bar and its background, and nothing else, are on the screen."""
        seen = {}

        def look():
            seen["picture"] = self.pc.screen()
            seen["why"] = plain_desktop_mismatch(seen["picture"], BACKGROUND)
            return seen["why"] is None
        wait_until(lambda: f"{self.desktop} on the screen: {seen.get('why')}", look, DRAWN_S, pause_s=1)
        return seen["picture"]

    def check_up(self):
        self.pc.rollback("booted")
        # Nobody names the mode: where there is logind, it is the one.
        self.timed(f"berth up {self.desktop}", lambda: self.pc.run(["berth", "up", self.desktop], timeout_s=UP_S))
        self.assertEqual(("seated", "logind"), (self.seat("State"), self.seat("Mode")))
        self.wait_for_desktop()
        self.pc.save_screen(f"other-{self.desktop}")
        self.assert_the_session_is_on_the_seat()
        self.assertEqual("", self.pc.text(["podman", "exec", CONTAINER, "systemctl", "--failed", "--plain", "--no-legend"]))
        self.assertEqual("false", self.pc.text(["podman", "inspect", "--format", "{{.HostConfig.Privileged}}", CONTAINER]))
        self.remember_seated()

    def check_keyboard(self):
        self.ensure_seated()
        self.type_a_line()

    def check_plugged_keyboard(self):
        self.ensure_seated()
        self.assert_a_plugged_keyboard_types(self.desktop, self.type_a_line)

    def type_a_line(self):
        """Opens a terminal, types a line on the emulated keyboard, and reads what the program in it was given."""
        terminal = self.pc.command(
            ["podman", "exec", "--user", "1000", "-e", "XDG_RUNTIME_DIR=/run/user/1000",
             "-e", f"WAYLAND_DISPLAY={self.seat('WaylandDisplay')}", CONTAINER, "foot", "sh", "-c",
             'rm -f /tmp/typed; echo "Type:"; read -r line; echo "$line" >/tmp/typed; read -r _'])

        def drawn():
            below = self.pc.screen().colours(top=PANEL_HEIGHT * 2)
            return below[TERMINAL] > sum(below.values()) // 8

        def focused():
            return self.pc.screen().colours(top=PANEL_HEIGHT * 2)[CURSOR] > 110
        wait_until("a terminal's window", drawn, DRAWN_S, pause_s=1)
        # sway gives a window its keyboard and the keymap when a first key is pressed, and the terminal takes none before it has
        # them: so one that types nothing. The terminal's cursor is then a full block of 8 x 17 pixels, a frame until then.
        self.pc.press("shift")
        wait_until("the cursor of a terminal that has the keyboard", focused, DRAWN_S, pause_s=1)
        word = "berth"
        self.pc.type(word + "\n")
        wait_until("the line that was typed",
                   lambda: self.pc.run(["podman", "exec", CONTAINER, "test", "-s", "/tmp/typed"], check=False).rc == 0, TYPED_S)
        self.pc.save_screen(f"other-{self.desktop}-typed")
        self.assertRegex(self.pc.text(["podman", "exec", CONTAINER, "cat", "/tmp/typed"]), f"^{as_typed(word)}$")
        self.pc.type("\n")
        self.assertEqual(0, terminal.wait(TYPED_S).rc)
        self.wait_for_desktop()

    def check_vt_switch(self):
        self.ensure_seated()
        self.assert_vt_switches_away_and_back()

    def check_down(self):
        self.ensure_seated()
        vt = self.seat("Vt")
        self.timed(f"berth down {self.desktop}", lambda: self.pc.run(["berth", "down"], timeout_s=DOWN_S))
        self.assertEqual("vacant", self.seat("State"))
        self.assert_nothing_is_left(f"other-{self.desktop}-down", vt)


class Sway(OtherDesktop):
    desktop = "sway"

    def test_sway_comes_up_on_the_hosts_own_seat_by_way_of_libseat(self):
        self.check_up()

    def test_the_keyboard_reaches_a_terminal_in_sway(self):
        self.check_keyboard()

    def test_a_keyboard_that_is_plugged_in_types_into_a_terminal_in_sway(self):
        self.check_plugged_keyboard()

    def test_the_vt_is_switched_away_from_sway_and_back_by_key_and_by_chvt(self):
        self.check_vt_switch()

    def test_a_crash_of_sway_gives_the_login_prompt_back(self):
        self.ensure_seated()
        vt = self.seat("Vt")
        watcher = self.watch_seat()
        self.pc.run(["podman", "exec", CONTAINER, "pkill", "-KILL", "-x", self.desktop])
        self.wait_for_state(watcher, "vacant", DOWN_S)
        watcher.end(signal.SIGTERM)
        self.assert_nothing_is_left(f"other-{self.desktop}-killed", vt)
        self.assertNotEqual("", self.seat("LastFailure")[1])

    def test_down_ends_sway_and_gives_the_login_prompt_back(self):
        self.check_down()


class Weston(OtherDesktop):
    desktop = "weston"

    def test_weston_comes_up_on_the_hosts_own_seat_by_way_of_libseat(self):
        self.check_up()

    def test_the_keyboard_reaches_a_terminal_in_weston(self):
        self.check_keyboard()

    def test_a_keyboard_that_is_plugged_in_types_into_a_terminal_in_weston(self):
        self.check_plugged_keyboard()

    def test_the_vt_is_switched_away_from_weston_and_back_by_key_and_by_chvt(self):
        self.check_vt_switch()

    def test_down_ends_weston_and_gives_the_login_prompt_back(self):
        self.check_down()
