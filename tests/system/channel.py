"""The test's end of the agent inside the virtual PC (image/files/berth-test-agent.py says what travels)."""
import base64
import itertools
import json
import queue
import shlex
import socket
import threading
import time


class GuestError(AssertionError):
    """A command in the PC failed, or did not end in time."""


class Result:
    """How a command in the PC ended: `rc`, and `out` and `err` as bytes."""

    def __init__(self, argv, rc, out, err):
        self.argv, self.rc, self.out, self.err = argv, rc, out, err

    @property
    def text(self):
        return self.out.decode(errors="replace")

    def __str__(self):
        return (f"{shlex.join(self.argv)} → {self.rc}\n{self.text.strip()}\n"
                f"{self.err.decode(errors='replace').strip()}").strip()


class Command:
    """A command that runs in the PC. `lines` gives what it writes as it comes; `wait` its end."""

    def __init__(self, channel, number, argv):
        self.channel, self.number, self.argv = channel, number, argv
        self.messages = queue.Queue()
        self.out, self.err, self.rc = b"", b"", None

    def _take(self, deadline):
        left = deadline - time.monotonic()
        try:
            message = self.messages.get(timeout=max(left, 0.001))
        except queue.Empty:
            raise GuestError(f"no end, or no further output, in time: {Result(self.argv, '?', self.out, self.err)}") from None
        self.out += base64.b64decode(message.get("out", ""))
        self.err += base64.b64decode(message.get("err", ""))
        self.rc = message.get("rc", self.rc)

    def wait(self, timeout_s):
        deadline = time.monotonic() + timeout_s
        while self.rc is None:
            self._take(deadline)
        return Result(self.argv, self.rc, self.out, self.err)

    def wait_for_line(self, accept, timeout_s):
        """Blocks until a line of its output is accepted by the function given, and returns that line."""
        deadline = time.monotonic() + timeout_s
        seen = 0
        while True:
            lines = self.out.decode(errors="replace").split("\n")[:-1]
            for line in lines[seen:]:
                if accept(line):
                    return line
            seen = len(lines)
            if self.rc is not None:
                raise GuestError(f"ended before the line came: {Result(self.argv, self.rc, self.out, self.err)}")
            self._take(deadline)

    def end(self, signal=15):
        self.channel.say(id=self.number, signal=signal)


class Channel:
    """The connection to the agent. One reader thread hands messages to the commands they belong to."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.numbers = itertools.count(1)
        self.commands = {}
        self.greetings = queue.Queue()
        self.lock = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        with self.socket.makefile("rb") as stream:
            for line in stream:
                try:
                    message = json.loads(line)
                except ValueError:
                    continue  # half a line from before a reboot; the greeting follows
                if "id" in message:
                    command = self.commands.get(message["id"])
                    if command is not None:
                        command.messages.put(message)
                else:
                    self.greetings.put(message)

    def say(self, **message):
        with self.lock:
            self.socket.sendall((json.dumps(message) + "\n").encode())

    def wait_for_agent(self, timeout_s):
        """Blocks until the agent says that it is there."""
        try:
            self.greetings.get(timeout=timeout_s)
        except queue.Empty:
            raise GuestError(f"the PC's agent did not answer within {timeout_s} s") from None

    def forget_greetings(self):
        """The next wait_for_agent is for one that comes from now on."""
        while not self.greetings.empty():
            self.greetings.get_nowait()

    def start(self, argv, stdin=b"", env=None):
        command = Command(self, next(self.numbers), argv)
        self.commands[command.number] = command
        self.say(id=command.number, argv=argv, stdin=base64.b64encode(stdin).decode(), env=env or {})
        return command

    def close(self):
        self.socket.close()
