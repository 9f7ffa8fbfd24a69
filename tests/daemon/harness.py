"""A berthd of one's own for a test: private bus, directories of its own, the real container engine.

Nothing here sleeps: it waits on the bus, on a process, or on a file descriptor, each with a time limit.
"""
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BERTH_BUILD", SOURCE / "build/dev"))
IMAGE = os.environ.get("BERTH_TEST_IMAGE", "localhost/berth/gnome:latest")
OUT = pathlib.Path(os.environ.get("BERTH_TEST_OUT", BUILD / "test-output/desktop"))
SEAT = os.environ.get("BERTH_TEST_SEAT", "test-seat")  # two runs on one machine need two
CONTAINER = f"berth-{SEAT}"

BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <allow send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="*"/>
  </policy>
  <policy user="root"><allow own="*"/></policy>
</busconfig>
"""


def run(*command, timeout=60, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, **options)


class Podman:
    """The podman command with the settings that this host needs."""

    def __init__(self, folder):
        conf = run(SOURCE / "packaging/images/host-containers-conf").stdout
        self.environment = dict(os.environ)
        if conf:
            path = pathlib.Path(folder) / "containers.conf"
            path.write_text(conf)
            self.environment["CONTAINERS_CONF"] = str(path)

    def __call__(self, *arguments, **options):
        return run("podman", *arguments, env=self.environment, **options)

    def exists(self, container):
        return self("container", "exists", container).returncode == 0

    def init_pid(self, container):
        return int(self("inspect", "--format", "{{.State.Pid}}", container).stdout or 0)


class Berthd:
    """One berthd on one private bus, with one seat."""

    def __init__(self, *arguments, profiles=None, seat=SEAT):
        self.seat_name = seat
        self.container = f"berth-{seat}"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="berth-test-", dir=os.environ.get("BERTH_TEST_RUN", "/run")))
        os.chmod(self.folder, 0o755)
        self.runtime = self.folder / "run"
        self.state = self.folder / "state"
        self.config = self.folder / "config"
        (self.config / "desktops").mkdir(parents=True)
        self.podman = Podman(self.folder)
        self.bus = f"unix:path={self.folder}/bus"
        self.arguments = arguments
        self.daemon = None
        self.profile("gnome")
        for name, changes in (profiles or {}).items():
            self.profile(name, **changes)
        (self.folder / "bus.conf").write_text(BUS_CONFIG.format(socket=self.folder / "bus"))
        self.bus_process = subprocess.Popen(
            ["dbus-daemon", f"--config-file={self.folder}/bus.conf", "--nofork", "--print-address"],
            stdout=subprocess.PIPE, text=True)
        assert self.bus_process.stdout.readline(), "the private bus did not start"
        self.start()

    def profile(self, name, shipped="gnome", **changes):
        """Writes desktops/NAME.json: a shipped profile, GNOME's by default, with changes."""
        profile = json.loads((SOURCE / f"packaging/desktops/{shipped}.json").read_text())
        if shipped == "gnome":
            profile["image"] = IMAGE
        profile.update({"mode": "headless", **changes})
        (self.config / f"desktops/{name}.json").write_text(json.dumps(profile, indent=2))

    def start(self):
        """Starts berthd and waits until it is on its bus."""
        with open(self.folder / "berthd.log", "a", encoding="utf-8") as log:
            self.daemon = subprocess.Popen(
                [BUILD / "daemon/berthd", "--bus", self.bus, "--runtime-dir", self.runtime, "--state-dir", self.state,
                 "--config-dir", self.config, "--seat", self.seat_name, "--restore-helper", BUILD / "daemon/guard/berth-restore",
                 *self.arguments], stderr=log, stdout=log)
        named = run("gdbus", "wait", "--address", self.bus, "--timeout", "30", "org.berth.Berth1")
        assert named.returncode == 0, f"berthd did not come to its bus:\n{self.log()}"

    def jobs(self):
        return json.loads(self.berth("status", "--json").stdout)["jobs"]

    def log(self):
        return (self.folder / "berthd.log").read_text()

    def berth(self, *arguments, timeout=180, user=None):
        command = [str(BUILD / "client/cli/berth"), "--bus", self.bus, *arguments]
        if user is not None:
            command = ["setpriv", f"--reuid={user}", "--clear-groups", *command]
        return run(*command, timeout=timeout)

    def up(self, desktop="gnome", *arguments):
        return self.berth("up", desktop, "--seat", self.seat_name, *arguments)

    def down(self, *arguments):
        return self.berth("down", "--seat", self.seat_name, *arguments)

    def seat(self):
        status = json.loads(self.berth("status", "--json").stdout)
        return next(seat for seat in status["seats"] if seat["Name"] == self.seat_name)

    def monitor(self):
        return Monitor(self)

    def mounts(self):
        lines = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
        return [line.split()[4] for line in lines if line.split()[4].startswith(str(self.folder))]

    def stop(self, number=signal.SIGTERM, limit=90):
        self.daemon.send_signal(number)
        return self.daemon.wait(limit)

    def clear(self):
        """No berthd and no desktop of it, however they are."""
        if self.daemon.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.daemon.kill()
                self.daemon.wait()
        self.podman("rm", "-f", "-t", "1", self.container)
        self.podman("volume", "rm", "-f", f"{self.container}-tmp")

    def close(self):
        self.clear()
        self.bus_process.terminate()
        self.bus_process.wait()
        for mount in sorted(self.mounts(), reverse=True):
            run("umount", mount)
        shutil.rmtree(self.folder)


class Monitor:
    """`berth monitor` in the background, to wait for what it says."""

    def __init__(self, berthd):
        self.process = subprocess.Popen([BUILD / "client/cli/berth", "--bus", berthd.bus, "monitor"],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0)
        self.seen = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def wait_for(self, *words, limit=120):
        """Reads until one line has all words, and returns that line."""
        descriptor = self.process.stdout.fileno()
        while True:
            for line in self.seen.splitlines():
                if all(word in line for word in words):
                    return line
            readable, _, _ = select.select([descriptor], [], [], limit)
            assert readable, f"nothing with {words} in {limit} s; seen:\n{self.seen}"
            data = os.read(descriptor, 65536)
            assert data, f"the monitor ended before {words}; seen:\n{self.seen}"
            self.seen += data.decode()

    def wait_until(self, holds, limit=120):
        """Asks again whenever something was said, until the question holds."""
        while not holds():
            readable, _, _ = select.select([self.process.stdout.fileno()], [], [], limit)
            assert readable, f"nothing more was said in {limit} s; seen:\n{self.seen}"
            self.seen += os.read(self.process.stdout.fileno(), 65536).decode()
