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


def told_cases(file):
    """What a program told of its cases, by GoogleTest's own XML; nothing where it ended before it could."""
    if not file.exists():
        return
    for case in xml.parse(file).getroot().iter("testcase"):
        name = f"{file.stem}: {case.get('classname')}.{case.get('name')}"
        skipped, failures = case.find("skipped"), case.findall("failure")
        yield (name, "skipped" if skipped is not None else "failed" if failures else "passed",
               (skipped.get("message") or "").strip().splitlines()[-1:] if skipped is not None else
               [f"\n    {line}" for failure in failures for line in (failure.text or "").strip().splitlines()])


def cases_of(file):
    """(name, how it ended, the words on that) of every test that a stage's file tells of."""
    for case in xml.parse(file).getroot().iter("testcase"):
        name = case.get("name")
        if case.find("skipped") is not None:
            yield name, "skipped", [skip_reason(case)]
            continue
        ended_well = case.find("failure") is None and case.get("status") != "fail"
        told = list(told_cases(file.with_name(f"{file.stem}-cases") / f"{name.removesuffix(': all')}.xml"))
        yield from told
        if not ended_well and all(how != "failed" for _, how, _ in told):
            yield name, "failed", [last_words(case)]
        elif not told:
            yield name, "passed", []


def report(folder, stages):
    passed, failed, skipped, suites = 0, [], [], {}
    for file in sorted(pathlib.Path(folder).glob("*.xml")):
        for name, how, words in cases_of(file):
            stage = name.split(":")[0] if file.name.startswith("single-") else file.stem
            suites.setdefault(stage, set()).add(name.split(":")[0])
            if how == "skipped":
                skipped.append(f"{stage}: {name}: {''.join(words) or 'no reason given'}")
            elif how == "failed":
                failed.append(f"{stage}: {name}{''.join(words)}")
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
