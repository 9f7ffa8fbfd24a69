"""The host's own seat when something dies, is refused or is not there: nothing runs on blind, and the prompt comes back."""
import json
import signal
import time

from host_seat import UNIT, HostSeatTest
from pc import wait_until
from seat_test import CHECKOUT, CONTAINER, DOWN_S, RESTORE_S, UP_S


class LostSeat(HostSeatTest):
    """What a desktop depends on dies under it."""

    def lose_the_lease(self, name, command, limit_s=RESTORE_S):
        """A desktop that lost the seat runs blind: it ends, the prompt comes back, and it comes up again by itself."""
        self.ensure_seated()
        vt = self.seat("Vt")
        before = self.pc.text(["podman", "inspect", "--format", "{{.Id}}", CONTAINER])
        watcher = self.watch_seat()
        began = time.monotonic()
        self.pc.run(command)
        self.wait_for_state(watcher, "draining", limit_s)
        self.note(f"{name} to the desktop's end begun", time.monotonic() - began)
        self.wait_for_state(watcher, "vacant", DOWN_S)
        self.wait_for_state(watcher, "starting", DOWN_S)
        after = self.pc.text(["podman", "inspect", "--format", "{{.Id}}", CONTAINER])
        self.assertNotEqual(before, after, "another container comes up")
        self.assertEqual("lease-seat", self.seat("LastFailure")[0], "why is still to be read")
        watcher.end(signal.SIGTERM)
        self.pc.run(["berth", "down", "--now"], timeout_s=DOWN_S)
        self.assert_nothing_is_left(name, vt)

    def test_a_killed_bridge_ends_the_desktop_which_comes_up_again(self):
        self.lose_the_lease("seat-bridge-killed", ["systemctl", "kill", "--kill-whom=main", "--signal=KILL", UNIT])

    def test_a_session_that_is_ended_from_outside_ends_the_desktop_which_comes_up_again(self):
        self.ensure_seated()
        self.lose_the_lease("seat-terminated", ["loginctl", "terminate-session", self.session()["Id"]])

    def test_a_restarted_logind_ends_the_desktop_which_comes_up_again(self):
        self.lose_the_lease("seat-logind-restarted", ["systemctl", "restart", "systemd-logind.service"])

    def test_a_bridge_that_hangs_is_ended_by_its_watchdog(self):
        self.lose_the_lease("seat-bridge-stopped", ["systemctl", "kill", "--kill-whom=main", "--signal=STOP", UNIT], 120)

    def test_a_compositor_that_is_stopped_ends_the_desktop_which_comes_up_again(self):
        self.lose_the_lease("seat-compositor-stopped",
                            ["podman", "exec", CONTAINER, "pkill", "-STOP", "-x", "gnome-shell"], 120)

    def test_a_container_that_is_paused_by_hand_leaves_the_screen_and_goes_on_when_it_is_thawed(self):
        self.ensure_seated()
        vt, before = self.seat("Vt"), self.session()["Id"]
        watcher = self.watch_seat()
        self.pc.run(["podman", "pause", CONTAINER])
        self.wait_for_state(watcher, "frozen", RESTORE_S)
        self.assert_login_prompt("seat-paused")
        self.assertIn("goes on", self.pc.text(["berth", "thaw"]))
        self.wait_for_state(watcher, "seated", RESTORE_S)
        watcher.end(signal.SIGTERM)
        self.pc.wait_active_vt(vt, RESTORE_S)
        self.wait_for_panel()
        self.assertEqual(before, self.session()["Id"])
        self.assert_the_session_is_on_the_seat()
        self.assert_the_super_key_shows_the_overview("seat-thawed-overview")

    def test_a_killed_compositor_ends_the_desktop_and_gives_the_prompt_back(self):
        self.ends("seat-compositor-killed", ["podman", "exec", CONTAINER, "pkill", "-KILL", "-x", "gnome-shell"])

    def test_a_container_that_is_stopped_by_hand_gives_the_prompt_back(self):
        self.ends("seat-container-stopped", ["podman", "stop", "--time", "20", CONTAINER])

    def ends(self, name, command):
        """A desktop that goes by itself stays down: who wants it again says so."""
        self.ensure_seated()
        vt = self.seat("Vt")
        watcher = self.watch_seat()
        self.pc.run(command, timeout_s=DOWN_S)
        self.wait_for_state(watcher, "vacant", DOWN_S)
        watcher.end(signal.SIGTERM)
        self.assert_nothing_is_left(name, vt)
        self.assertIn("by itself", self.seat("LastFailure")[2])


class RefusedSeat(HostSeatTest):
    """What a desktop needs is refused, or is not there."""

    def profile(self, name, **changes):
        profile = json.loads((CHECKOUT / "packaging/desktops/gnome.json").read_text())
        profile.update(changes)
        self.pc.run(["sh", "-c", 'mkdir -p /etc/berth/desktops; cat >"/etc/berth/desktops/$0.json"', name],
                    stdin=json.dumps(profile).encode())

    def refused(self, name, desktop, step, *words):
        up = self.pc.run(["berth", "up", desktop, "--mode", "logind"], check=False, timeout_s=UP_S)
        self.assertEqual(1, up.rc, up)
        failure = self.seat("LastFailure")
        self.assertEqual(step, failure[0], failure)
        for word in words:
            self.assertIn(word, failure[2])
            self.assertIn(word, up.err.decode())
        self.assertEqual("vacant", self.seat("State"))
        self.assert_nothing_is_left(name, None)

    def test_a_pam_that_refuses_is_named(self):
        self.pc.rollback("booted")
        self.pc.run(["sh", "-c", "echo closed for repairs > /etc/nologin"])
        self.refused("seat-nologin", "gnome", "await-lease", "PAM refused")

    def test_a_user_whose_account_has_expired_is_refused(self):
        self.pc.rollback("booted")
        self.pc.run(["chage", "--expiredate", "0", "visitor"])
        self.refused("seat-expired", "gnome", "await-lease", "PAM refused")

    def test_a_user_that_the_host_does_not_know_is_named(self):
        self.pc.rollback("booted")
        self.profile("stranger", user={"name": "berth", "uid": 4242, "gid": 4242, "groups": []})
        self.refused("seat-stranger", "stranger", "lease-seat", "4242")

    def test_a_desktop_without_a_system_bus_runs_into_its_time_limit(self):
        self.pc.rollback("booted")
        masked = {"source": "/dev/null", "target": "/etc/systemd/system/dbus.socket", "readonly": True}
        self.profile("no-bus", volumes=[masked],
                     timeouts={"start_s": 30, "end_session_s": 2, "stop_s": 20, "kill_s": 5})
        self.refused("seat-no-bus", "no-bus", "await-session", "took too long")


class OtherSessions(HostSeatTest):
    def test_the_users_session_elsewhere_is_left_alone_and_one_that_lingers_is_in_nobodys_way(self):
        self.ensure_seated()
        lingering = self.session()
        self.pc.run(["systemd-run", "--unit=elsewhere", "--property=PAMName=login", "--property=User=visitor",
                     "--property=StandardInput=tty-fail", "--property=TTYPath=/dev/tty3", "sleep", "infinity"])
        wait_until("the session elsewhere", lambda: "login" in {service for service, _ in self.state_of_sessions()}, RESTORE_S)
        self.assertEqual([lingering["Id"]], self.in_container("ls /run/systemd/sessions").split())
        for file, key in ((f"users/{lingering['User']}", "SESSIONS"), ("seats/seat0", "SESSIONS")):
            self.assertEqual(f"{key}={lingering['Id']}", self.in_container(f"grep ^{key}= /run/systemd/{file}"))
        scope = f"/sys/fs/cgroup/user.slice/user-{lingering['User']}.slice/{lingering['Scope']}/cgroup.procs"
        stays = self.pc.command(["sh", "-c", f"echo $$ >{scope} && echo in && exec sleep infinity"])
        stays.wait_for_line(lambda line: line.strip() == "in", RESTORE_S)
        self.pc.run(["berth", "down"], timeout_s=DOWN_S)
        self.assertEqual("closing", self.state_of_sessions()["berth", lingering["Id"]])
        self.pc.run(["berth", "up", "gnome", "--mode", "logind"], timeout_s=UP_S)
        self.wait_for_panel()
        vt = self.seat("Vt")
        self.assertEqual("yes", self.session()["Active"])
        self.pc.run(["berth", "down"], timeout_s=DOWN_S)
        self.assert_nothing_is_left("seat-lingering", vt)
        self.assertEqual(["berth", "login"], sorted(service for service, _ in self.state_of_sessions()))
        self.assertEqual("active", self.pc.text(["systemctl", "is-active", "elsewhere"]))
        stays.end(signal.SIGKILL)

    def in_container(self, command):
        return self.pc.text(["podman", "exec", CONTAINER, "sh", "-c", command])

    def state_of_sessions(self):
        return {(session["Service"], session["Id"]): session["State"] for session in self.sessions()}
