#!/usr/bin/env python3
"""Adds up what the stages of tests/run left as JUnit XML.

summarize.py book DIR NAME STATUS SECONDS    books one command as one test
summarize.py report DIR STAGE...             prints failed and skipped tests by name and reason, then one line with the
                                             counts; exit status 1 if a test failed, or a stage or suite is missing
"""
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as xml

# Per stage, test programs that must have run: a suite that is not built any more would otherwise vanish unseen.
EXPECTED = pathlib.Path(__file__).with_name("expected-suites.json")


def book(folder, name, status, seconds):
    file = pathlib.Path(folder) / ("single-" + re.sub(r"[^a-z0-9]+", "-", name.lower()) + ".xml")
    suite = xml.Element("testsuite")
    case = xml.SubElement(suite, "testcase", name=name, time=seconds)
    if status == "77":
        xml.SubElement(case, "skipped", message="the command says so (exit status 77)")
    elif status != "0":
        xml.SubElement(case, "failure", message=f"exit status {status}")
    xml.ElementTree(suite).write(file)


def skip_reason(case):
    output = case.findtext("system-out") or ""
    lines = [line.strip() for line in output.splitlines()]
    for index, line in enumerate(lines):
        if line.endswith("Skipped") and index + 1 < len(lines) and lines[index + 1]:
            return lines[index + 1]
    element = case.find("skipped")
    return element.get("message") or "no reason given"


def last_words(case, lines=25):
    """The end of what a failed test printed: where a log is kept, often only its end is."""
    text = (case.findtext("system-out") or case.findtext("failure") or "").strip()
    return "".join(f"\n    {line}" for line in text.splitlines()[-lines:])


def report(folder, stages):
    passed, failed, skipped, suites = 0, [], [], {}
    for file in sorted(pathlib.Path(folder).glob("*.xml")):
        for case in xml.parse(file).getroot().iter("testcase"):
            name = case.get("name")
            stage = name.split(":")[0] if file.name.startswith("single-") else file.stem
            suites.setdefault(stage, set()).add(name.split(":")[0])
            if case.find("skipped") is not None:
                skipped.append(f"{stage}: {name}: {skip_reason(case)}")
            elif case.find("failure") is not None or case.get("status") == "fail":
                failed.append(f"{stage}: {name}{last_words(case)}")
            else:
                passed += 1
    expected = json.loads(EXPECTED.read_text())
    missing = [f"{stage}: {suite}" for stage in stages for suite in expected.get(stage, [])
               if suite not in suites.get(stage, set())]
    for title, names in (("skipped", skipped), ("missing", missing), ("failed", failed)):
        for name in names:
            print(f"{title}: {name}")
    total = passed + len(failed) + len(skipped)
    print(f"{passed} tests passed, {len(failed)} tests failed, {len(skipped)} skipped, "
          f"{len(missing)} suites missing, out of {total} tests")
    return 1 if failed or missing or not total else 0


if __name__ == "__main__":
    if sys.argv[1] == "book":
        book(*sys.argv[2:6])
    else:
        sys.exit(report(sys.argv[2], sys.argv[3:]))
