"""Runs desktop containers for the image's test as berthd does: a door, a runtime directory, a machine-id, a /tmp volume."""
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def run(*command, check=True, timeout=60, **options):
    """subprocess.run with captured text; an unexpected failure shows the command's own words."""
    result = subprocess.run(command, capture_output=True, timeout=timeout, check=False, **options)
    if check and result.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit status {result.returncode}: "
                             f"{(result.stdout + result.stderr).decode(errors='replace').strip()}")
    return result


def podman(*arguments, **options):
    return run("podman", *arguments, **options)


def words(result):
    return (result.stdout + result.stderr).decode(errors="replace").strip()


def configure_podman(directory):
    """This host's podman settings, where its defaults do not work and the caller has set none."""
    if os.environ.get("CONTAINERS_CONF"):
        return
    needed = run(os.path.join(ROOT, "packaging/images/host-containers-conf")).stdout
    if needed:
        path = os.path.join(directory, "containers.conf")
        with open(path, "wb") as file:
            file.write(needed)
        os.environ["CONTAINERS_CONF"] = path


def wait_until(condition, seconds, what):
    """A bounded poll, for what neither podman nor the desktop tells by an event."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.1)  # bounded poll


class Desktop:
    """One desktop container with its host side; remove() takes all of it away."""

    def __init__(self, image, uid=1000, user="berth", with_socket=True, **environment):
        self.image, self.uid, self.user = image, uid, user
        self.name = f"berth-image-test-{uuid.uuid4().hex[:8]}"
        self.volume = self.name + "-tmp"
        self.directory = tempfile.mkdtemp(prefix="berth-image-test-")
        self.door, self.runtime = (os.path.join(self.directory, name) for name in ("door", "runtime"))
        os.mkdir(self.door)
        os.mkdir(self.runtime)
        os.chmod(self.directory, 0o755)
        self.machine_id = uuid.uuid4().hex
        with open(os.path.join(self.directory, "machine-id"), "w", encoding="ascii") as file:
            file.write(self.machine_id + "\n")
        self.environment = {
            "BERTH_SEAT": "seat0", "BERTH_DESKTOP": "gnome", "BERTH_MODE": "headless", "BERTH_USER": user,
            "BERTH_UID": uid, "BERTH_GID": uid, "BERTH_WIDTH": 1024, "BERTH_HEIGHT": 640, "BERTH_VT": 0,
            "BERTH_GROUPS": "video:44 audio:29", **environment}
        with open(os.path.join(self.door, "desktop.env"), "w", encoding="utf-8") as file:
            file.writelines(f'{key}="{value}"\n' for key, value in self.environment.items())
        self.self_server = self._serve_self() if with_socket else None
        podman("volume", "create", self.volume)

    def _serve_self(self):
        server = subprocess.Popen([sys.executable, os.path.join(HERE, "fake_self.py"), os.path.join(self.door, "bus")],
                                  stdout=subprocess.PIPE)
        wait_until(lambda: os.path.exists(os.path.join(self.door, "bus")), 10, "the door's socket")
        return server

    def mounts(self):
        return ["-v", f"{self.runtime}:/run/user/{self.uid}", "-v", f"{self.volume}:/tmp"]

    def start(self):
        podman("run", "-d", "--name", self.name, "--hostname", "desktop", "--systemd=always", "--network", "none",
               "--ipc", "shareable", "-v", f"{self.door}:/run/berth:ro,rslave",
               "-v", f"{self.directory}/machine-id:/etc/machine-id:ro", *self.mounts(), self.image, "/sbin/init")

    def session_ready(self, seconds):
        """The facts of the SessionReady call."""
        readable, _, _ = select.select([self.self_server.stdout], [], [], seconds)
        if not readable:
            raise AssertionError(f"no SessionReady within {seconds} s; {words(self.exec('berth', 'log', check=False))}")
        call = json.loads(self.self_server.stdout.readline())
        if call["member"] != "SessionReady":
            raise AssertionError(f"the door was asked for {call}")
        return call["body"][0]

    def exec(self, *command, **options):
        return podman("exec", self.name, *command, **options)

    def exec_as_user(self, *command, **options):
        runtime = f"/run/user/{self.uid}"
        return podman("exec", "--user", f"{self.uid}:{self.uid}", "-e", f"XDG_RUNTIME_DIR={runtime}",
                      "-e", f"DBUS_SESSION_BUS_ADDRESS=unix:path={runtime}/bus", self.name, *command, **options)

    def client(self, *command, detach=False, **environment):
        """A plain container of the same image, given the desktop's runtime directory and /tmp, as berthd gives them."""
        runtime = f"/run/user/{self.uid}"
        variables = {"XDG_RUNTIME_DIR": runtime, "WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0", "HOME": "/tmp",
                     "XAUTHORITY": f"{runtime}/berth-xauthority", "PULSE_SERVER": f"unix:{runtime}/pulse/native",
                     **environment}
        flags = [flag for key, value in variables.items() for flag in ("-e", f"{key}={value}")]
        return podman("run", *(["-d"] if detach else ["--rm"]), "--name", f"{self.name}-client", "--network", "none",
                      "--ipc", f"container:{self.name}", "--user", f"{self.uid}:{self.uid}", *flags, *self.mounts(),
                      self.image, *command, check=False)

    def screenshot(self):
        return self.exec("berth", "screenshot", "-").stdout

    def inspect(self, field):
        return words(podman("inspect", "--format", "{{" + field + "}}", self.name))

    def wait_for_exit(self, seconds):
        return int(words(podman("wait", "--interval", "100ms", self.name, timeout=seconds)))

    def remove(self):
        for name in (self.name + "-client", self.name):
            podman("rm", "-f", "-t", "0", name, check=False)
        podman("volume", "rm", "-f", self.volume, check=False)
        if self.self_server:
            self.self_server.kill()
            self.self_server.wait()
            self.self_server.stdout.close()
        shutil.rmtree(self.directory, ignore_errors=True)
