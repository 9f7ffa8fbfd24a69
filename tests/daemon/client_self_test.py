#!/usr/bin/env python3
"""What a client's own Self socket gives it on a contained GNOME, how long leases last, and what an image's labels ask for.

`client_self_test.py [CLASS]`; exit status 77: the machine lacks something, which is named.
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import unittest

from clients_test import BERTH, RUN_S, SOCKETS, ClientTest
from desktop_case import load_tests  # noqa: F401 (unittest asks for load_tests)
from harness import CONTAINER, IMAGE, OUT, SEAT, run


class AnImagesLabels(ClientTest):
    """What an image asks for by its labels, and who gives it."""

    def setUp(self):
        super().setUp()
        name = "localhost/berth/test-labels:1"
        made = self.berthd.podman("create", "--network=none", IMAGE, "true").stdout.strip()
        done = self.berthd.podman("commit", "-q", "--change", "LABEL org.berth.grants=tun,kvm", made, name)
        self.berthd.podman("rm", made)
        self.assertEqual(0, done.returncode, done.stderr)
        self.addCleanup(self.berthd.podman, "rmi", "-f", name)
        self.image = name

    def run_labelled(self, *command, options=()):
        return run(BERTH, "--bus", self.berthd.bus, "run", "--seat", SEAT, *options, "--image", self.image, *command, timeout=RUN_S)

    def test_are_not_in_force_and_a_run_that_fails_names_them(self):
        done = self.run_labelled("true")
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        failed = self.run_labelled("sh", "-c", "test -e /dev/net/tun")
        self.assertEqual(1, failed.returncode)
        self.assertIn("labels ask for tun kvm", failed.stderr)
        self.assertIn("--labels", failed.stderr)

    def test_are_in_force_for_who_says_so(self):
        lacking = [node for node in ("/dev/net/tun", "/dev/kvm") if not os.path.exists(node)]
        done = self.run_labelled("sh", "-c", "ls /dev/net/tun /dev/kvm", options=("--labels",))
        if lacking:
            self.assertEqual(125, done.returncode)
            self.assertTrue(any(node in done.stderr for node in lacking), done.stderr)
            self.skipTest(f"no {lacking} on this machine: the labels were taken, and what they ask for is named as missing")
        self.assertEqual("/dev/kvm\n/dev/net/tun\n", done.stdout, done.stderr)


class ADesktopsSelf(ClientTest):
    """What a desktop asks for itself: to run the apps that its profile names."""

    with_desktop = True

    def profiles(self):
        return {"gnome": {"may-run": ["clock", "notes", "broken", "lost"]}}

    def setUp(self):
        # The menu is made when the desktop comes up, so the apps are there before.
        self.with_desktop = False
        super().setUp()
        window = "import signal; signal.pause()"
        self.app("clock", description="Shows the time", grants=["display"], command=["python3", "-c", window],
                 menu={"title": "A clock", "categories": ["Utility"]})
        self.app("notes", keep=True, command=["sh", "-c", "echo again >>/var/notes; wc -l </var/notes >&2; sleep 3600"])
        self.app("lost", image="localhost/berth/no-such-image:1")
        self.app("other")
        up = self.berthd.up()
        self.assertEqual(0, up.returncode, up.stderr + self.berthd.log())

    def in_the_desktop(self, *command):
        return self.berthd.podman("exec", "--user", "1000:1000", "--env", "XDG_RUNTIME_DIR=/run/user/1000", CONTAINER, *command)

    def ask(self, *words):
        return self.in_the_desktop("berth", "run", *words)

    def test_runs_an_app_of_its_profile_which_has_what_that_grants_it(self):
        ran = self.ask("clock")
        self.assertEqual(0, ran.returncode, ran.stderr + self.berthd.log()[-3000:])
        name = ran.stdout.strip()
        self.addCleanup(self.berthd.berth, "stop", "-t", "0", name)
        client = self.client(name)
        self.assertEqual(("running", ["display"]), (client["State"], client["Grants"]))
        self.assertEqual(0, self.inside(name, "test -S /run/berth/wayland-0").returncode)

    def test_arguments_are_the_commands(self):
        ran = self.ask("clock", "sh", "-c", "echo $0 --option >/tmp/said; sleep 3600", "-x")
        self.assertEqual(0, ran.returncode, ran.stderr)
        name = ran.stdout.strip()
        self.addCleanup(self.berthd.berth, "stop", "-t", "0", name)
        self.assertEqual("-x --option\n", self.inside(name, "until [ -s /tmp/said ]; do :; done; cat /tmp/said").stdout)

    def test_is_denied_what_its_profile_does_not_name_and_told_why_something_does_not_start(self):
        denied = self.ask("other")
        self.assertEqual(1, denied.returncode)
        self.assertIn("may not run 'other'", denied.stderr)
        broken = self.ask("broken")  # is named, and has no profile
        self.assertEqual(1, broken.returncode)
        self.assertIn("broken", broken.stderr)
        lost = self.ask("lost")
        self.assertEqual(1, lost.returncode)
        self.assertIn("no-such-image", lost.stderr)
        self.assertEqual([], self.clients())

    def test_what_is_kept_is_run_again_by_its_name(self):
        for _ in range(2):
            ran = self.ask("--keep", "notes")
            self.assertEqual((0, "notes"), (ran.returncode, ran.stdout.strip()), ran.stderr)
            self.assertEqual("running", self.client("notes")["State"])
            with self.berthd.monitor() as monitor:
                self.berthd.podman("kill", "berth-client-notes")
                monitor.wait_until(lambda: self.client("notes")["State"] == "exited")
        self.assertIn("2", self.berthd.podman("logs", "berth-client-notes").stderr)
        self.assertEqual(0, self.berthd.berth("stop", "notes").returncode)

    def test_its_menu_has_them(self):
        session = self.in_the_desktop("sh", "-c", "tr '\\0' '\\n' </proc/$(pgrep -o -u 1000 gnome-shell)/environ | grep ^XDG_DATA_DIRS=")
        self.assertIn("/run/berth/share", session.stdout)
        shown = self.in_the_desktop("env", session.stdout.strip(), "gjs", "-c",
                                    "const {Gio} = imports.gi; for (const app of Gio.AppInfo.get_all()) "
                                    "if (app.get_id().startsWith('berth-')) print(app.get_id() + ' ' + app.get_name());")
        self.assertEqual({"berth-clock.desktop A clock", "berth-lost.desktop Lost", "berth-notes.desktop Notes"},
                         set(shown.stdout.splitlines()), shown.stderr)
        launched = self.in_the_desktop("env", session.stdout.strip(), "gio", "launch", "/run/berth/share/applications/berth-clock.desktop")
        self.assertEqual(0, launched.returncode, launched.stderr)
        with self.berthd.monitor() as monitor:
            monitor.wait_until(lambda: any(client["State"] == "running" for client in self.clients()))
        self.addCleanup(self.berthd.berth, "stop", "-t", "0", self.clients()[0]["Name"])

    def test_who_is_no_process_of_the_desktop_is_refused_on_its_socket(self):
        refused = run("busctl", f"--address=unix:path={self.berthd.runtime}/seats/{SEAT}/door/bus", "call", "org.berth.Berth1",
                      "/org/berth/Berth1/self", "org.berth.Berth1.Self", "Run", "sasa{sv}", "clock", "0", "0")
        self.assertEqual(1, refused.returncode)
        self.assertIn("control group", refused.stderr)
        self.assertEqual([], self.clients())

    def test_goes_on_asking_after_berthd_was_killed(self):
        self.berthd.daemon.kill()
        self.berthd.daemon.wait()
        self.berthd.start()
        with self.berthd.monitor() as monitor:
            monitor.wait_until(lambda: self.berthd.seat()["State"] == "seated")
        ran = self.ask("clock")
        self.assertEqual(0, ran.returncode, ran.stderr + self.berthd.log()[-3000:])
        self.addCleanup(self.berthd.berth, "stop", "-t", "0", ran.stdout.strip())


class AClientsSelf(ClientTest):
    with_desktop = True

    def asking(self, name, *verb, **options):
        """self_client.py inside the client: its result."""
        return self.inside(name, "python3 /self_client.py /run/berth/bus " + " ".join(verb), **options)

    def answer(self, name, *verb):
        asked = self.asking(name, *verb)
        self.assertEqual(0, asked.returncode, asked.stderr + self.berthd.log()[-2000:])
        return json.loads(asked.stdout)

    def program(self, name, **profile):
        """A client of a profile with self_client.py in it, that runs until it is stopped."""
        script = str(pathlib.Path(__file__).resolve().parent / "self_client.py")
        self.app(name, command=["sleep", "infinity"], volumes=[{"source": script, "target": "/self_client.py", "readonly": True}],
                 **profile)
        started = self.berthd.berth("run", "--detach", "--name", name, name)
        self.assertEqual(0, started.returncode, started.stderr + self.berthd.log()[-3000:])
        self.addCleanup(self.berthd.berth, "stop", "-t", "0", name)
        return name

    def descriptors_of_berthd(self):
        return len(os.listdir(f"/proc/{self.berthd.daemon.pid}/fd"))

    def test_descriptors_of_the_desktop_are_passed_to_who_has_the_grant(self):
        name = self.program("opener", grants=["display", "sound", "ipc"])
        self.assertIn("wl_compositor", self.answer(name, "wayland"))
        self.assertEqual({"opcode": 0, "is-core": True, "names-itself": True}, self.answer(name, "pipewire"))
        display = self.answer(name, "open", "OpenDisplay")
        self.assertTrue(display["socket"] and not display["nonblocking"], display)
        space = self.answer(name, "open", "OpenIpcNamespace")
        desktop = self.berthd.podman("exec", CONTAINER, "readlink", "/proc/1/ns/ipc").stdout.strip()
        self.assertEqual(desktop, f"ipc:[{space['inode']}]")
        for word in ("display opened (itself)", "sound opened (itself)", "ipc opened (itself)"):
            self.assertIn(word, self.berthd.log())

    def test_glibs_client_takes_the_descriptor_too(self):
        name = self.program("glib", grants=["display"])
        call = ("gdbus call --address unix:path=/run/berth/bus --dest org.berth.Berth1 --object-path /org/berth/Berth1/self "
                "--method org.berth.Berth1.Self.OpenDisplay")
        passed = self.inside(name, call)
        self.assertEqual("(handle 0,)\n", passed.stdout, passed.stderr)

    def test_what_it_does_not_have_is_not_opened_and_said_why(self):
        name = self.program("poor", **{"may-ask": ["sound"]})
        for member, grant in (("OpenDisplay", "display"), ("OpenRenderNode", "gpu"), ("OpenIpcNamespace", "ipc"), ("OpenSound", "sound")):
            refused = self.asking(name, "open", member)
            self.assertEqual(1, refused.returncode)
            self.assertIn("org.berth.Berth1.Error.GrantDenied", refused.stderr)
            self.assertIn(f"'{grant}'", refused.stderr)
            self.assertIn(f"{grant} denied (itself)", self.berthd.log())
        self.assertEqual("given", self.answer(name, "request", "sound"))
        self.assertTrue(self.answer(name, "open", "OpenSound")["socket"])
        self.assertEqual(0, self.berthd.berth("revoke", name, "sound").returncode)
        self.assertIn("GrantDenied", self.asking(name, "open", "OpenSound").stderr)

    def test_the_render_node_is_the_seats_or_its_lack_is_named(self):
        name = self.program("drawer")
        given = self.berthd.berth("grant", name, "gpu")
        if given.returncode != 0:
            self.assertIn("no render node", given.stderr)
            self.skipTest("no DRM render node on this machine; that a node is opened is seat_opens_test's")
        node = self.answer(name, "open", "OpenRenderNode")
        self.assertEqual((226, True, os.O_RDWR), (node["rdev"][0], node["node"], node["access"]))

    def test_a_thousand_descriptors_leave_none_behind(self):
        name = self.program("many", grants=["display"])
        self.answer(name, "many", "OpenDisplay", "5")
        before = self.descriptors_of_berthd()
        counted = self.answer(name, "many", "OpenDisplay", "1000")
        self.assertEqual(1000, counted["opened"])
        self.assertEqual(counted["before"], counted["after"])
        self.assertEqual(before, self.descriptors_of_berthd())

    def test_who_is_no_process_of_the_container_is_refused_on_its_socket(self):
        name = self.program("door", grants=["display"])
        script = pathlib.Path(__file__).resolve().parent / "self_client.py"
        socket = self.berthd.runtime / f"clients/{name}/door/bus"
        for verb in (("open", "OpenDisplay"), ("request", "display")):
            refused = run("python3", script, socket, *verb)
            self.assertEqual(1, refused.returncode, refused.stdout)
            self.assertIn("org.berth.Berth1.Error.NotAuthorized", refused.stderr)
            self.assertIn("control group", refused.stderr)

    def test_a_lease_ends_after_its_time_and_another_with_whoever_asked(self):
        name = self.program("leaser", **{"may-ask": ["tmp"]})
        with self.berthd.monitor() as monitor:
            given = self.berthd.berth("grant", name, "sound", "--for", "2s")
            self.assertEqual(0, given.returncode, given.stderr)
            self.assertIn("sound(", self.berthd.berth("ps").stdout)
            monitor.wait_until(lambda: self.client(name)["Grants"] == [])
            self.assertIn("sound taken (berthd): its time limit has passed", self.berthd.log())
            holder = subprocess.Popen([BERTH, "--bus", self.berthd.bus, "grant", "--hold", name, "sound"], stdout=subprocess.PIPE)
            self.addCleanup(holder.stdout.close)
            monitor.wait_until(lambda: self.client(name)["GrantsWith"].get("sound", "").startswith(":"))
            holder.kill()
            holder.wait()
            monitor.wait_until(lambda: self.client(name)["Grants"] == [])
            asker = subprocess.Popen([BERTH, "--bus", self.berthd.bus, "exec", "--no-tty", name, "python3", "/self_client.py",
                                      "/run/berth/bus", "request-and-leave", "tmp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.assertEqual('"given"\n', asker.stdout.readline())
            self.assertEqual(["tmp"], self.client(name)["Grants"])
            asker.communicate(timeout=RUN_S)
            monitor.wait_until(lambda: self.client(name)["Grants"] == [])

    def test_leases_over_a_restart_count_on_or_end_with_berthd(self):
        name = self.program("survivor")
        self.assertEqual(0, self.berthd.berth("grant", name, "sound", "--for", "1h").returncode)
        holder = subprocess.Popen([BERTH, "--bus", self.berthd.bus, "grant", "--hold", name, "tmp"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(holder.stdout.close)
        self.assertIn("=", holder.stdout.readline())
        before = self.client(name)
        self.assertEqual(["sound", "tmp"], before["Grants"])
        self.berthd.stop(signal.SIGKILL)
        holder.wait(RUN_S)
        self.berthd.start()
        with self.berthd.monitor() as monitor:
            monitor.wait_until(lambda: self.client(name)["Grants"] == ["sound"])
        after = self.client(name)["GrantsUntil"]["sound"]
        self.assertLess(abs(after - before["GrantsUntil"]["sound"]), 1_000_000, "the same moment of CLOCK_REALTIME")
        self.assertEqual("/run/berth/bus\n/run/berth/pipewire-0\n/run/berth/pulse/native\n",
                         self.inside(name, SOCKETS).stdout)

    def test_a_sound_server_that_starts_anew_is_in_the_door_once(self):
        name = self.program("listener", grants=["sound"])
        before = self.inside(name, "stat -c %i /run/berth/pipewire-0").stdout.strip()
        user = "berth"
        restart = ("export XDG_RUNTIME_DIR=/run/user/$(id -u); systemctl --user restart pipewire.socket pipewire-pulse.socket "
                   "pipewire pipewire-pulse")
        done = self.berthd.podman("exec", "--user", user, CONTAINER, "sh", "-c", restart)
        self.assertEqual(0, done.returncode, done.stderr)
        plays = self.inside(name, f"timeout 20 sh -c 'until [ \"$(stat -c %i /run/berth/pipewire-0)\" != {before} ]; do :; done' && "
                            ". /run/berth/env && timeout 20 sh -c 'until pactl info >/dev/null 2>&1; do :; done'; "
                            "set -a; . /run/berth/env; pactl info | grep -c Server.Name; pw-cli info 0 | grep -c pipewire-0")
        self.assertEqual(0, plays.returncode, plays.stdout + plays.stderr + self.berthd.log()[-2000:])
        self.assertEqual("1", plays.stdout.split()[0])
        self.assertEqual(1, self.berthd.log().count("has made sockets anew"), self.berthd.log()[-2000:])


if __name__ == "__main__":
    pathlib.Path(OUT).mkdir(parents=True, exist_ok=True)
    unittest.main(verbosity=2 if "-v" in sys.argv else 1)
