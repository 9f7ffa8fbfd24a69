"""A desktop on the host's seat when berthd ends, dies, or is upgraded under it: the desktop does not notice."""
import signal
import time

from host_seat import UNIT, HostSeatTest
from pc import wait_until
from seat_test import BOOT_S, CONTAINER, DOWN_S, HOME_VT, RESTORE_S, UP_S

SERVICE = "berthd.service"


class BerthdRestarts(HostSeatTest):
    def what_runs(self):
        """Everything that would be another one if the desktop had been touched."""
        return {"container": self.pc.text(["podman", "inspect", "--format", "{{.Id}} {{.State.Pid}}", CONTAINER]),
                "shell": self.pc.text(["podman", "exec", CONTAINER, "pgrep", "-x", "gnome-shell"]),
                "session": self.session()["Id"],
                "bridge": self.pc.text(["systemctl", "show", "--property=MainPID,ActiveEnterTimestampMonotonic", UNIT])}

    def berthd(self):
        return dict(line.split("=", 1) for line in self.pc.text(
            ["systemctl", "show", SERVICE, "--property=ActiveState,MainPID,NRestarts"]).splitlines())

    def started_anew(self, before):
        """berthd is another process, and has its name on the bus."""
        wait_until("another berthd", lambda: (lambda now: now["ActiveState"] == "active" and now["MainPID"] != before["MainPID"])(
            self.berthd()), RESTORE_S)

    def assert_untouched(self, before, name):
        self.assertEqual(("seated", "logind", "gnome"), tuple(map(self.seat, ("State", "Mode", "Desktop"))))
        self.assertEqual(before, self.what_runs())
        self.assertEqual("", self.seat("LastFailure")[2])
        self.assert_the_session_is_on_the_seat()
        self.assert_the_super_key_shows_the_overview(name)

    def test_a_restart_and_an_upgrade_of_berthd_are_not_noticed_by_the_desktop(self):
        self.ensure_seated()
        running, since = self.what_runs(), self.seat("Since")
        before = self.berthd()
        # As a package manager does: another file under the same name.
        self.pc.run("cp -p /usr/local/sbin/berthd /usr/local/sbin/berthd.new && mv /usr/local/sbin/berthd.new /usr/local/sbin/berthd")
        self.timed("systemctl restart berthd with a desktop up", lambda: self.pc.run(["systemctl", "restart", SERVICE]))
        self.started_anew(before)
        self.assert_untouched(running, "restart-overview")
        self.assertAlmostEqual(since, self.seat("Since"), delta=1_000_000)
        self.assert_vt_switches_away_and_back()
        vt = self.seat("Vt")
        self.pc.run(["berth", "down"], timeout_s=DOWN_S)
        self.assertEqual("vacant", self.seat("State"))
        self.assert_nothing_is_left("restart-down", vt)

    def test_a_killed_berthd_comes_back_to_its_desktop_and_still_looks_after_it(self):
        self.ensure_seated()
        running, before, vt = self.what_runs(), self.berthd(), self.seat("Vt")
        self.pc.run(["systemctl", "kill", "--kill-whom=main", "--signal=KILL", SERVICE])
        self.started_anew(before)
        self.assert_untouched(running, "killed-berthd-overview")
        watcher = self.watch_seat()
        self.pc.run(["podman", "exec", CONTAINER, "pkill", "-KILL", "-x", "gnome-shell"])
        self.wait_for_state(watcher, "vacant", DOWN_S)
        watcher.end(signal.SIGTERM)
        self.assert_nothing_is_left("killed-berthd", vt)

    def test_a_session_that_ends_without_berthd_ends_its_desktop_and_gives_the_prompt_back(self):
        self.ensure_seated()
        vt = self.seat("Vt")
        self.pc.run(["systemctl", "stop", SERVICE])
        self.assertEqual("inactive", self.berthd()["ActiveState"])
        self.assertEqual("yes", self.session()["Active"], "the desktop goes on")
        # It would draw and hear nobody from here on; the guard, which alone is there, ends it.
        self.pc.run(["systemctl", "kill", "--kill-whom=main", "--signal=KILL", UNIT])
        self.pc.wait_active_vt(HOME_VT, RESTORE_S)
        self.pc.wait_console_text(HOME_VT, "berthd is not running", RESTORE_S)
        self.pc.press("ret")  # that stands behind the prompt: another one, please
        self.assert_login_prompt("session-without-berthd", vt)
        self.assertNotEqual("true", self.pc.run(
            ["podman", "inspect", "--format", "{{.State.Running}}", CONTAINER], check=False).text.strip())
        # Whoever works at that terminal by now is not disturbed: another desktop comes when somebody asks for it.
        self.pc.run(["systemctl", "start", SERVICE])
        wait_until("the seat vacant", lambda: self.seat("State") == "vacant", DOWN_S)
        self.assertIn("while berthd was not running", self.seat("LastFailure")[2])
        self.pc.press("ret")  # behind what was printed meanwhile
        self.assert_nothing_is_left("session-before-berthd", vt)


class AtBoot(HostSeatTest):
    """The PC boots into its desktop, as one that shows nothing else does."""

    UNIT = "berth-desktop@seat0.service"

    def test_an_enabled_desktop_is_on_the_screen_after_a_boot_and_its_unit_takes_it_down(self):
        self.pc.rollback("booted")
        self.pc.run(["systemctl", "enable", self.UNIT])
        state = self.timed("reboot to the end of the boot, with a desktop that comes up", lambda: self.pc.reboot(BOOT_S))
        self.assertEqual("running", state)
        wait_until("the desktop seated", lambda: self.seat("State") == "seated", UP_S)
        self.wait_for_panel()
        self.pc.save_screen("at-boot")
        self.assertEqual(("logind", "gnome"), (self.seat("Mode"), self.seat("Desktop")))
        self.assert_the_session_is_on_the_seat()
        self.assert_the_super_key_shows_the_overview("at-boot-overview")
        vt = self.seat("Vt")
        wait_until("berth up ended", lambda: self.pc.text(["systemctl", "show", "--value", "--property=SubState", self.UNIT]) == "exited",
                   RESTORE_S)
        self.pc.run(["systemctl", "stop", self.UNIT], timeout_s=DOWN_S)
        self.assertEqual("vacant", self.seat("State"))
        self.assert_nothing_is_left("at-boot-down", vt)


class HostEnds(HostSeatTest):
    """The last of a story: the PC is off afterwards."""

    def test_the_hosts_shutdown_takes_the_desktop_down_and_ends_in_time(self):
        self.ensure_seated()
        already = len(self.pc.serial())
        began = time.monotonic()
        self.pc.run(["systemctl", "--no-block", "--ignore-inhibitors", "poweroff"])
        self.pc.wait_for_end(DOWN_S)
        self.note("poweroff with a desktop up", time.monotonic() - began)
        said = self.pc.serial()[already:]
        for step in ("seated -> draining", "restoring -> vacant"):
            self.assertIn(step, said)
        self.assertNotIn("the bus is gone", said)
        self.assertNotRegex(said, r"libpod-\S+\.scope: Stopping timed out")
