#!/usr/bin/env python3
"""A desktop and the end of berthd: what goes on without it, and what the next one makes of it. Real engine, real GNOME image."""
import json
import os
import select
import signal
import subprocess
import unittest

from desktop_case import DesktopTest, load_tests  # noqa: F401  (unittest calls load_tests)
from harness import BUILD, CONTAINER, SEAT


class Exit:
    """A process that is not ours and ends: its pidfd becomes readable."""

    def __init__(self, pid):
        self.descriptor = os.pidfd_open(pid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.descriptor)

    def wait(self, limit):
        readable, _, _ = select.select([self.descriptor], [], [], limit)
        assert readable, f"it did not end in {limit} s"


class ARestart(DesktopTest):
    """Of berthd, with a desktop up."""

    def test_goes_on_without_berthd_and_is_taken_over_by_the_next_one(self):
        self.assertEqual(self.berthd.up().returncode, 0, self.berthd.log())
        for number, status in ((signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)):
            with self.subTest(signal=number.name):
                before, init = self.berthd.seat(), self.berthd.podman.init_pid(CONTAINER)
                self.assertEqual(self.berthd.stop(number), status, self.berthd.log())
                self.assert_session_answers()
                self.berthd.start()
                now = self.berthd.seat()
                # Since is of CLOCK_MONOTONIC, shown as a time of day, which may be set meanwhile.
                self.assertAlmostEqual(now.pop("Since"), before.pop("Since"), delta=1_000_000)
                self.assertEqual(now, before, "every property is as it was")
                self.assertEqual(self.berthd.podman.init_pid(CONTAINER), init)
                self.assert_session_answers()
        self.assertEqual(self.berthd.up().returncode, 1, "the seat is taken")
        with self.berthd.monitor() as monitor:
            os.kill(self.berthd.podman.init_pid(CONTAINER), signal.SIGKILL)
            monitor.wait_for("vacant")
        self.assert_vacant()

    def assert_session_answers(self):
        asked = self.berthd.podman("exec", CONTAINER, "systemctl", "is-active", "user@1000.service")
        self.assertEqual(asked.stdout.strip(), "active", asked.stderr)

    def test_that_reports_by_its_door_is_heard_by_the_next_berthd(self):
        self.assertEqual(self.berthd.up().returncode, 0, self.berthd.log())
        self.berthd.stop(signal.SIGKILL)
        self.berthd.start()
        told = self.berthd.podman("exec", CONTAINER, "busctl", "--address=unix:path=/run/berth/bus", "call", "org.berth.Berth1",
                                  "/org/berth/Berth1/self", "org.berth.Berth1.Self", "Describe")
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn(SEAT, told.stdout)

    def test_of_berthd_in_the_middle_of_a_job_tells_of_its_end(self):
        with subprocess.Popen([BUILD / "client/cli/berth", "--bus", self.berthd.bus, "up", "--seat", SEAT], stderr=subprocess.PIPE,
                              stdout=subprocess.DEVNULL, text=True) as waiting:
            with self.berthd.monitor() as monitor:
                monitor.wait_for("starting")
            self.berthd.stop(signal.SIGKILL)
            self.berthd.start()
            _, said = waiting.communicate(timeout=60)
        self.assertEqual(waiting.returncode, 1)
        self.assertIn("berthd left the bus; waiting for the next one", said)
        self.assertIn("Failed: berthd ended while this was under way", said)
        self.wait_until_vacant()
        self.assertEqual(self.berthd.up().returncode, 0, self.berthd.log())
        ended = [job for job in json.loads(self.berthd.berth("jobs", "--json").stdout) if job["State"] != "running"]
        self.assertEqual([(job["Kind"], job["State"]) for job in ended], [("up", "done"), ("up", "failed")])
        self.assertEqual(len({job["Path"] for job in ended}), 2, "a number is never a job's again")

    def test_that_died_while_there_was_no_berthd_is_cleared_away_by_the_next_one(self):
        self.assertEqual(self.berthd.up().returncode, 0, self.berthd.log())
        init = self.berthd.podman.init_pid(CONTAINER)
        self.berthd.stop(signal.SIGKILL)
        self.assertTrue(self.berthd.podman.exists(CONTAINER), "containers do not die with berthd")
        with Exit(init) as ended:
            os.kill(init, signal.SIGKILL)
            ended.wait(30)
        self.berthd.start()
        self.wait_until_vacant()
        self.assertIn("while berthd was not running", self.failure())

    def test_of_which_the_state_file_is_lost_is_ended(self):
        self.assertEqual(self.berthd.up().returncode, 0, self.berthd.log())
        self.berthd.stop(signal.SIGKILL)
        state = self.berthd.runtime / f"state/{SEAT}.json"
        state.write_bytes(state.read_bytes()[:-20])
        self.berthd.start()
        self.wait_until_vacant()
        self.assertIn("earlier berthd", self.failure())
        self.assertIn(f"state/{SEAT}.json is not believed", self.berthd.log())

    def wait_until_vacant(self):
        with self.berthd.monitor() as monitor:
            if self.berthd.seat()["State"] != "vacant":
                monitor.wait_for("vacant")
        self.assert_vacant()

    def test_that_is_being_started_ends_with_berthd(self):
        with self.berthd.monitor() as monitor:
            up = subprocess.Popen([BUILD / "client/cli/berth", "--bus", self.berthd.bus, "up", "gnome", "--seat", SEAT],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            monitor.wait_for("starting")
            self.assertEqual(self.berthd.stop(), 0, self.berthd.log())
        self.assertNotEqual(up.wait(60), 0)
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main(verbosity=2)
