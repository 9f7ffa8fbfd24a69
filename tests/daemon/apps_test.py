#!/usr/bin/env python3
"""The apps that berth ships profiles and image recipes for, on a contained GNOME: seen in its picture, heard by its sound server.

`packaging/images/build NAME` makes the images: terminal, player, browser. `apps_test.py [CLASS]`; exit status 77: the machine
lacks something, which is named.
"""
import json
import pathlib
import subprocess
import sys
import time
import unittest

from clients_test import ClientTest
from desktop_case import host_lacks
from harness import CONTAINER, IMAGE, OUT, SEAT, SOURCE, Podman

sys.path.insert(0, str(SOURCE / "tests/images"))
from picture import Picture  # noqa: E402

APPS = ("terminal", "player", "browser")
DRAWN_S = 90
RED, BLUE = (255, 0, 0), (0, 0, 255)


class AppTest(ClientTest):
    with_desktop = True

    def setUp(self):
        super().setUp()
        for name in APPS:
            profile = json.loads((SOURCE / f"packaging/apps/{name}.json").read_text())
            # A machine of tests may have no network for containers, and all of these do without; without a GPU by themselves.
            pages = self.berthd.folder / "pages"
            pages.mkdir(exist_ok=True)
            for word, colour in (("red", RED), ("blue", BLUE)):
                (pages / f"{word}.html").write_text(f"<!DOCTYPE html><html style='background: rgb{colour}'><title>{word}</title></html>")
            self.app(name, **{**profile, "network": "none", "volumes": [{"source": str(pages), "target": "/pages", "readonly": True}]})

    def start(self, app, *arguments, name=None, options=()):
        name = name or app
        started = self.berthd.berth("run", "--seat", SEAT, "--detach", "--name", name, *options, app, *(("--", *arguments) if arguments else ()))
        self.assertEqual(0, started.returncode, started.stderr + self.berthd.log()[-2000:])
        self.addCleanup(self.berthd.berth, "rm", name)
        self.addCleanup(self.berthd.berth, "stop", "-t", "0", name)
        return name

    def in_session(self, *command):
        """Standard output of a command of the desktop's user."""
        done = self.berthd.podman("exec", "--user", "1000", "--env", "XDG_RUNTIME_DIR=/run/user/1000", CONTAINER, *command)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def picture(self, name):
        """The desktop as it is seen now; the last one of that name is kept."""
        shot = subprocess.run(["podman", "exec", CONTAINER, "berth", "screenshot", "-"], capture_output=True, timeout=60,
                              env=self.berthd.podman.environment, check=False)
        self.assertEqual(0, shot.returncode, shot.stderr)
        (OUT / f"{name}.png").write_bytes(shot.stdout)
        return Picture(shot.stdout)

    def wait_until(self, what, holds, name):
        """`holds` looks at the world by itself, which takes its time; it is asked again until it does."""
        end = time.monotonic() + DRAWN_S
        while not holds():
            if time.monotonic() > end:
                self.fail(f"not within {DRAWN_S} s: {what}; the app said:\n" + "\n".join(
                    part[-2000:] for part in (lambda logs: (logs.stdout, logs.stderr))(self.berthd.berth("logs", name))))

    def wait_for_colour(self, colour, name):
        def seen():
            picture = self.picture(name)
            points = [(x, y) for y in range(0, picture.height, 8) for x in range(0, picture.width, 8)]
            return sum(picture.pixel(*point) == colour for point in points) / len(points) > 0.2
        self.wait_until(f"a fifth of the desktop in {colour}", seen, name)


class AnApp(AppTest):
    def test_a_terminal_has_a_window_and_draws_by_x11_and_by_gles(self):
        empty = self.picture("terminal")
        name = self.start("terminal", "sh", "-c", "printf '\\033[41m\\033[2J'; exec sleep infinity")
        self.wait_until("another picture than the empty desktop's",
                        lambda: self.picture("terminal").difference(empty, top=40) > 0.1, name)
        renderer = self.inside(name, "set -a; . /run/berth/env; glxinfo -B | grep 'OpenGL renderer'; es2_info | grep ^GL_RENDERER")
        self.assertEqual(2, len(renderer.stdout.splitlines()), renderer.stdout + renderer.stderr)
        frames = self.inside(name, "set -a; . /run/berth/env; timeout 60 glxgears | sed -u 1q")
        self.assertRegex(frames.stdout, r"^[1-9]\d* frames in ", frames.stderr)
        eyes = self.inside(name, "set -a; . /run/berth/env; xeyes & "
                           "until xwininfo -name xeyes 2>&1 | grep 'Map State: IsViewable'; do kill -0 $! || exit 1; done; kill $!")
        self.assertIn("IsViewable", eyes.stdout, eyes.stderr)

    def test_x11s_shared_memory_works_with_the_desktops_ipc_namespace_and_is_refused_without(self):
        for options, works in ((("--grant", "ipc"), True), ((), False)):
            name = self.start("terminal", "sleep", "infinity", name=f"shm-{'works' if works else 'fails'}", options=options)
            said = []

            def verdict():
                done = self.inside(name, "set -a; . /run/berth/env; x11perf -repeat 1 -time 1 -shmput10")
                said.append(done.stdout + done.stderr)
                # BadMatch: the shell has not placed the window yet, whose picture the program asks for first.
                return " reps @ " in said[-1] or "failed to attach shared memory" in said[-1]
            self.wait_until("a verdict on shared memory", verdict, name)
            self.assertEqual(works, " reps @ " in said[-1], said[-1])

    def test_a_player_is_heard_and_its_volume_is_the_desktops_to_set(self):
        name = self.start("player", "av://lavfi:sine=frequency=440")

        def stream():
            inputs = json.loads(self.in_session("pactl", "--format=json", "list", "sink-inputs"))
            return next((each for each in inputs if each["properties"].get("application.name") == "mpv"), None)
        self.wait_until("a stream of mpv", stream, name)
        self.in_session("pactl", "set-sink-input-volume", str(stream()["index"]), "30%")
        self.assertEqual({"30%"}, {channel["value_percent"] for channel in stream()["volume"].values()})
        self.assertEqual("running", self.client(name)["State"])

    def test_two_browsers_at_once_show_their_pages(self):
        first = self.start("browser", "file:///pages/red.html", name="red")
        self.wait_for_colour(RED, first)
        second = self.start("browser", "file:///pages/blue.html", name="blue")
        self.wait_for_colour(BLUE, second)
        self.assertEqual(["running", "running"], [self.client(name)["State"] for name in (first, second)])
        self.assertEqual(0, self.berthd.berth("stop", second).returncode)
        self.wait_for_colour(RED, first)


def load_tests(_, tests, __):
    why = host_lacks()
    for image in (IMAGE, *(f"localhost/berth/{name}:latest" for name in APPS)):
        if why is None and Podman("/tmp")("image", "exists", image).returncode != 0:
            why = f"image {image} is not there; packaging/images/build makes it"
    if why:
        print(f"skipped: {why}")
        sys.exit(77)
    return tests


if __name__ == "__main__":
    pathlib.Path(OUT).mkdir(parents=True, exist_ok=True)
    unittest.main(verbosity=2 if "-v" in sys.argv else 1)
