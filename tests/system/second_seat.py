"""Two desktops at once: a second seat with a card, a keyboard and a tablet of its own, beside seat0."""
import json
import signal
import time

from pc import wait_until
from picture import panel_mismatch
from plugging import PluggingTest
from seat_test import BUS_NAME, DOWN_S, DRAWN_S, ROOT_PATH, UP_S, SeatTest

# Where a seat's screen and keyboard are in QEMU.
SCREENS = {"seat0": "screen", "seat1": "screen2"}
# Two desktops share two emulated cores.
BOTH_S = 2 * UP_S


def path_of(seat):
    return f"{ROOT_PATH}/seats/{seat}"


def container_of(seat):
    return f"berth-{seat}"


class SecondSeat(PluggingTest):
    mode = "logind"

    # ---- berthd and logind ----

    def of(self, seat, name):
        """A property of a seat."""
        return json.loads(self.busctl("get-property", BUS_NAME, path_of(seat), f"{BUS_NAME}.Seat", name).text)["data"]

    def seats(self):
        return {seat["Name"]: seat for seat in json.loads(self.pc.text(["berth", "status", "--json"]))["seats"]}

    def sessions(self, seat):
        """What logind says of the desktops' sessions on a seat."""
        listed = self.pc.text(["loginctl", "list-sessions", "--no-legend"]).splitlines()
        shown = [self.pc.text(["loginctl", "show-session", line.split()[0]]) for line in listed]
        every = [dict(line.split("=", 1) for line in text.splitlines() if "=" in line) for text in shown]
        return [session for session in every
                if session.get("Seat") == seat and session["Service"] == "berth" and session["State"] != "closing"]

    def watch_all(self):
        """`gdbus monitor` on every object of berthd, which has begun to listen."""
        watcher = self.pc.command(["gdbus", "monitor", "--system", "--dest", BUS_NAME])
        watcher.wait_for_line(lambda line: "is owned by" in line, 60)
        return watcher

    def wait_for_signal(self, watcher, *words):
        watcher.wait_for_line(lambda line: all(word in line for word in words), DOWN_S)

    def attach(self):
        """Makes seat1 of the second card and of the hub with the second keyboard, as a person does."""
        card = self.pc.text("for card in /sys/class/drm/card?; do"
                            " case $(readlink $card/device/driver) in */bochs-drm) readlink -f $card;; esac; done")
        hub = self.pc.text("dirname $(grep -l 'QEMU USB Hub' /sys/bus/usb/devices/*/product)")
        watcher = self.watch_all()
        self.pc.run(["loginctl", "attach", "seat1", card, hub])
        self.look_at_rules(f"udevadm trigger --action=change {card} && udevadm trigger --action=change --parent-match={hub}")
        self.wait_for_signal(watcher, "InterfacesAdded", path_of("seat1"))
        self.pc.run(["udevadm", "settle"])
        wait_until("the devices of seat1", lambda: self.own_nodes("seat1") >= {"card", "event"}, 60)
        watcher.end(signal.SIGTERM)

    def look_at_rules(self, trigger="udevadm trigger --action=change --subsystem-match=drm --subsystem-match=input"):
        """logind triggers events right after it wrote rules, and udevd looks for new ones once in three seconds: that may be too early."""
        self.pc.run(f"udevadm control --reload && {trigger}")

    def own_nodes(self, seat):
        return {kind for kind in ("card", "event", "renderD") if any(f"/{kind}" in node for node in self.of(seat, "Devices"))}

    # ---- where a test begins ----

    def ensure_attached(self):
        if "attached" in SeatTest.checkpoints:
            self.pc.rollback("attached")
            return
        self.pc.rollback("booted")
        self.attach()
        self.remember("attached")

    def ensure_both(self):
        if "both" in SeatTest.checkpoints:
            self.pc.rollback("both")
            return
        self.ensure_attached()
        for seat in ("seat0", "seat1"):
            self.timed(f"berth up on {seat}", lambda seat=seat: self.pc.run(
                ["berth", "up", "gnome", "--seat", seat], timeout_s=BOTH_S))
            self.wait_for_panel_on(seat)
        self.note("memory in use with two desktops", int(self.pc.text("free -m | awk '/^Mem:/ {print $3}'")), "MiB")
        self.remember("both")

    def remember(self, name):
        self.pc.checkpoint(name)
        SeatTest.checkpoints.add(name)

    # ---- what is to be seen ----

    def wait_for_panel_on(self, seat):
        seen = {}

        def look():
            seen["picture"] = self.pc.screen(SCREENS[seat])
            seen["why"] = panel_mismatch(seen["picture"])
            return seen["why"] is None
        wait_until(lambda: f"GNOME's panel on the screen of {seat}: {seen.get('why')}", look, DRAWN_S, pause_s=1)
        return seen["picture"]

    def lower_half(self, seat):
        """The clock in the panel may change by itself; the lower half of an idle desktop does not."""
        picture = self.pc.screen(SCREENS[seat])
        return picture.pixels(top=picture.height // 2)

    def assert_runs_untouched(self, seat, session, init):
        """The desktop of a seat is the one that it was, is drawn, and takes keys."""
        self.assertEqual("seated", self.of(seat, "State"))
        self.assertEqual(init, self.init_of(seat))
        [now] = self.sessions(seat)
        self.assertEqual((session["Id"], "yes"), (now["Id"], now["Active"]))
        self.assert_key_is_seen_on(seat)

    def settled(self, seat):
        """The lower half of a screen once it does not change any more."""
        seen = []

        def rests():
            seen.append(self.lower_half(seat))
            return len(seen) > 1 and seen[-1] == seen[-2]
        wait_until(f"the screen of {seat} at rest", rests, DRAWN_S, pause_s=3)
        return seen[-1]

    def assert_key_is_seen_on(self, seat, and_not_on=None):
        before = self.settled(seat)
        other = self.settled(and_not_on) if and_not_on else None
        self.pc.press("meta_l", device=SCREENS[seat])
        wait_until(f"the overview on {seat} after a press of its Super key",
                   lambda: self.lower_half(seat) != before, DRAWN_S, pause_s=1)
        if and_not_on:
            self.settled(seat)
            self.pc.save_screen(f"key-{seat}", SCREENS[seat])
            self.pc.save_screen(f"key-{seat}-other", SCREENS[and_not_on])
            self.assertEqual(other, self.lower_half(and_not_on), f"a key of {seat} is not for {and_not_on}")

    def init_of(self, seat):
        return self.pc.text(["podman", "inspect", "--format", "{{.State.Pid}}", container_of(seat)])

    def assert_nothing_is_left_on(self, seat):
        self.assertEqual("", self.pc.text(["podman", "ps", "-aq", "--filter", f"name={container_of(seat)}"]))
        self.assertEqual([], self.sessions(seat))
        self.assertNotEqual("active",
                            self.pc.run(["systemctl", "is-active", f"berth-seat@{seat}.service"], check=False).text.strip())

    # ---- tests ----

    def test_a_seat_that_is_attached_appears_and_one_that_is_detached_goes(self):
        self.pc.rollback("booted")
        self.assertEqual({"seat0"}, set(self.seats()))
        self.attach()
        self.remember("attached")
        self.assertEqual({"seat0": "vacant", "seat1": "vacant"}, {name: seat["State"] for name, seat in self.seats().items()})
        seen = {}

        def each_is_on_one_seat():
            # Two questions, between which a device may have moved from the one seat to the other.
            seen.update({seat: set(self.of(seat, "Devices")) for seat in SCREENS})
            return not seen["seat0"] & seen["seat1"]
        wait_until(lambda: f"every device on one seat alone: {seen}", each_is_on_one_seat, 60)
        self.assertEqual(2, len([node for node in seen["seat0"] | seen["seat1"] if "/dev/dri/card" in node]))
        watcher = self.watch_all()
        self.pc.run(["loginctl", "flush-devices"])
        self.look_at_rules()
        self.wait_for_signal(watcher, "InterfacesRemoved", path_of("seat1"))
        self.assertEqual({"seat0"}, set(self.seats()))
        watcher.end(signal.SIGTERM)

    def test_a_seat_without_virtual_terminals_refuses_mode_vt_by_name(self):
        self.ensure_attached()
        refused = self.pc.run(["berth", "up", "gnome", "--seat", "seat1", "--mode", "vt"], check=False)
        self.assertEqual(1, refused.rc)
        self.assertIn(b"VtUnavailable", refused.err)
        self.assertIn(b"seat1 has no virtual terminals", refused.err)
        self.assertEqual("vacant", self.of("seat1", "State"))

    def test_two_seats_show_two_desktops_at_once(self):
        began = time.monotonic()
        self.ensure_both()
        self.note("both desktops drawn", time.monotonic() - began)
        for seat, screen in SCREENS.items():
            picture = self.wait_for_panel_on(seat)
            self.assertFalse(picture.is_blank())
            self.pc.save_screen(f"both-{seat}", screen)
            self.assertEqual(("seated", "logind"), (self.of(seat, "State"), self.of(seat, "Mode")))
            [session] = self.sessions(seat)
            self.assertEqual({"Type": "wayland", "Class": "user", "Active": "yes", "VTNr": str(self.of(seat, "Vt"))},
                             {key: session.get(key) for key in ("Type", "Class", "Active", "VTNr")})
        self.assertEqual(0, self.of("seat1", "Vt"), "seat0 alone has terminals")
        self.assertNotEqual(self.of("seat0", "RuntimeDirectory"), self.of("seat1", "RuntimeDirectory"))

    def test_a_container_of_a_seat_is_given_its_own_nodes_and_no_terminal(self):
        self.ensure_both()
        for seat in SCREENS:
            [inspected] = json.loads(self.pc.text(["podman", "inspect", container_of(seat)]))
            self.assertFalse(inspected["HostConfig"]["Privileged"])
            given = {device["PathOnHost"] for device in inspected["HostConfig"]["Devices"]}
            self.assertLessEqual(given, set(self.of(seat, "Devices")))
            self.assertEqual([], [path for path in given if "/dri/card" in path or path.startswith(("/dev/input", "/dev/tty"))])

    def test_a_key_of_one_seat_changes_its_screen_and_no_other(self):
        self.ensure_both()
        self.assert_key_is_seen_on("seat1", and_not_on="seat0")
        self.assert_key_is_seen_on("seat0", and_not_on="seat1")

    def test_each_desktop_hears_of_what_is_plugged_into_its_own_seat_alone(self):
        self.ensure_both()
        monitors = {seat: self.hears_udev(container_of(seat)) for seat in SCREENS}
        # Port 3 is the hub of seat1. Each keyboard is told to its own desktop before the next is plugged in, so that a desktop
        # that was told of another's has been by the time it hears of the last.
        nodes = {}
        for name, seat, port in (("first", "seat1", "3.3"), ("second", "seat0", "5"), ("third", "seat1", "3.4")):
            self.plug_keyboard(name, port, SCREENS[seat])
            nodes[name] = self.node_that_came(monitors[seat], but=nodes.values())
        told = {seat: {node for node in nodes.values() if f"DEVNAME={node}\n".encode() in monitor.out}
                for seat, monitor in monitors.items()}
        self.assertEqual({"seat0": {nodes["second"]}, "seat1": {nodes["first"], nodes["third"]}}, told)
        namespaces = {self.pc.text(["readlink", f"/proc/{pid}/ns/net"]) for pid in (1, *map(self.init_of, SCREENS))}
        self.assertEqual(3, len(namespaces), "the host's, and one a desktop")

    def test_down_of_one_seat_leaves_the_other_alone(self):
        self.ensure_both()
        [session], init = self.sessions("seat0"), self.init_of("seat0")
        self.pc.run(["berth", "down", "--seat", "seat1"], timeout_s=DOWN_S)
        self.assertEqual("vacant", self.of("seat1", "State"))
        self.assert_nothing_is_left_on("seat1")
        self.assert_runs_untouched("seat0", session, init)

    def test_killing_one_desktop_leaves_the_other_alone(self):
        self.ensure_both()
        [session], init = self.sessions("seat0"), self.init_of("seat0")
        watcher = self.watch_all()
        self.pc.run(["kill", "-KILL", self.init_of("seat1")])
        self.wait_for_signal(watcher, path_of("seat1"), ".StateChanged", "'vacant'")
        watcher.end(signal.SIGTERM)
        self.assertNotEqual("", self.of("seat1", "LastFailure")[2])
        self.assert_nothing_is_left_on("seat1")
        self.assert_runs_untouched("seat0", session, init)

    def test_a_seat_that_logind_removes_ends_its_desktop_and_goes(self):
        self.ensure_both()
        [session], init = self.sessions("seat0"), self.init_of("seat0")
        watcher = self.watch_all()
        self.pc.run("rm /etc/udev/rules.d/72-seat-drm-*.rules")
        self.look_at_rules("udevadm trigger --action=change --subsystem-match=drm && udevadm settle")
        self.wait_for_signal(watcher, path_of("seat1"), "LastFailure", "logind removed seat seat1")
        self.wait_for_signal(watcher, "InterfacesRemoved", path_of("seat1"))
        watcher.end(signal.SIGTERM)
        self.assertEqual({"seat0"}, set(self.seats()))
        self.assert_nothing_is_left_on("seat1")
        self.assert_runs_untouched("seat0", session, init)
