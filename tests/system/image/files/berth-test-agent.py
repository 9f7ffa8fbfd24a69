#!/usr/bin/env python3
"""The test's hands inside the virtual PC: runs commands that arrive on a virtio-serial port.

One JSON object a line in both directions; the bytes of the streams travel as base64.

  from the test   {"id": N, "argv": [...], "env": {...}, "stdin": B64}   start a command
                  {"id": N, "signal": 15}                                signal the command N, its group with it
                  {"ping": TOKEN}                                        answer at once
  to the test     {"hello": BOOT_ID}                                     the agent is there (again)
                  {"pong": TOKEN}
                  {"id": N, "out": B64} {"id": N, "err": B64}            what the command wrote, as it is written
                  {"id": N, "rc": R}                                     it ended; a signal is 128 + its number

Commands run side by side, one thread a stream, so that a long-running monitor does not hold up the rest.
"""
import base64
import json
import os
import signal
import subprocess
import sys
import threading

PORT = "/dev/virtio-ports/org.berth.test"


class Agent:
    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self.lock = threading.Lock()
        self.running = {}

    def say(self, **message):
        data = (json.dumps(message) + "\n").encode()
        with self.lock:
            while data:
                data = data[os.write(self.fd, data):]

    def pump(self, number, name, stream):
        while chunk := os.read(stream.fileno(), 32768):
            self.say(**{"id": number, name: base64.b64encode(chunk).decode()})
        stream.close()

    def serve_command(self, number, request):
        environment = dict(os.environ, **request.get("env", {}))
        try:
            process = subprocess.Popen(request["argv"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, env=environment, start_new_session=True, cwd="/root")
        except OSError as error:
            self.say(id=number, err=base64.b64encode(str(error).encode()).decode())
            self.say(id=number, rc=127)
            return
        self.running[number] = process
        pumps = [threading.Thread(target=self.pump, args=(number, name, stream))
                 for name, stream in (("out", process.stdout), ("err", process.stderr))]
        for thread in pumps:
            thread.start()
        try:
            process.stdin.write(base64.b64decode(request.get("stdin", "")))
            process.stdin.close()
        except BrokenPipeError:
            pass  # the command did not want its input; its exit status tells the rest
        rc = process.wait()
        for thread in pumps:
            thread.join()
        del self.running[number]
        self.say(id=number, rc=rc if rc >= 0 else 128 - rc)

    def signal_command(self, number, which):
        process = self.running.get(number)
        if process is not None:
            try:
                os.killpg(process.pid, which)
            except ProcessLookupError:
                pass  # it ended between the look-up and the signal

    def run(self):
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as boot:
            self.say(hello=boot.read().strip())
        pending = b""
        while chunk := os.read(self.fd, 65536):
            *lines, pending = (pending + chunk).split(b"\n")
            for line in filter(None, lines):
                self.handle(json.loads(line))

    def handle(self, request):
        if "ping" in request:
            self.say(pong=request["ping"])
        elif "signal" in request:
            self.signal_command(request["id"], request["signal"])
        else:
            threading.Thread(target=self.serve_command, args=(request["id"], request), daemon=True).start()


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    sys.exit(Agent(PORT).run())
