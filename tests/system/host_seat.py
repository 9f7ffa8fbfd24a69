"""GNOME on Wayland on the host's own logind seat, from a container without privileges."""
import json
import signal
import time

from seat_test import CONSOLE_S, CONTAINER, DOWN_S, DRAWN_S, HOME_VT, RESTORE_S, UP_S, SeatTest

UNIT = "berth-seat@seat0.service"


class HostSeatTest(SeatTest):
    mode = "logind"

    def sessions(self):
        """What the host's logind says of every session that there is."""
        listed = self.pc.text(["loginctl", "list-sessions", "--no-legend"]).splitlines()
        shown = [self.pc.text(["loginctl", "show-session", line.split()[0]]) for line in listed]
        return [dict(line.split("=", 1) for line in text.splitlines() if "=" in line) for text in shown]

    def session(self):
        """The desktop's session; nothing when there is none, or only one whose leader has gone."""
        found = [session for session in self.sessions() if session["Service"] == "berth" and session["State"] != "closing"]
        self.assertLessEqual(len(found), 1)
        return found[0] if found else {}

    def assert_the_session_is_on_the_seat(self):
        """The host's logind has the desktop's session on the seat, and its VT is in front."""
        session = self.session()
        self.assertEqual({"Type": "wayland", "Class": "user", "Active": "yes", "Seat": "seat0", "Service": "berth",
                          "VTNr": str(self.seat("Vt"))},
                         {key: session.get(key) for key in ("Type", "Class", "Active", "Seat", "Service", "VTNr")})
        self.assertEqual(self.seat("Vt"), self.pc.vts()["active"])

    def assert_vt_switches_away_and_back(self):
        """By key and by chvt: the text console, then GNOME again; logind's session follows."""
        vt = self.seat("Vt")
        for away, back in ((lambda: self.pc.press("ctrl-alt-f1"), lambda: self.pc.press(f"ctrl-alt-f{vt}")),
                           (lambda: self.pc.run(["chvt", "1"]), lambda: self.pc.run(["chvt", str(vt)]))):
            away()
            self.pc.wait_active_vt(HOME_VT, DRAWN_S)
            self.wait_for_console()
            self.assertEqual("no", self.session()["Active"])
            back()
            self.pc.wait_active_vt(vt, DRAWN_S)
            self.wait_for_panel()
            self.assertEqual("yes", self.session()["Active"])
        self.assertEqual("seated", self.seat("State"))

    def assert_nothing_is_left(self, name, vt):
        self.assert_container_gone()
        self.assertEqual({}, self.session())
        self.assertNotEqual("active", self.pc.run(["systemctl", "is-active", UNIT], check=False).text.strip())
        self.assert_login_prompt(name, vt)


class HostSeat(HostSeatTest):
    def test_up_takes_the_hosts_own_seat_and_shows_gnome_on_wayland(self):
        self.pc.rollback("booted")
        began = time.monotonic()
        # Nobody names the mode: where there is logind, it is the one.
        self.timed("berth up on the host's seat", lambda: self.pc.run(["berth", "up", "gnome"], timeout_s=UP_S))
        self.assertEqual(("seated", "logind"), (self.seat("State"), self.seat("Mode")))
        picture = self.wait_for_panel()
        self.note("berth up to the panel on the host's seat", time.monotonic() - began)
        self.pc.save_screen("seat-gnome")
        self.assertFalse(picture.is_blank())
        self.assertRegex(self.shell_version(), r"<'\d+\.\d+'>")
        self.assert_the_session_is_on_the_seat()
        self.remember_seated()

    def test_the_container_has_no_privileges_and_can_open_no_screen_and_no_keyboard(self):
        self.ensure_seated()
        [inspected] = json.loads(self.pc.text(["podman", "inspect", CONTAINER]))
        self.assertFalse(inspected["HostConfig"]["Privileged"])
        self.assertNotIn("CAP_SYS_ADMIN", inspected["EffectiveCaps"])
        given = [device["PathOnHost"] for device in inspected["HostConfig"]["Devices"]]
        self.assertEqual([], [path for path in given if "card" in path.split("/")[-1] and "/dri/" in path])
        self.assertEqual([], [path for path in given if path.startswith(("/dev/input", "/dev/tty"))])
        # The container's device rules refuse the card; its input nodes are on a mount that has no devices at all.
        for path, refused in (("/dev/dri/card0", b"Operation not permitted"), ("/dev/input/event0", b"Permission denied")):
            opened = self.pc.run(["podman", "exec", CONTAINER, "sh", "-c", f"test -c {path} && exec cat {path}"], check=False)
            self.assertIn(refused, opened.err, f"{path} as root of the container")

    def test_the_keyboard_reaches_gnome_by_way_of_the_hosts_logind(self):
        self.ensure_seated()
        self.assert_the_super_key_shows_the_overview("seat-overview")

    def test_the_vt_is_switched_away_and_back_by_key_and_by_chvt(self):
        self.ensure_seated()
        self.assert_vt_switches_away_and_back()

    def test_down_closes_the_session_and_gives_the_login_prompt_back(self):
        self.ensure_seated()
        vt = self.seat("Vt")
        self.timed("berth down on the host's seat", lambda: self.pc.run(["berth", "down"], timeout_s=DOWN_S))
        self.assertEqual("vacant", self.seat("State"))
        self.assert_nothing_is_left("seat-down", vt)

    def test_killing_the_init_of_an_unprivileged_desktop_closes_the_session_and_gives_the_prompt_back(self):
        self.ensure_seated()
        vt = self.seat("Vt")
        init = self.pc.text(["podman", "inspect", "--format", "{{.State.Pid}}", CONTAINER])
        watcher = self.watch_seat()
        self.pc.run(["kill", "-KILL", init])
        self.wait_for_state(watcher, "vacant", DOWN_S)
        watcher.end(signal.SIGTERM)
        self.assert_nothing_is_left("seat-killed", vt)
        self.assertNotEqual("", self.seat("LastFailure")[1])
