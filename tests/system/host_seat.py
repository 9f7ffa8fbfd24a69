"""GNOME on Wayland on the host's own logind seat, from a container without privileges."""
import json
import re
import signal
import time

from pc import wait_until
from seat_test import CONTAINER, DOWN_S, DRAWN_S, HOME_VT, OUTPUT, RESTORE_S, UP_S, SeatTest

UNIT = "berth-seat@seat0.service"
# CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP, SYS_CHROOT, SETFCAP: daemon/effects/container_spec.cpp
DESKTOP_CAPABILITIES = sum(1 << bit for bit in (0, 1, 3, 4, 5, 6, 7, 8, 18, 31))


class HostSeatTest(SeatTest):
    mode = "logind"

    @classmethod
    def picture(cls, what):
        """What a picture is called."""
        return f"seat-{what}"

    @classmethod
    def label(cls, figure):
        """What a figure is called."""
        return figure

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
                          "Desktop": self.desktop, "VTNr": str(self.seat("Vt"))},
                         {key: session.get(key) for key in ("Type", "Class", "Active", "Seat", "Service", "Desktop", "VTNr")})
        self.assertEqual(self.seat("Vt"), self.pc.vts()["active"])

    def assert_vt_switches_away_and_back(self):
        """By key and by chvt: the text console, then the desktop again; logind's session follows."""
        vt = self.seat("Vt")
        for away, back in ((lambda: self.pc.press("ctrl-alt-f1"), lambda: self.pc.press(f"ctrl-alt-f{vt}")),
                           (lambda: self.pc.run(["chvt", "1"]), lambda: self.pc.run(["chvt", str(vt)]))):
            away()
            self.pc.wait_active_vt(HOME_VT, DRAWN_S)
            self.wait_for_console()
            self.assertEqual("no", self.session()["Active"])
            back()
            self.pc.wait_active_vt(vt, DRAWN_S)
            self.wait_for_desktop()
            self.assertEqual("yes", self.session()["Active"])
        self.assertEqual("seated", self.seat("State"))

    def assert_nothing_is_left(self, name, vt):
        self.assert_container_gone()
        self.assertEqual({}, self.session())
        self.assertNotEqual("active", self.pc.run(["systemctl", "is-active", UNIT], check=False).text.strip())
        self.assert_login_prompt(name, vt)


class SessionOnTheSeat:
    """What GNOME does on a seat, whichever GNOME it is; for classes that are a HostSeatTest, too."""

    def test_the_volume_keys_change_the_volume(self):
        self.ensure_seated()

        def volume():
            return int(re.search(r"(\d+)%", self.in_session("pactl get-sink-volume @DEFAULT_SINK@")).group(1))
        for key, louder in (("volumedown", False), ("volumeup", True)):
            before = volume()
            self.pc.press(key)
            wait_until(f"another volume than {before}% after the key {key}", lambda: volume() != before, DRAWN_S, pause_s=1)
            self.assertEqual(louder, volume() > before, key)

    def inhibitors(self):
        """What the host's logind is asked by the leader of the desktop's session to wait for, or to leave to it."""
        leader = int(self.pc.text(["systemctl", "show", "--property=MainPID", "--value", UNIT]))
        listed = json.loads(self.busctl("call", "org.freedesktop.login1", "/org/freedesktop/login1",
                                        "org.freedesktop.login1.Manager", "ListInhibitors").text)["data"][0]
        return {(kind, mode) for what, _, _, mode, _, pid in listed if pid == leader for kind in what.split(":")}

    def test_the_desktops_inhibitors_are_the_hosts_logind_and_end_with_it(self):
        self.ensure_seated()
        self.assertLessEqual({("sleep", "delay"), ("handle-power-key", "block")}, self.inhibitors())
        self.assertIn("sleep", json.loads(self.busctl(
            "get-property", "org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager",
            "DelayInhibited").text)["data"].split(":"))
        asked = self.pc.command(["podman", "exec", CONTAINER, "systemd-inhibit", "--what=shutdown", "--mode=delay",
                                 "--who=a test", "sh", "-c", "echo held; exec sleep infinity"])
        asked.wait_for_line(lambda line: line.strip() == "held", RESTORE_S)
        self.assertIn(("shutdown", "delay"), self.inhibitors())
        asked.end(signal.SIGKILL)
        self.pc.run(["berth", "down"], timeout_s=DOWN_S)
        self.assertEqual(set(), self.inhibitors())

    def test_nothing_locks_the_screen(self):
        # The container has no display manager that could let a user in again, so the shell makes no lock, whoever asks.
        self.ensure_seated()
        self.pc.run(["loginctl", "lock-session", self.session()["Id"]])
        self.assertEqual("(false,)", self.in_session(
            "gdbus call --session --dest org.freedesktop.DBus --object-path /org/freedesktop/DBus "
            "--method org.freedesktop.DBus.NameHasOwner org.gnome.Shell.ScreenShield"))
        self.assertEqual("no", self.session()["LockedHint"])
        self.assert_the_super_key_shows_the_overview(self.picture("not-locked"))

    def test_after_a_logout_a_new_session_begins_in_the_same_container(self):
        self.ensure_seated()

        def running():
            return {"container": self.pc.text(["podman", "inspect", "--format", "{{.Id}}", CONTAINER]),
                    "session": self.session()["Id"], "vt": self.seat("Vt")}

        def shell():
            return self.pc.run(["podman", "exec", CONTAINER, "pgrep", "-x", "gnome-shell"], check=False).text.strip()
        before, first = running(), shell()
        began = time.monotonic()
        self.in_session("berth logout-request")
        wait_until("another gnome-shell", lambda: shell() not in ("", first), DRAWN_S, pause_s=1)
        self.wait_for_panel()
        self.note(self.label("logout to the panel of the next session"), time.monotonic() - began)
        self.pc.save_screen(self.picture("logged-in-again"))
        self.assertEqual(before, running())
        self.assertEqual(("seated", "yes"), (self.seat("State"), self.session()["Active"]))
        self.assertRegex(self.shell_version(), r"<'\d+\.\d+'>")
        self.assert_the_super_key_shows_the_overview(self.picture("logged-in-again-overview"))


class HostSeat(SessionOnTheSeat, HostSeatTest):
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
        init = self.pc.text(["podman", "exec", CONTAINER, "grep", "^CapBnd", "/proc/1/status"]).split()[1]
        self.assertEqual(DESKTOP_CAPABILITIES, int(init, 16), f"capabilities(7) of PID 1 are {init}")
        given = [device["PathOnHost"] for device in inspected["HostConfig"]["Devices"]]
        self.assertEqual([], [path for path in given if "card" in path.split("/")[-1] and "/dri/" in path])
        self.assertEqual([], [path for path in given if path.startswith(("/dev/input", "/dev/tty"))])
        # The container's device rules refuse the card; its input nodes are on a mount that has no devices at all.
        for path, refused in (("/dev/dri/card0", b"Operation not permitted"), ("/dev/input/event0", b"Permission denied")):
            opened = self.pc.run(["podman", "exec", CONTAINER, "sh", "-c", f"test -c {path} && exec cat {path}"], check=False)
            self.assertIn(refused, opened.err, f"{path} as root of the container")

    def test_the_compositor_alone_holds_the_screen_and_the_keyboard(self):
        self.ensure_seated()
        init = self.pc.text(["podman", "inspect", "--format", "{{.State.Pid}}", CONTAINER])
        held = self.pc.text(
            f'ns=$(readlink /proc/{init}/ns/pid); for p in /proc/[0-9]*; do [ "$(readlink $p/ns/pid)" = "$ns" ] && '
            'find $p/fd -lname "/dev/*" -printf "$(cat $p/comm) %l\n"; done 2>/dev/null | sort | uniq -c')
        (OUTPUT / "seat-descriptors.txt").write_text(held + "\n")
        holders = {}
        for _, program, node in (line.split(maxsplit=2) for line in held.splitlines()):
            holders.setdefault(node, set()).add(program)
        taken = {node: programs for node, programs in holders.items() if node.startswith(("/dev/dri/card", "/dev/input/"))}
        self.assertIn("/dev/dri/card0", taken)
        self.assertEqual({"gnome-shell"}, set.union(*taken.values()), taken)
        self.assertEqual([], [node for node in holders if node.startswith("/dev/tty")])

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
