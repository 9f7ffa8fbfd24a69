"""What kills berthd, its guard or both does not cost the person the keyboard: on the host's seat, and on a terminal of berth's own."""
import re
import time

from host_seat import HostSeatTest
from pc import wait_until
from picture import text_mismatch
from seat_test import CONTAINER, DOWN_S, DRAWN_S, HOME_VT, RESTORE_S, SeatTest

GUARD = "berth-guard@seat0.service"


class Guarded:
    """For classes that are a SeatTest, too."""

    def pid(self, unit):
        return self.pc.text(["systemctl", "show", "--value", "--property=MainPID", unit])

    def init(self):
        return self.pc.text(["podman", "inspect", "--format", "{{.State.Pid}}", CONTAINER])

    def signal_compositor(self, name):
        self.pc.run(["podman", "exec", CONTAINER, "pkill", f"-{name}", "-x", self.compositor])

    def switch_by_chvt(self, number):
        """Milliseconds, by the PC's own clock: chvt(1) waits until the VT is in front."""
        return int(self.pc.text(f"s=$(date +%s%N); timeout 60 chvt {number}; echo $(( ($(date +%s%N) - s) / 1000000 ))"))

    def kill_desktop(self, *others, then="true"):
        """SIGKILL, by one command, to the desktop's init and whoever else is to die with it; then another, whatever comes of it."""
        self.pc.run(f"kill -KILL {self.init()} {' '.join(others)} && {{ {then} || true; }}")

    def wait_for_home(self, what, began):
        self.pc.wait_active_vt(HOME_VT, RESTORE_S)
        self.note(f"{self.subject()}: {what} to the home VT in front", time.monotonic() - began)

    def assert_prompt_is_back(self, what, began, vt, berthd_runs=False):
        """Nobody who would clear the rest away need be there: the terminal is a person's again, and says why if nobody else can."""
        self.wait_for_home(what, began)
        if not berthd_runs:
            self.pc.wait_console_text(HOME_VT, "berthd is not running", RESTORE_S)
            self.pc.press("ret")  # that stands behind the prompt: another one, please
        self.assert_login_prompt(f"{self.mode}-{what.replace(' ', '-')}", vt)

    def wait_until_vacant(self, vt):
        wait_until("a vacant seat", lambda: self.pc.run(["berth", "status", "--json"], check=False).rc == 0 and
                   self.seat("State") == "vacant", DOWN_S)
        self.assert_container_gone()
        self.pc.press("ret")  # behind what was printed meanwhile
        self.assert_login_prompt(f"{self.mode}-cleared", vt)

    def test_a_desktop_that_dies_without_berthd_gives_the_prompt_back(self):
        self.ensure_seated()
        vt = self.seat("Vt")
        self.pc.run(["systemctl", "stop", "berthd.service"])
        self.assertEqual(vt, self.pc.vts()["active"], "the desktop goes on")
        began = time.monotonic()
        self.kill_desktop()
        self.assert_prompt_is_back("dead without berthd", began, vt)
        self.pc.run(["systemctl", "start", "berthd.service"])
        self.wait_until_vacant(vt)
        self.assertIn("while berthd was not running", self.seat("LastFailure")[2])

    def test_berthd_guard_and_desktop_killed_at_once_give_the_prompt_back_though_systemd_starts_anew(self):
        self.ensure_seated()
        vt = self.seat("Vt")
        began = time.monotonic()
        self.kill_desktop(self.pid("berthd.service"), self.pid(GUARD), then="systemctl daemon-reexec")
        self.wait_for_home("all killed at once", began)
        self.wait_until_vacant(vt)

    def test_berthd_started_anew_has_its_desktop_and_its_guard(self):
        self.ensure_seated()
        vt, before, guard = self.seat("Vt"), self.init(), self.pid(GUARD)
        self.pc.run(["systemctl", "restart", "berthd.service"])
        self.assertEqual(("seated", self.mode, vt), tuple(map(self.seat, ("State", "Mode", "Vt"))))
        self.assertEqual(("", before, guard), (self.seat("LastFailure")[2], self.init(), self.pid(GUARD)))
        self.assert_the_super_key_shows_the_overview(f"{self.mode}-anew-overview")
        began = time.monotonic()
        self.kill_desktop()
        self.assert_prompt_is_back("dead under the next berthd", began, vt, berthd_runs=True)
        self.wait_until_vacant(vt)

    def test_a_desktop_that_hangs_is_left_by_restore_tty(self):
        self.ensure_seated()
        vt = self.seat("Vt")
        self.signal_compositor("STOP")
        began = time.monotonic()
        restoring = self.pc.command(["berth", "restore-tty"])
        self.wait_for_home("berth restore-tty on a desktop that hangs", began)
        self.assertEqual(0, restoring.wait(DOWN_S).rc)
        self.wait_until_vacant(vt)


class FrameBufferConsole(SeatTest):
    """The restore and its guard on a kernel with a card, where KD_GRAPHICS has a screen to leave black."""

    def test_two_hundred_killed_owners_and_all_that_they_can_leave_behind_are_restored(self):
        self.ensure_vacant()
        said = self.pc.run(["/usr/local/libexec/berth-test/guard_tests", "--gtest_filter=GuardProgramTest.*:TtyRestoreTest.*:SwitchingTest.*:UnkillableTest.*:MemoryTest.*:CardTest.*"],
                           env={"BERTH_GUARD": "/usr/local/libexec/berth/berth-guard", "BERTH_KILLS": "200"}, timeout_s=600, check=False)
        self.assertEqual(0, said.rc, said.text[-4000:])
        self.assertIn("200 of 200 kills were restored", said.text)
        self.assertNotIn("SKIPPED", said.text)
        took = re.search(r"the screen of a stopped desktop was given back in (\d+) us", said.text)
        self.note("restore of the screen that a stopped desktop draws on, in the PC", int(took[1]) / 1e6)
        self.assert_login_prompt("frame-buffer-console")


class GuardedTerminal(Guarded, SeatTest):
    """Mode vt: nobody but berth looks after this terminal."""

    compositor = "Xorg"

    @classmethod
    def subject(cls):
        return "mode vt"

    def opened_inputs(self):
        """How many input devices the X server has open: it closes them where it is left, and opens them one by one again."""
        return int(self.pc.text("find /proc/$(pgrep -x Xorg)/fd -lname '/dev/input/event*' | wc -l"))

    def test_a_desktop_that_hangs_is_left_by_chvt_and_is_shown_again(self):
        self.ensure_seated()
        vt, before, inputs = self.seat("Vt"), self.init(), self.opened_inputs()
        self.signal_compositor("STOP")
        self.note(f"{self.subject()}: chvt away from a desktop that hangs, in the PC", self.switch_by_chvt(HOME_VT) / 1000)
        self.assertEqual(HOME_VT, self.pc.vts()["active"])
        self.wait_for_console()
        self.pc.save_screen(f"{self.mode}-hung-left")
        self.assertEqual(("seated", before), (self.seat("State"), self.init()), "it was not ended")
        self.signal_compositor("CONT")
        self.pc.wait_active_vt(vt, RESTORE_S)
        self.wait_for_desktop()
        wait_until("the X server to have its keyboard again", lambda: self.opened_inputs() == inputs, DRAWN_S, pause_s=1)
        self.assert_the_super_key_shows_the_overview(f"{self.mode}-hung-overview")
        self.switch_by_chvt(HOME_VT)
        self.wait_for_console()
        self.assertEqual(("seated", before), (self.seat("State"), self.init()))


class GuardedSeat(Guarded, HostSeatTest):
    """Mode logind: whoever is to give the terminal back has to end the session, too."""

    compositor = "gnome-shell"

    @classmethod
    def subject(cls):
        return "mode logind"

    def test_a_desktop_that_hangs_and_was_left_is_not_ended_and_goes_on_when_it_can(self):
        self.ensure_seated()
        vt, before = self.seat("Vt"), (self.init(), self.session()["Id"])
        self.signal_compositor("STOP")
        self.note(f"{self.subject()}: chvt away from a desktop that hangs, in the PC", self.switch_by_chvt(HOME_VT) / 1000)
        self.wait_for_console()
        # The bridge asks twice, then whether the session is in front; in front, it would be ended now.
        wait_until("the bridge to find it silent", lambda: "it is left alone" in self.pc.text(
            ["journalctl", "-b", "--no-pager", "--identifier=berth-seat"]), DRAWN_S)
        self.assertEqual(("seated", *before), (self.seat("State"), self.init(), self.session()["Id"]))
        self.signal_compositor("CONT")
        self.switch_by_chvt(vt)
        self.wait_for_desktop()
        self.assert_the_super_key_shows_the_overview("logind-hung-overview")
        self.assertEqual(("seated", *before), (self.seat("State"), self.init(), self.session()["Id"]))

    def test_a_guard_that_is_killed_comes_back_and_the_desktop_does_not_notice(self):
        self.ensure_seated()
        vt, before, guard = self.seat("Vt"), self.session()["Id"], self.pid(GUARD)
        self.pc.run(["systemctl", "kill", "--kill-whom=main", "--signal=KILL", GUARD])
        wait_until("another guard", lambda: self.pid(GUARD) not in ("0", guard), RESTORE_S)
        self.assertEqual(("seated", before), (self.seat("State"), self.session()["Id"]))
        self.assert_the_super_key_shows_the_overview("guard-killed-overview")
        self.pc.run(["systemctl", "stop", "berthd.service"])
        began = time.monotonic()
        self.kill_desktop()
        self.assert_prompt_is_back("dead under another guard", began, vt)

    def test_a_berthd_that_cannot_start_any_more_costs_nobody_the_keyboard(self):
        self.ensure_seated()
        vt = self.seat("Vt")
        self.pc.run("echo garbage > /usr/local/sbin/berthd.new && chmod 755 /usr/local/sbin/berthd.new && "
                    "mv /usr/local/sbin/berthd.new /usr/local/sbin/berthd")
        self.pc.run(["systemctl", "kill", "--kill-whom=main", "--signal=KILL", "berthd.service"])
        wait_until("systemd to give up", lambda: "failed" == self.pc.text(
            ["systemctl", "show", "--value", "--property=ActiveState", "berthd.service"]), RESTORE_S)
        self.assertEqual(vt, self.pc.vts()["active"], "the desktop goes on")
        self.assert_the_super_key_shows_the_overview("corrupt-berthd-overview")
        began = time.monotonic()
        self.kill_desktop()
        self.assert_prompt_is_back("dead without a berthd that starts", began, vt)

    def test_a_berthd_that_hangs_costs_nobody_the_keyboard(self):
        self.ensure_seated()
        vt = self.seat("Vt")
        self.pc.run(["systemctl", "kill", "--kill-whom=main", "--signal=STOP", "berthd.service"])
        began = time.monotonic()
        self.kill_desktop()
        self.assert_prompt_is_back("dead while berthd hangs", began, vt, berthd_runs=True)
        self.pc.run(["systemctl", "kill", "--kill-whom=main", "--signal=CONT", "berthd.service"])
        self.wait_until_vacant(vt)

    def test_a_strangers_descriptor_on_the_card_leaves_no_black_screen(self):
        self.ensure_seated()
        vt = self.seat("Vt")
        holder = self.pc.command("exec 3<>/dev/dri/card0; echo held; exec sleep infinity")
        holder.wait_for_line(lambda line: line == "held", RESTORE_S)
        began = time.monotonic()
        self.kill_desktop()
        self.assert_prompt_is_back("dead while a stranger has the card", began, vt, berthd_runs=True)
        self.assertIsNone(text_mismatch(self.pc.screen(), self.pc.console(HOME_VT)))
        holder.end()
