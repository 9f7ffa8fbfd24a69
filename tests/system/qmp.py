"""A small client of QEMU's machine protocol (QMP), and the way from text to its key names."""
import json
import socket

SHIFTED = dict(zip('!@#$%^&*()_+{}:"<>?|~', [
    "1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "minus", "equal", "bracket_left", "bracket_right", "semicolon",
    "apostrophe", "comma", "dot", "slash", "backslash", "grave_accent"]))
PLAIN = {" ": "spc", "\n": "ret", "\t": "tab", "-": "minus", "=": "equal", "[": "bracket_left", "]": "bracket_right",
         ";": "semicolon", "'": "apostrophe", ",": "comma", ".": "dot", "/": "slash", "\\": "backslash",
         "`": "grave_accent"}


class QmpError(RuntimeError):
    """QEMU refused a command; the text is its description."""


def keys_for(character):
    """The chord of QEMU key codes that types one character on a US keyboard."""
    if character.isascii() and (character.isdigit() or character.islower()):
        return [character]
    if character.isascii() and character.isupper():
        return ["shift", character.lower()]
    if character in SHIFTED:
        return ["shift", SHIFTED[character]]
    if character in PLAIN:
        return [PLAIN[character]]
    raise ValueError(f"no key of a US keyboard types {character!r}")


class Qmp:
    """One connection. Events that arrive between answers are dropped: nothing here waits for one."""

    def __init__(self, path, timeout_s=60):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout_s)
        self.socket.connect(str(path))
        self.stream = self.socket.makefile("rw")
        self._read()
        self.command("qmp_capabilities")

    def _read(self):
        line = self.stream.readline()
        if not line:
            raise QmpError("QEMU closed the connection")
        return json.loads(line)

    def command(self, name, **arguments):
        self.stream.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.stream.flush()
        while True:
            answer = self._read()
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise QmpError(f"{name}: {answer['error']['desc']}")

    def monitor(self, line):
        """A command of the human monitor; what it prints on failure is its only sign of one."""
        said = self.command("human-monitor-command", **{"command-line": line}).strip()
        if said:
            raise QmpError(f"{line}: {said}")

    def keys(self, keys, down, device="screen", head=0):
        """Presses or releases keys of the keyboard that a screen has; without one of its own, of the PC's. Not by
        "send-key": QEMU releases its keys by a timer of the guest's clock, which goes back with a machine that is restored,
        and all later keys then wait behind that timer."""
        self.command("input-send-event", device=device, head=head, events=[
            {"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": key}}} for key in keys])

    def close(self):
        try:
            self.stream.close()
        except OSError:
            pass  # the PC switched itself off: nobody takes the last bytes
        self.socket.close()
