#!/usr/bin/env python3
"""berthd killed before one of its system calls, anywhere between `berth up` and the end of `berth down`: the next berthd either has
the desktop or has cleared it away, and can bring one up and down. Real engine, real GNOME image.

BERTH_KILL_POINTS says at how many places, evenly spread over all of them; 0 is every one (hours). A place is a call that
something outside of berthd can see: nobody can tell a berthd that died before a call of QUIET from one that died before the
next call that is none.
"""
import collections
import contextlib
import os
import re
import select
import shutil
import signal
import subprocess
import unittest

from desktop_case import DesktopTest, load_tests  # noqa: F401  (unittest calls load_tests)
from harness import BUILD

POINTS = int(os.environ.get("BERTH_KILL_POINTS", "6"))
REST = ("vacant", "seated", "held")
CALL = re.compile(r"^(?:\d+\s+)?([a-z_0-9]+)\((.*)")
# They look, wait, take what is the process's own, or let go of what its death lets go of, too.
QUIET = {"access", "brk", "close", "epoll_create1", "epoll_ctl", "epoll_wait", "eventfd2", "fcntl", "fstat", "futex", "getdents64",
         "getegid", "geteuid", "getpid", "getrandom", "getsockname", "getsockopt", "gettid", "inotify_add_watch",
         "inotify_init1", "lseek", "mmap", "mprotect", "munmap", "newfstatat", "openat2", "pidfd_open", "poll", "pread64", "read",
         "readlink", "readlinkat", "recvfrom", "recvmsg", "rt_sigaction", "rt_sigprocmask", "setsockopt", "socket", "socketpair",
         "statfs", "statx", "timerfd_create", "timerfd_settime", "pipe2", "sched_yield"}


def is_seen_outside(name, arguments):
    if name == "openat":
        return "O_CREAT" in arguments or "O_TRUNC" in arguments or "/dev/tty" in arguments
    if name == "ioctl":
        return "FIONBIO" not in arguments
    return name not in QUIET


class Killed(DesktopTest):
    """Of berthd, at any place. `desktop` is the profile's name, `enough` the least number of places that a bring-up has."""
    desktop, enough = "gnome", 150

    def setUp(self):
        super().setUp()
        self.berthd.stop()  # each round has one of its own

    @contextlib.contextmanager
    def traced(self, *options):
        """A berthd under strace, from when it is on its bus: what it calls before that differs from one start to the next."""
        self.berthd.start()
        tracer = subprocess.Popen(["strace", "-p", str(self.berthd.daemon.pid), *options], stderr=subprocess.PIPE)
        try:
            self.assertIn(b"attached", tracer.stderr.readline())
            yield
        finally:
            tracer.send_signal(signal.SIGINT)  # it has ended where berthd has
            tracer.wait(30)
            tracer.stderr.close()

    def sweep(self):
        """Every place as (name, how many of that name came before it and it), from the request for a desktop to its end."""
        trace = self.berthd.folder / "trace"
        with self.traced("-o", str(trace)):
            self.assertEqual(self.berthd.up(self.desktop).returncode, 0, self.berthd.log())
            self.assert_seated(self.berthd.seat())
            self.assertEqual(self.berthd.down().returncode, 0, self.berthd.log())
        self.assertEqual(self.berthd.stop(), 0)
        calls = [found.groups() for line in trace.read_text(errors="replace").splitlines() if (found := CALL.match(line))]
        counts, places = collections.Counter(), []
        for name, arguments in calls:
            counts[name] += 1
            if is_seen_outside(name, arguments):
                places.append((name, counts[name]))
        print(f"{len(calls)} system calls, {len(places)} of them seen outside", flush=True)
        return places

    def comes_to_rest(self):
        with self.berthd.monitor() as monitor:
            monitor.wait_until(lambda: self.berthd.seat()["State"] in REST and not self.berthd.jobs())
        return self.berthd.seat()

    def assert_seated(self, seat):
        self.assertEqual(seat["State"], "seated", self.berthd.log())
        self.assertGreater(self.berthd.podman.init_pid(self.berthd.container), 0)

    def asked_for(self, *verb):
        """`berth VERB`, until it or berthd has ended: the one still waits when the other has gone, for its successor."""
        asking = subprocess.Popen([BUILD / "client/cli/berth", "--bus", self.berthd.bus, *verb, "--seat", self.seat],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(asking.kill)
        ends = [os.pidfd_open(asking.pid), os.pidfd_open(self.berthd.daemon.pid)]
        ended, _, _ = select.select(ends, [], [], 180)
        for end in ends:
            os.close(end)
        self.assertTrue(ended, self.berthd.log())
        return asking

    def killed_at(self, name, number):
        """Whether berthd died of it, and who still waits; with other timing it may make fewer calls of that name."""
        with self.traced("-o", "/dev/null", "-e", f"trace={name}", "-e", f"inject={name}:signal=KILL:when={number}"):
            asking = self.asked_for("up", self.desktop)
            if asking.poll() == 0:
                asking = self.asked_for("down")
        if asking.poll() == 0 and self.berthd.daemon.poll() is None:
            self.assertEqual(self.berthd.stop(), 0)
            return False, asking
        self.assertEqual(self.berthd.daemon.wait(30), -signal.SIGKILL, self.berthd.log())
        return True, asking

    def survives(self, name, number):
        """Whether berthd was killed there; and what the next one made of it. Its folders are not there yet, as in the sweep."""
        for folder in (self.berthd.runtime, self.berthd.state):
            shutil.rmtree(folder, ignore_errors=True)
        hit, asking = self.killed_at(name, number)
        self.berthd.start()
        asking.wait(60)
        seat = self.comes_to_rest()
        self.assertIn(seat["State"], ("vacant", "seated"), self.berthd.log())
        if seat["State"] == "seated":
            self.assert_seated(seat)
        else:
            self.assert_vacant()
        self.assertEqual(self.berthd.down().returncode, 0, self.berthd.log())
        self.assert_vacant()
        self.assertEqual(self.berthd.stop(signal.SIGTERM), 0)
        print(f"{'killed' if hit else 'not met'} before {name} {number}: {seat['State']}", flush=True)
        return hit

    def kill_at_each(self):
        places = self.sweep()
        self.assertGreater(len(places), self.enough, "what was traced is no bring-up")
        count = POINTS or len(places)
        hits = 0
        for index in range(count):
            name, number = places[(2 * index + 1) * len(places) // (2 * count)]
            with self.subTest(call=f"{name} {number}"):
                try:
                    hits += self.survives(name, number)
                finally:
                    self.berthd.clear()  # one that failed is not the next one's burden
        print(f"killed at {hits} of {count} places", flush=True)
        self.assertGreaterEqual(hits, count // 2, "most places were not met again: nothing was tested there")


class KilledAnywhere(Killed):
    def test_costs_no_desktop_and_leaves_nothing_behind(self):
        self.kill_at_each()


if __name__ == "__main__":
    unittest.main(verbosity=2)
