#!/usr/bin/env python3
"""What tests/summarize.py makes of the files that stages leave."""
import contextlib
import io
import pathlib
import tempfile
import unittest

import summarize

WELL = '<testcase name="{}" status="run"/>'
FAILED = '<testcase name="{}" status="fail"><failure message="x"/><system-out>last words</system-out></testcase>'


class Report(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def told(self, stage, *cases):
        (self.folder / f"{stage}.xml").write_text(f"<testsuite>{''.join(cases)}</testsuite>")

    def told_by_program(self, stage, program, cases):
        (self.folder / f"{stage}-cases").mkdir(exist_ok=True)
        (self.folder / f"{stage}-cases" / f"{program}.xml").write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")

    def report(self):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            status = summarize.report(self.folder, ["stage-without-list"])
        return status, out.getvalue().splitlines()

    def test_each_entry_is_a_test(self):
        self.told("dev", WELL.format("a: One.Two"), WELL.format("b: Three.Four"))
        self.assertEqual((0, ["2 tests passed, 0 tests failed, 0 skipped, 0 suites missing, out of 2 tests"]), self.report())

    def test_a_failed_one_fails_the_report_and_is_named_with_its_last_words(self):
        self.told("dev", WELL.format("a: One.Two"), FAILED.format("b: Three.Four"))
        status, lines = self.report()
        self.assertEqual((1, ["failed: dev: b: Three.Four", "    last words"]), (status, lines[:2]))

    def test_a_program_that_is_one_entry_counts_by_its_cases(self):
        self.told("asan", WELL.format("a: all"))
        self.told_by_program("asan", "a", '<testcase name="Two" classname="One"/><testcase name="Three" classname="One">'
                                          '<skipped message="file.cpp:3&#10;no card here"/></testcase>')
        self.assertEqual((0, ["skipped: asan: a: One.Three: no card here",
                              "1 tests passed, 0 tests failed, 1 skipped, 0 suites missing, out of 2 tests"]), self.report())

    def test_a_case_that_fails_in_such_a_program_is_named_once(self):
        self.told("asan", FAILED.format("a: all"))
        self.told_by_program("asan", "a", '<testcase name="Two" classname="One"/><testcase name="Three" classname="One">'
                                          '<failure message="m">file.cpp:7&#10;4 is not 5</failure></testcase>')
        status, lines = self.report()
        self.assertEqual((1, "failed: asan: a: One.Three"), (status, lines[0]))
        self.assertEqual("1 tests passed, 1 tests failed, 0 skipped, 0 suites missing, out of 2 tests", lines[-1])

    def test_such_a_program_that_crashed_has_failed(self):
        self.told("asan", FAILED.format("a: all"), WELL.format("b: all"))
        self.told_by_program("asan", "b", '<testcase name="Two" classname="One"/>')
        status, lines = self.report()
        self.assertEqual((1, "failed: asan: a: all"), (status, lines[0]))

    def test_one_whose_cases_all_passed_and_that_failed_at_its_end_has_failed(self):
        self.told("asan", FAILED.format("a: all"))
        self.told_by_program("asan", "a", '<testcase name="Two" classname="One"/>')
        status, lines = self.report()
        self.assertEqual((1, "failed: asan: a: all"), (status, lines[0]))


if __name__ == "__main__":
    unittest.main()
