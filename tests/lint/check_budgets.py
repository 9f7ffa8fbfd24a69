#!/usr/bin/env python3
"""Checks the project's budgets on every tracked file.

usage: check_budgets.py ROOT

- no code or test file has more than 400 lines
- there are at least as many test lines as code lines
- no note of work to be done later
- no test sleeps: it waits for an event, or in its one bounded helper (a line that says "bounded poll")
- no file names a place of one machine

Prints each offence as FILE:LINE: sentence, and the counts; exit code 1 if there is an offence.
"""
import pathlib
import re
import subprocess
import sys

MAX_LINES = 400
SOURCE = {".cpp", ".hpp", ".h", ".c", ".py"}
LATER = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
SLEEP = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep|time\.sleep)\b|(?<![\w.:>])sleep\(")
PLACES = re.compile(r"/(?:work|home/[a-z]+)/(?!berth)[A-Za-z0-9_.]+/")
PROSE = {".md", ".json", ".xml", ".txt", ".in", ".cmake", ".service", ".socket", ".target", ".sh", ""}


def tracked(root):
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, text=True)
    if listed.returncode != 0:  # A source archive has no git; then everything but builds is looked at.
        names = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
        return [name for name in names if not name.startswith(("build/", "."))]
    return [name for name in listed.stdout.split("\0") if name and (root / name).is_file()]


def is_script(name, text):
    return "." not in pathlib.Path(name).name and text.startswith("#!")


def check_file(name, text, offend):
    lines = text.splitlines()
    suffix = pathlib.Path(name).suffix
    is_test = name.startswith("tests/")
    if (suffix in SOURCE or is_script(name, text)) and len(lines) > MAX_LINES:
        offend(name, len(lines), f"{len(lines)} lines, more than {MAX_LINES}")
    for number, line in enumerate(lines, 1):
        if LATER.search(line):
            offend(name, number, "a note of work for later")
        if is_test and (suffix in SOURCE) and SLEEP.search(line) and "bounded poll" not in line:
            offend(name, number, "a test sleeps")
        if PLACES.search(line):
            offend(name, number, "a place of one machine")


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    root = pathlib.Path(sys.argv[1]).resolve()
    offences = []
    code = tests = 0
    for name in tracked(root):
        if pathlib.Path(name).suffix not in SOURCE | PROSE:
            continue
        try:
            text = (root / name).read_text()
        except UnicodeDecodeError:
            continue
        if name != "tests/lint/check_budgets.py":
            check_file(name, text, lambda *offence: offences.append("{}:{}: {}".format(*offence)))
        if pathlib.Path(name).suffix in SOURCE or is_script(name, text):
            if name.startswith("tests/"):
                tests += len(text.splitlines())
            elif name.startswith(("daemon/", "client/")):
                code += len(text.splitlines())
    if tests < code:
        offences.append(f"tests: {tests} lines, fewer than the {code} of daemon and client")
    for offence in offences:
        print(offence)
    print(f"code {code} lines, tests {tests} lines, ratio {tests / max(code, 1):.2f}")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
