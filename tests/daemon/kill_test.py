#!/usr/bin/env python3
"""berthd killed before one of its system calls, anywhere between `berth up` and the end of `berth down`: the next berthd either has
the desktop or has cleared it away, and can bring one up and down. Real engine, real GNOME image.

BERTH_KILL_POINTS says at how many places, evenly spread over all of them; 0 is every one (hours).
"""
import os
import re
import signal
import subprocess
import unittest

from desktop_case import DesktopTest, load_tests  # noqa: F401  (unittest calls load_tests)
from harness import BUILD, CONTAINER, SEAT

POINTS = int(os.environ.get("BERTH_KILL_POINTS", "6"))
REST = ("vacant", "seated", "held")
CALL = re.compile(r"^(?:\d+\s+)?([a-z_0-9]+)\(")


class KilledAnywhere(DesktopTest):
    def setUp(self):
        super().setUp()
        self.berthd.stop()  # each round has one of its own

    def traced(self, *options):
        """Starts berthd under strace, which follows no child: what berthd starts goes on when it is killed."""
        self.berthd.start(under=["strace", *options])

    def calls(self):
        """The system calls that berthd has begun so far, by name."""
        return [found[1] for line in (self.berthd.folder / "trace").read_text(errors="replace").splitlines()
                if (found := CALL.match(line))]

    def sweep(self):
        """Every place as (name, how many of that name came before it and it), from the request for a desktop to its end."""
        self.traced("-o", str(self.berthd.folder / "trace"))
        begin = len(self.calls())
        self.assertEqual(self.berthd.up().returncode, 0, self.berthd.log())
        self.assertEqual(self.berthd.down().returncode, 0, self.berthd.log())
        calls = self.calls()
        self.berthd.stop_traced()
        counts, places = {}, []
        for position, name in enumerate(calls):
            counts[name] = counts.get(name, 0) + 1
            if position >= begin:
                places.append((name, counts[name]))
        return places

    def comes_to_rest(self):
        with self.berthd.monitor() as monitor:
            monitor.wait_until(lambda: self.berthd.seat()["State"] in REST and not self.berthd.jobs())
        return self.berthd.seat()

    def killed_at(self, name, number):
        """Whether berthd died of it: with other timing it may make fewer calls of that name."""
        self.traced("-qq", "-o", "/dev/null", "-e", f"trace={name}", "-e", f"inject={name}:signal=KILL:when={number}")
        for verb in ("up", "down"):
            done = subprocess.run([BUILD / "client/cli/berth", "--bus", self.berthd.bus, verb, *(["gnome"] if verb == "up" else []),
                                   "--seat", SEAT], capture_output=True, text=True, timeout=180, check=False)
            if done.returncode != 0:
                self.assertEqual(self.berthd.daemon.wait(30), -signal.SIGKILL, done.stderr)
                break
        died = self.berthd.daemon.poll() is not None
        if not died:
            self.berthd.stop_traced()
        return died

    def test_costs_no_desktop_and_leaves_nothing_behind(self):
        places = self.sweep()
        self.assertGreater(len(places), 500, "what was traced is no bring-up")
        count = POINTS or len(places)
        hits = 0
        for index in range(count):
            name, number = places[(2 * index + 1) * len(places) // (2 * count)]
            with self.subTest(call=f"{name} {number}"):
                hits += self.killed_at(name, number)
                self.berthd.start()
                seat = self.comes_to_rest()
                self.assertIn(seat["State"], ("vacant", "seated"), self.berthd.log())
                self.assertEqual(self.berthd.podman.exists(CONTAINER), seat["State"] == "seated")
                if seat["State"] == "seated":
                    self.assertGreater(self.berthd.podman.init_pid(CONTAINER), 0)
                self.assertEqual(self.berthd.down().returncode, 0, self.berthd.log())
                self.assert_vacant()
                self.assertEqual(self.berthd.stop(signal.SIGTERM), 0)
                print(f"killed before {name} {number}: {seat['State']}", flush=True)
        self.assertGreaterEqual(hits, count // 2, "most places were not met again: nothing was tested there")


if __name__ == "__main__":
    unittest.main(verbosity=2)
