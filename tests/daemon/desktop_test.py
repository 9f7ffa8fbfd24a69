#!/usr/bin/env python3
"""berthd, the real engine and the real GNOME image on a headless seat of this machine: up, down, and every failure."""
import json
import os
import signal
import socket
import subprocess
import unittest

from desktop_case import DesktopTest, load_tests  # noqa: F401  (unittest calls load_tests)
from harness import BUILD, CONTAINER, OUT, SEAT, run


class ADesktop(DesktopTest):
    def test_comes_up_answers_and_goes_down_without_a_trace(self):
        up = self.berthd.up()
        self.assertEqual(up.returncode, 0, up.stderr + self.berthd.log())
        seat = self.berthd.seat()
        self.assertEqual((seat["State"], seat["Desktop"], seat["Mode"]), ("seated", "gnome", "headless"))
        self.assertEqual(seat["WaylandDisplay"], "wayland-0")
        self.assertRegex(seat["MachineId"], "^[0-9a-f]{32}$")
        inside = self.berthd.podman("exec", CONTAINER, "cat", "/etc/machine-id").stdout.strip()
        self.assertEqual(inside, seat["MachineId"])
        shot = subprocess.run(["podman", "exec", CONTAINER, "berth", "screenshot", "-"], capture_output=True,
                              timeout=60, env=self.berthd.podman.environment, check=False)
        self.assertEqual(shot.returncode, 0, shot.stderr)
        OUT.mkdir(parents=True, exist_ok=True)
        (OUT / "headless.png").write_bytes(shot.stdout)
        self.assertTrue(shot.stdout.startswith(b"\x89PNG"))
        self.assertGreater(len(shot.stdout), 20_000, "a blank picture compresses to less")
        privileged = self.berthd.podman("inspect", "--format", "{{.HostConfig.Privileged}}", CONTAINER).stdout.strip()
        self.assertEqual(privileged, "false")

        again = self.berthd.up()
        self.assertEqual(again.returncode, 1)
        self.assertIn("SeatBusy", again.stderr)
        self.assertEqual(self.berthd.seat()["State"], "seated")

        down = self.berthd.down()
        self.assertEqual(down.returncode, 0, down.stderr + self.berthd.log())
        self.assert_vacant()
        self.check_the_recording()

    def check_the_recording(self):
        flight = self.berthd.runtime / "flight.jsonl"
        replay = self.berthd.berth("replay", str(flight))
        self.assertEqual(replay.returncode, 0, replay.stdout[-2000:] + replay.stderr)
        (OUT / "headless-flight.jsonl").write_bytes(flight.read_bytes())
        analyze = self.berthd.berth("analyze", "--json", str(flight))
        self.assertEqual(analyze.returncode, 0, analyze.stderr)
        self.assertIn("await-session", analyze.stdout)

    def test_that_dies_is_cleared_away_without_being_asked(self):
        self.assertEqual(self.berthd.up().returncode, 0, self.berthd.log())
        with self.berthd.monitor() as monitor:
            os.kill(self.berthd.podman.init_pid(CONTAINER), signal.SIGKILL)
            monitor.wait_for("vacant")
        self.assert_vacant()
        self.assertIn("by itself", self.failure())

    def test_is_frozen_thawed_and_ended_while_frozen(self):
        self.assertEqual(self.berthd.up().returncode, 0, self.berthd.log())
        path = f"/org/berth/Berth1/seats/{SEAT.replace('-', '_2d')}"
        with self.berthd.monitor() as monitor:
            monitor.wait_for(SEAT, "seated")  # its first line: from here on it hears all
            for job, (method, state) in enumerate((("Freeze", "frozen"), ("Thaw", "seated"), ("Freeze", "frozen")), start=2):
                call = run("busctl", f"--address={self.berthd.bus}", "call", "org.berth.Berth1", path,
                           "org.berth.Berth1.Seat", method)
                self.assertEqual(call.returncode, 0, call.stderr)
                monitor.wait_for(f"job {job}: done")
                self.assertEqual(self.berthd.seat()["State"], state)
        down = self.berthd.down()
        self.assertEqual(down.returncode, 0, down.stderr + self.berthd.log())
        self.assert_vacant()

    def test_is_reseated_in_a_container_anew_with_its_machine_id(self):
        self.assertEqual(self.berthd.up().returncode, 0, self.berthd.log())
        before, machine = self.container_id(), self.berthd.seat()["MachineId"]
        reseat = self.berthd.berth("reseat", "--seat", SEAT)
        self.assertEqual(reseat.returncode, 0, reseat.stderr + self.berthd.log())
        seat = self.berthd.seat()
        self.assertEqual((seat["State"], seat["MachineId"]), ("seated", machine))
        self.assertNotEqual(self.container_id(), before)

    def container_id(self):
        return self.berthd.podman("inspect", "--format", "{{.Id}}", CONTAINER).stdout.strip()

    def test_is_saved_as_an_image_that_comes_up_too(self):
        saved = "localhost/berth-test/saved:now"
        self.addCleanup(self.berthd.podman, "rmi", "-f", saved)
        self.assertEqual(self.berthd.up().returncode, 0, self.berthd.log())
        self.berthd.podman("exec", CONTAINER, "touch", "/etc/of-the-first-desktop")
        with self.berthd.monitor() as monitor:
            call = run("busctl", f"--address={self.berthd.bus}", "call", "org.berth.Berth1",
                       f"/org/berth/Berth1/seats/{SEAT.replace('-', '_2d')}", "org.berth.Berth1.Seat", "Snapshot", "s", saved)
            self.assertEqual(call.returncode, 0, call.stderr)
            job = call.stdout.split('"')[1].rsplit("/", 1)[1]
            self.assertIn("done", monitor.wait_for(f"job {job}", "done", limit=180))
        self.assertEqual(self.berthd.seat()["State"], "seated", "it goes on")
        self.assertEqual(self.berthd.down().returncode, 0, self.berthd.log())
        up = self.berthd.up("gnome", "--image", saved)
        self.assertEqual(up.returncode, 0, up.stderr + self.berthd.log())
        kept = self.berthd.podman("exec", CONTAINER, "test", "-e", "/etc/of-the-first-desktop")
        self.assertEqual(kept.returncode, 0, "what was changed before is in the image")

    def test_that_is_cancelled_while_it_comes_up_leaves_nothing(self):
        with self.berthd.monitor() as monitor:
            up = subprocess.Popen([BUILD / "client/cli/berth", "--bus", self.berthd.bus, "up", "gnome", "--seat", SEAT],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            monitor.wait_for("starting")
            up.send_signal(signal.SIGINT)
            _, errors = up.communicate(timeout=60)
        self.assertEqual(up.returncode, 1, errors)
        self.assert_vacant()
        self.assertIn("ancelled", self.failure())


class AnotherDesktop(DesktopTest):
    """The profiles that are shipped besides GNOME's, with their own images."""

    def profiles(self):
        return {name: {"shipped": name} for name in ("sway", "weston")}

    def comes_up_and_goes_down(self, name):
        up = self.berthd.up(name)
        self.assertEqual(up.returncode, 0, up.stderr + self.berthd.log())
        seat = self.berthd.seat()
        self.assertEqual((seat["State"], seat["Desktop"], seat["Mode"]), ("seated", name, "headless"))
        self.assertRegex(seat["WaylandDisplay"], r"^wayland-\d$")
        down = self.berthd.down()
        self.assertEqual(down.returncode, 0, down.stderr + self.berthd.log())
        self.assertNotIn("kill", down.stdout + down.stderr, "the session ended when it was asked")
        self.assert_vacant()

    def test_sway_comes_up_and_goes_down_without_a_trace(self):
        self.comes_up_and_goes_down("sway")

    def test_weston_comes_up_and_goes_down_without_a_trace(self):
        self.comes_up_and_goes_down("weston")


class AMistake(DesktopTest):
    def profiles(self):
        return {
            "no-image": {"image": "localhost/berth/none:latest"},
            "no-device": {"mode": "vt", "devices": ["/dev/berth-does-not-exist"]},
            "no-network": {"network": "berth-no-such-network"},
        }

    def refused(self, name, *command, user=None):
        before = self.berthd.seat()
        result = self.berthd.berth(*command, user=user)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertIn(name, result.stderr)
        self.assertEqual(self.berthd.seat(), before, "a refused call changes nothing")
        return result.stderr

    def test_in_a_call_is_named_and_changes_nothing(self):
        self.refused("NoSuchSeat", "up", "gnome", "--seat", "seat9")
        self.assertIn("gnome", self.refused("BadProfile", "up", "no-such-desktop", "--seat", SEAT))
        self.assertIn("/dev/berth-does-not-exist", self.refused("BadProfile", "up", "no-device", "--seat", SEAT))
        self.refused("NotAuthorized", "up", "gnome", "--seat", SEAT, user=65534)
        usage = self.berthd.berth("up", "gnome", "--no-such-option")
        self.assertEqual(usage.returncode, 2, usage.stderr)

    def test_in_a_profile_is_told_with_file_line_and_key(self):
        path = self.berthd.config / "desktops/broken.json"
        path.write_text('{\n  "image": "x",\n  "display": {"width": "wide", "height": 720}\n}\n')
        told = self.refused("BadProfile", "up", "broken", "--seat", SEAT)
        self.assertIn("broken.json:3", told)
        self.assertIn("width", told)
        path.write_text('{\n  "image": "x",,\n}\n')
        self.assertIn("broken.json:2", self.refused("BadProfile", "up", "broken", "--seat", SEAT))

    def test_in_the_images_name_fails_the_job_and_says_the_step(self):
        up = self.berthd.up("no-image")
        self.assertEqual(up.returncode, 1)
        self.assertIn("ImageNotFound", up.stderr)
        self.assert_vacant()
        self.assertIn("check-image", self.failure())

    def test_in_the_networks_name_fails_the_job_and_names_the_key(self):
        up = self.berthd.up("no-network")
        self.assertEqual(up.returncode, 1)
        self.assertIn("berth-no-such-network", up.stderr)
        self.assertIn('key "network"', up.stderr)
        self.assert_vacant()

    def test_of_an_engine_that_is_not_there_is_named(self):
        self.berthd.stop()
        self.berthd.arguments = ("--engine", "docker", "--engine-socket", "/run/berth-no-such-engine.sock")
        self.berthd.start()
        up = self.berthd.up()
        self.assertEqual(up.returncode, 1)
        self.assertIn("EngineUnavailable", up.stderr)
        self.assertEqual(self.berthd.seat()["State"], "vacant")

    def test_of_an_engine_that_answers_late_is_forgiven(self):
        """As at a boot under load: its socket is there, and for a while nobody answers on it."""
        path = self.berthd.folder / "engine.sock"
        self.berthd.stop()
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))
            listening.listen()
            self.berthd.arguments = ("--engine", "podman", "--engine-socket", str(path))
            self.berthd.start()
            self.assertIn("no engine answers", self.berthd.berth("status").stdout)
            service = subprocess.Popen(
                ["sh", "-c", f"exec 3<&{listening.fileno()}; export LISTEN_FDS=1 LISTEN_PID=$$; "
                 "exec podman system service --time 0"],
                pass_fds=[listening.fileno()], env=self.berthd.podman.environment)
            self.addCleanup(service.wait)
            self.addCleanup(service.terminate)
            with self.berthd.monitor() as monitor:
                up = self.berthd.up()
                self.assertEqual(up.returncode, 0, up.stderr + self.berthd.log())
                if "no engine answers" in self.berthd.berth("status").stdout:
                    monitor.wait_for("Engine=podman")
            self.assertRegex(self.berthd.berth("status").stdout, r"podman \d")
            self.assertEqual(self.berthd.down().returncode, 0)


class AnImageThatIsNotADesktop(DesktopTest):
    """Images made on the spot from a static busybox: one without systemd, one whose init ends, one that says nothing."""

    def profiles(self):
        return {name: {"image": f"localhost/berth-test/{name}:latest",
                       "timeouts": {"start_s": 3, "end_session_s": 1, "stop_s": 2, "kill_s": 5}}
                for name in ("without-systemd", "ends-at-once", "silent")}

    def make(self, name, init):
        root = self.berthd.folder / name
        (root / "bin").mkdir(parents=True)
        (root / "sbin").mkdir()
        busybox = run("sh", "-c", "command -v busybox").stdout.strip()
        if not busybox:
            self.skipTest("busybox-static is not installed")
        for tool in ("sh", "sleep", "tail"):
            run("cp", busybox, str(root / "bin" / tool))
        (root / "sbin/init").write_text(f"#!/bin/sh\n{init}\n")
        (root / "sbin/init").chmod(0o755)
        if name != "without-systemd":
            (root / "usr/lib/systemd").mkdir(parents=True)
            (root / "usr/lib/systemd/systemd").symlink_to("/sbin/init")
        tar = self.berthd.folder / f"{name}.tar"
        run("tar", "-C", str(root), "-cf", str(tar), ".")
        image = f"localhost/berth-test/{name}:latest"
        imported = self.berthd.podman("import", str(tar), image)
        self.assertEqual(imported.returncode, 0, imported.stderr)
        self.addCleanup(self.berthd.podman, "rmi", "-f", image)

    def test_for_lack_of_systemd_is_refused_before_it_starts(self):
        self.make("without-systemd", "exec tail -f /dev/null")
        up = self.berthd.up("without-systemd")
        self.assertEqual(up.returncode, 1)
        self.assertIn("BadProfile", up.stderr)
        self.assertIn("systemd", up.stderr)
        self.assert_vacant()

    def test_whose_shell_never_answers_runs_into_its_time_limit(self):
        self.make("silent", "exec tail -f /dev/null")
        up = self.berthd.up("silent")
        self.assertEqual(up.returncode, 1)
        self.assertIn("TimedOut", up.stderr)
        self.assert_vacant()
        self.assertIn("await-session", self.failure())

    def test_that_ends_three_times_in_a_minute_holds_the_seat_until_it_is_released(self):
        self.make("ends-at-once", "exit 3")
        for _ in range(3):
            self.assertEqual(self.berthd.up("ends-at-once").returncode, 1)
            self.assert_nothing_left()
        self.assertEqual(self.berthd.seat()["State"], "held")
        fourth = self.berthd.up("ends-at-once")
        self.assertEqual(fourth.returncode, 1)
        self.assertIn("SeatBusy", fourth.stderr)
        self.assertIn("held", fourth.stderr)
        self.assertEqual(self.berthd.down().returncode, 0)
        self.assertEqual(self.berthd.seat()["State"], "vacant")


class OtherClients(DesktopTest):
    def test_busctl_and_gdbus_see_the_documented_api(self):
        tree = run("busctl", f"--address={self.berthd.bus}", "tree", "--list", "org.berth.Berth1")
        self.assertIn("/org/berth/Berth1/seats/test", tree.stdout)
        managed = run("gdbus", "call", "--address", self.berthd.bus, "--dest", "org.berth.Berth1", "--object-path",
                      "/org/berth/Berth1", "--method", "org.freedesktop.DBus.ObjectManager.GetManagedObjects")
        self.assertEqual(managed.returncode, 0, managed.stderr)
        self.assertIn("org.berth.Berth1.Seat", managed.stdout)
        self.assertIn("vacant", managed.stdout)

    def test_status_is_readable_json_for_any_user(self):
        status = self.berthd.berth("status", "--json", user=65534)
        self.assertEqual(status.returncode, 0, status.stderr)
        self.assertEqual(json.loads(status.stdout)["seats"][0]["Name"], SEAT)


if __name__ == "__main__":
    unittest.main(verbosity=2)
