#!/usr/bin/env python3
"""Client containers on a contained GNOME, on this machine's container engine: `berth run` and what it gives.

The clients' image is the desktop's own, since it has the programs that are needed: a client is an ordinary container of it,
without systemd, as any user. `clients_test.py [CLASS]`; exit status 77: the machine lacks something, which is named.
"""
import json
import os
import pathlib
import pty
import signal
import subprocess
import sys
import time
import unittest

from desktop_case import DesktopTest, load_tests  # noqa: F401 (unittest asks for load_tests)
from harness import BUILD, CONTAINER, IMAGE, OUT, SEAT, run

RUN_S = 120
BERTH = BUILD / "client/cli/berth"
SOCKETS = "find /run/berth \\( -exec test -S {} \\; -o -name tmp \\) -print | sort"  # a mount's kind is not its place's


class ClientTest(DesktopTest):
    """One berthd for each test; a desktop where the class has one."""

    with_desktop = False

    def setUp(self):
        super().setUp()
        (self.berthd.config / "apps").mkdir()
        if self.with_desktop:
            up = self.berthd.up()
            self.assertEqual(0, up.returncode, up.stderr + self.berthd.log())

    def app(self, name, **profile):
        (self.berthd.config / f"apps/{name}.json").write_text(json.dumps({"image": IMAGE, "seat": SEAT, **profile}))

    def run_image(self, *arguments, options=(), **more):
        """`berth run --image`: its result, streams and all."""
        return run(BERTH, "--bus", self.berthd.bus, "run", "--seat", SEAT, *options, "--image", IMAGE, *arguments,
                   timeout=RUN_S, **more)

    def clients(self):
        return json.loads(self.berthd.berth("ps", "--json").stdout)

    def client(self, name):
        return next((client for client in self.clients() if client["Name"] == name), None)

    def running(self, name, *options):
        """A client that runs until it is stopped."""
        started = self.run_image("sleep", "infinity", options=("--detach", "--name", name, *options))
        self.assertEqual(0, started.returncode, started.stderr + self.berthd.log())
        self.assertEqual(name, started.stdout.strip())
        self.addCleanup(self.berthd.berth, "stop", "-t", "0", name)
        return name

    def inside(self, name, script, **options):
        return run(BERTH, "--bus", self.berthd.bus, "exec", "--no-tty", name, "sh", "-c", script, timeout=RUN_S, **options)

    def assert_no_trace(self, name):
        self.assertIsNone(self.client(name))
        self.assertFalse(self.berthd.podman.exists(f"berth-client-{name}"), "the container is still there")
        self.assertEqual([], [mount for mount in self.berthd.mounts() if mount.startswith(f"{self.berthd.runtime}/clients/")])


class ARun(ClientTest):
    def test_what_it_prints_and_its_exit_code_come_back(self):
        done = self.run_image("sh", "-c", "echo out; echo err >&2; exit 7")
        self.assertEqual(("out\n", "err\n", 7), (done.stdout, done.stderr, done.returncode))
        self.assertEqual([], self.clients())

    def test_what_is_piped_into_it_arrives_and_its_end_as_well(self):
        text = "".join(f"line {number}\n" for number in range(20000))
        done = self.run_image("cat", input=text)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(text, done.stdout)

    def test_a_command_that_is_not_there_is_127_and_an_image_that_is_not_there_125(self):
        self.assertEqual(127, self.run_image("no-such-command").returncode)
        missing = run(BERTH, "--bus", self.berthd.bus, "run", "--seat", SEAT, "--image", "localhost/none:1", "true", timeout=RUN_S)
        self.assertEqual(125, missing.returncode)
        self.assertIn("localhost/none:1", missing.stderr)
        self.assertEqual([], self.clients())

    def test_a_terminal_is_one_inside_with_the_callers_size(self):
        parent, child = pty.openpty()
        run("stty", "rows", "33", "cols", "101", stdin=child)
        process = subprocess.Popen([BERTH, "--bus", self.berthd.bus, "run", "--seat", SEAT, "--image", IMAGE, "sh", "-c",
                                    "tty; until [ \"$(stty size)\" = '33 101' ]; do :; done; stty size"],
                                   stdin=child, stdout=child, stderr=child, start_new_session=True)
        os.close(child)
        seen = b""
        try:
            while data := os.read(parent, 4096):
                seen += data
        except OSError:
            pass  # a pty whose other side is closed says EIO
        os.close(parent)
        self.assertEqual(0, process.wait(RUN_S), seen)
        self.assertIn(b"/dev/pts/", seen)
        self.assertIn(b"33 101", seen)

    def test_a_signal_to_the_caller_reaches_the_command(self):
        process = subprocess.Popen([BERTH, "--bus", self.berthd.bus, "run", "--no-tty", "--seat", SEAT, "--image", IMAGE, "sh", "-c",
                                    "trap 'echo told; exit 5' TERM 37; echo ready; while :; do read x || sleep 0.01; done"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.assertEqual("ready\n", process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        self.assertEqual("told\n", process.stdout.readline())
        self.assertEqual(5, process.wait(RUN_S))
        process.stdin.close()
        process.stdout.close()

    def test_a_profile_says_command_environment_user_and_folder(self):
        self.app("shell", command=["sh", "-c", "id -u; echo $WORD; pwd"], environment={"WORD": "hello"}, user="1234:1234",
                 workdir="/usr")
        done = self.berthd.berth("run", "shell")
        self.assertEqual("1234\nhello\n/usr\n", done.stdout, done.stderr)

    def test_a_kept_client_is_run_again_with_what_it_wrote(self):
        first = self.run_image("sh", "-c", "n=$(cat /count 2>/dev/null || echo 0); echo $((n + 1)) >/count; cat /count",
                               options=("--keep", "counter"))
        self.assertEqual("1\n", first.stdout, first.stderr)
        self.assertEqual("exited", self.client("counter")["State"])
        again = self.run_image(options=("--keep", "counter"))
        self.assertEqual("2\n", again.stdout, again.stderr)
        self.assertEqual(0, self.berthd.berth("rm", "counter").returncode)
        self.assert_no_trace("counter")

    def test_a_client_is_listed_frozen_saved_entered_and_stopped(self):
        name = self.running("worker")
        self.assertEqual("running", self.client(name)["State"])
        self.assertEqual("hello\n", self.inside(name, "echo hello").stdout)
        self.assertEqual(9, self.inside(name, "exit 9").returncode)
        self.assertEqual(0, self.berthd.berth("freeze", name).returncode)
        self.assertEqual("frozen", self.client(name)["State"])
        self.assertEqual(0, self.berthd.berth("thaw", name).returncode)
        self.addCleanup(self.berthd.podman, "rmi", "-f", "localhost/berth/saved-client:1")
        saved = self.berthd.berth("snapshot", name, "localhost/berth/saved-client:1")
        self.assertEqual(0, saved.returncode, saved.stderr)
        self.assertEqual(0, self.berthd.podman("image", "exists", "localhost/berth/saved-client:1").returncode)
        self.assertEqual(0, self.berthd.berth("stop", "-t", "0", name).returncode)
        self.assert_no_trace(name)

    def test_a_profile_names_devices_of_the_hosts_cdi_specs(self):
        spec = pathlib.Path(f"/run/cdi/berth-test-{os.getpid()}.json")
        spec.parent.mkdir(exist_ok=True)
        spec.write_text(json.dumps({"cdiVersion": "0.3.0", "kind": "berth-test.org/thing", "devices": [
            {"name": "all", "containerEdits": {"env": ["THING=here"], "mounts": [
                {"hostPath": "/etc/hostname", "containerPath": "/thing", "options": ["ro", "bind"]}]}}]}))
        self.addCleanup(spec.unlink)
        self.app("driven", command=["sh", "-c", "echo $THING; cat /thing"], cdi=["berth-test.org/thing=all"])
        done = self.berthd.berth("run", "driven")
        self.assertEqual("here\n" + pathlib.Path("/etc/hostname").read_text(), done.stdout, done.stderr)
        self.app("driven", command=["true"], cdi=["berth-test.org/thing=other"])
        missing = self.berthd.berth("run", "driven")
        self.assertEqual(125, missing.returncode)
        self.assertIn("berth-test.org/thing=other", missing.stderr)

    def test_its_log_says_what_it_wrote(self):
        started = self.run_image("sh", "-c", "echo one; echo two >&2; exec sleep infinity", options=("--detach", "--name", "talker"))
        self.assertEqual(0, started.returncode, started.stderr)
        self.addCleanup(self.berthd.berth, "stop", "-t", "0", "talker")
        follower = subprocess.Popen([BERTH, "--bus", self.berthd.bus, "logs", "--follow", "talker"], stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True)
        self.assertEqual(("one\n", "two\n"), (follower.stdout.readline(), follower.stderr.readline()))
        told = self.berthd.berth("logs", "--tail", "1", "talker")
        self.assertEqual(0, told.returncode, told.stderr)
        self.assertEqual(1, len((told.stdout + told.stderr).splitlines()))
        self.assertEqual(0, self.berthd.berth("stop", "-t", "0", "talker").returncode)
        self.assertEqual(("", "", 0), (*follower.communicate(timeout=RUN_S), follower.returncode))

    def test_a_client_goes_on_when_berthd_starts_anew(self):
        name = self.running("worker")
        before = self.client(name)["Pid"]
        self.berthd.stop(signal.SIGKILL)
        self.berthd.start()
        self.assertEqual(before, self.client(name)["Pid"])
        self.assertEqual("hello\n", self.inside(name, "echo hello").stdout)

    def test_a_grant_of_a_desktop_is_refused_where_none_is_up(self):
        done = self.run_image("true", options=("--grant", "display"))
        self.assertEqual(125, done.returncode)
        self.assertIn("berth up", done.stderr)


class AClientOfADesktop(ClientTest):
    with_desktop = True

    def foreign(self, name, *options):
        """A container that podman made and berth knows nothing of."""
        started = self.berthd.podman("run", "--detach", "--network", "none", "--name", name, *options, IMAGE, "sleep", "infinity")
        self.assertEqual(0, started.returncode, started.stderr)
        self.addCleanup(self.berthd.podman, "rm", "-f", "-t", "0", name)
        return name

    def in_foreign(self, name, script):
        return self.berthd.podman("exec", name, "sh", "-c", script)

    def test_a_container_of_podmans_own_is_attached_given_to_and_let_go_of(self):
        name = self.foreign("berth-test-foreign")
        node = "kvm" if os.path.exists("/dev/kvm") else "tun"
        before = self.in_foreign(name, "ls /run /tmp; ls -d /dev/dri").stdout
        attached = self.berthd.berth("attach", name, "--seat", SEAT, "--grant", "display,sound")
        self.assertEqual((0, name + "\n"), (attached.returncode, attached.stdout), attached.stderr + self.berthd.log()[-3000:])
        drawn = "set -a; . /run/berth/env; xdpyinfo | grep -c dimensions; pactl info | grep -c Server.Name"
        self.assertEqual("1\n1\n", self.in_foreign(name, drawn).stdout)
        self.assertEqual(0, self.berthd.berth("grant", name, "tmp", node).returncode, self.berthd.log()[-2000:])
        seen = self.in_foreign(name, f"touch /run/berth/tmp/from-foreign; . /run/berth/env; exec 3<>$BERTH_{node.upper()} && echo opened")
        self.assertEqual("opened\n", seen.stdout, seen.stderr)
        self.assertEqual(0, self.berthd.podman("exec", CONTAINER, "ls", "/tmp/from-foreign").returncode)
        self.assertEqual(0, self.berthd.berth("revoke", name, node).returncode)
        self.assertNotEqual("opened\n", self.in_foreign(name, f"exec 3<>/run/berth/{node} && echo opened").stdout)
        self.berthd.stop(signal.SIGKILL)
        self.berthd.start()
        self.assertEqual(["display", "sound", "tmp"], self.client(name)["Grants"], "a berthd that starts anew has it still")
        self.assertEqual("1\n1\n", self.in_foreign(name, drawn).stdout)
        again = self.berthd.berth("attach", name, "--seat", SEAT, "--name", "twice")
        self.assertIn("already", again.stderr)
        detached = self.berthd.berth("detach", name)
        self.assertEqual(0, detached.returncode, detached.stderr)
        self.assertEqual("running\n", self.berthd.podman("inspect", "--format", "{{.State.Status}}", name).stdout)
        self.assertEqual(before, self.in_foreign(name, "ls /run /tmp; ls -d /dev/dri").stdout, "it is as it was")
        self.assertIsNone(self.client(name))

    def test_what_cannot_be_attached_is_named_and_left_alone(self):
        nobody = self.berthd.berth("attach", "no-such-container", "--seat", SEAT)
        self.assertEqual(1, nobody.returncode)
        self.assertIn("no-such-container", nobody.stderr)
        desktop = self.berthd.berth("attach", CONTAINER, "--seat", SEAT)
        self.assertIn("the desktop of seat", desktop.stderr)
        name = self.foreign("berth-test-closed", "--read-only", "--read-only-tmpfs=false")
        closed = self.berthd.berth("attach", name, "--seat", SEAT, "--grant", "sound")
        self.assertEqual(1, closed.returncode)
        self.assertIn("/run/berth in the container: make a directory: Read-only file system", closed.stderr)
        with self.berthd.monitor() as monitor:
            monitor.wait_until(lambda: self.client(name) is None)
        self.assertEqual([], [mount for mount in self.berthd.mounts() if mount.startswith(f"{self.berthd.runtime}/clients/")])

    def test_a_wayland_client_and_an_x11_client_are_drawn_and_play(self):
        """What it gives is used by real programs: a Wayland and an X11 client say what the server is, and sound arrives."""
        done = self.run_image("sh", "-c", "test -S $WAYLAND_DISPLAY && xdpyinfo | grep -c dimensions; pactl info | grep -c Server.Name",
                              options=("--grant", "display,sound"))
        self.assertEqual("1\n1\n", done.stdout, done.stderr + self.berthd.log()[-3000:])

    def wait_inside(self, name, script):
        end = time.monotonic() + RUN_S
        while self.inside(name, script).returncode != 0:
            self.assertLess(time.monotonic(), end, f"{script}: {self.inside(name, 'cat /tmp/spied').stdout}")

    OVER_TCP = "set -a; . /run/berth/env; xdpyinfo | grep -c dimensions; pactl info | grep -c Server.Name; "

    def test_a_client_over_tcp_shares_nothing_else_with_its_desktop(self):
        """Its own loopback, which it has without any network, and no socket of the desktop's."""
        probe = (self.OVER_TCP + "find / -xdev -type s 2>/dev/null; ls /tmp/.X11-unix | wc -l; "
                 "XAUTHORITY=/dev/null xdpyinfo >/dev/null 2>&1 || echo no cookie, no display; "
                 "PULSE_COOKIE=/dev/null timeout 20 pactl info >/dev/null 2>&1 || echo no cookie, no sound; "
                 "xdpyinfo -ext MIT-SHM | grep -c 'MIT-SHM.*not supported'")
        done = self.run_image("sh", "-c", probe, options=("--grant", "display:tcp,sound:tcp"))
        self.assertEqual("1\n1\n0\nno cookie, no display\nno cookie, no sound\n1\n", done.stdout, done.stderr + self.berthd.log()[-3000:])

    def test_grants_over_tcp_come_and_go_while_it_runs_and_a_killed_berthd_ends_no_connection(self):
        name = self.running("far")
        given = self.berthd.berth("grant", name, "display:tcp", "sound:tcp")
        self.assertEqual(0, given.returncode, given.stderr + self.berthd.log()[-3000:])
        self.assertEqual("1\n1\n", self.inside(name, self.OVER_TCP).stdout)
        spy = ("set -a; . /run/berth/env; xprop -root -f _BERTH_TEST 8s -set _BERTH_TEST spied; "
               "(setsid xprop -root -spy _BERTH_TEST >/tmp/spied 2>&1; echo ended >>/tmp/spied) &")
        self.assertEqual(0, self.inside(name, spy).returncode)
        self.wait_inside(name, "grep -q spied /tmp/spied")
        self.berthd.stop(signal.SIGKILL)
        self.berthd.start()
        self.assertEqual(["display:tcp", "sound:tcp"], self.client(name)["Grants"])
        self.assertEqual(0, self.inside(name, "set -a; . /run/berth/env; xprop -root -f _BERTH_TEST 8s -set _BERTH_TEST heard").returncode)
        self.wait_inside(name, "grep -q heard /tmp/spied || grep -q ended /tmp/spied")
        self.assertNotEqual(0, self.inside(name, "grep -q ended /tmp/spied").returncode, "it is the connection of before")
        self.assertEqual(0, self.berthd.berth("revoke", name, "display:tcp").returncode)
        self.wait_inside(name, "grep -q ended /tmp/spied")  # taking it back is hard
        self.assertEqual("0\n1\n", self.inside(name, self.OVER_TCP + "true").stdout)

    def test_grants_come_and_go_while_it_runs(self):
        name = self.running("late")
        self.assertNotEqual(0, self.inside(name, ". /run/berth/env; xdpyinfo >/dev/null").returncode)
        given = self.berthd.berth("grant", name, "display", "sound", "tmp")
        self.assertEqual(0, given.returncode, given.stderr + self.berthd.log()[-3000:])
        self.assertIn("DISPLAY=", given.stdout)
        drawn = self.inside(name, "set -a; . /run/berth/env; xdpyinfo | grep -c dimensions; pactl info | grep -c Server.Name; touch /run/berth/tmp/from-client")
        self.assertEqual("1\n1\n", drawn.stdout, drawn.stderr)
        seen = self.berthd.podman("exec", CONTAINER, "ls", "/tmp/from-client")
        self.assertEqual(0, seen.returncode, "the shared /tmp is the desktop's")
        self.assertEqual(0, self.berthd.berth("revoke", name, "display", "sound", "tmp").returncode)
        self.assertEqual("/run/berth/bus\n", self.inside(name, SOCKETS).stdout)

    def test_shared_memory_of_x11_works_with_the_desktops_ipc_namespace_and_not_without(self):
        probe = "readlink /proc/1/ns/ipc"
        desktop = self.berthd.podman("exec", CONTAINER, "readlink", "/proc/1/ns/ipc").stdout
        self.assertEqual(desktop, self.run_image("sh", "-c", probe, options=("--grant", "ipc")).stdout)
        self.assertNotEqual(desktop, self.run_image("sh", "-c", probe).stdout)

    def test_the_machine_id_is_the_desktops(self):
        mine = self.run_image("cat", "/etc/machine-id", options=("--grant", "machine-id")).stdout.strip()
        self.assertEqual(self.berthd.seat()["MachineId"], mine)

    def test_a_client_asks_for_itself_and_gets_what_its_profile_says(self):
        self.app("asker", command=["sleep", "infinity"], **{"may-ask": ["sound"]})
        self.assertEqual(0, self.berthd.berth("run", "--detach", "--name", "asker", "asker").returncode)
        self.addCleanup(self.berthd.berth, "stop", "-t", "0", "asker")
        call = ("busctl --address=unix:path=/run/berth/bus call org.berth.Berth1 /org/berth/Berth1/self org.berth.Berth1.Self "
                "Request 'asa{sv}' 1 %s 0")
        denied = self.inside("asker", call % "display")
        self.assertNotEqual(0, denied.returncode)
        self.assertIn("may ask for sound", denied.stderr)
        given = self.inside("asker", call % "sound")
        self.assertEqual(0, given.returncode, given.stderr)
        self.assertIn("PULSE_SERVER", given.stdout)
        self.assertEqual(["sound"], self.client("asker")["Grants"])
        for word in ("display denied", "sound given"):
            self.assertIn(word, self.berthd.log())

    def by_cdi(self, devices, script):
        """A container that podman makes by itself, as `podman run --device NAME` does it; the specs are where podman looks."""
        here = 'mkdir -p /run/cdi && mount --bind "$1" /run/cdi && shift && exec "$@"'
        wanted = [argument for name in devices for argument in ("--device", f"berth.org/{SEAT}={name}")]
        return run("unshare", "--mount", "sh", "-c", here, "sh", self.berthd.runtime / "cdi", "podman", "run", "--rm", "--network", "none",
                   *wanted, IMAGE, "sh", "-c", script, env=self.berthd.podman.environment, timeout=RUN_S)

    def test_a_container_of_podmans_own_has_what_the_seats_cdi_spec_names(self):
        spec = self.berthd.runtime / f"cdi/berth.org-{SEAT}.json"
        end = time.monotonic() + RUN_S
        while not spec.exists():  # berth up need not wait for it
            self.assertLess(time.monotonic(), end, self.berthd.log()[-2000:])
            self.assertEqual("seated", self.berthd.seat()["State"])
        self.assertLessEqual({"display", "sound", "tmp", "machine-id"}, {device["name"] for device in json.loads(spec.read_text())["devices"]})
        done = self.by_cdi(("display", "sound", "tmp", "machine-id"), "xdpyinfo | grep -c dimensions; pactl info | grep -c Server.Name; "
                           "echo hello >/tmp/by-cdi; cat /etc/machine-id")
        self.assertEqual(f"1\n1\n{self.berthd.seat()['MachineId']}\n", done.stdout, done.stderr)
        self.assertEqual("hello\n", self.berthd.podman("exec", CONTAINER, "cat", "/tmp/by-cdi").stdout)
        self.assertEqual("0\n", self.by_cdi(("sound",), "xdpyinfo 2>/dev/null | grep -c dimensions").stdout, "it has what it names alone")
        self.assertNotEqual(0, self.by_cdi(("input",), "true").returncode, "what is typed is in no spec")
        self.assertEqual(0, self.berthd.down().returncode)
        self.assertFalse(spec.exists(), "no desktop, no spec")

    def test_clients_outlive_a_reseat_and_see_the_new_desktop(self):
        name = self.running("late", "--grant", "display")
        down = self.berthd.berth("reseat", "--seat", SEAT)
        self.assertEqual(0, down.returncode, down.stderr)
        drawn = self.inside(name, "set -a; . /run/berth/env; xdpyinfo | grep -c dimensions")
        self.assertEqual("1\n", drawn.stdout, drawn.stderr + self.berthd.log()[-2000:])


if __name__ == "__main__":
    pathlib.Path(OUT).mkdir(parents=True, exist_ok=True)
    unittest.main(verbosity=2 if "-v" in sys.argv else 1)
