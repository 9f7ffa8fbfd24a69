"""How a run on a virtual PC goes: its tests in the order in which they are written, and the outcome of each kept for ctest."""
import argparse
import json
import pathlib
import sys
import unittest

from seat_test import OUTPUT, SeatTest


class InOrder(unittest.TestLoader):
    """Tests run as they are written: a class's own first, then those that it has of others."""

    def getTestCaseNames(self, testCaseClass):  # noqa: N802 (unittest's name)
        def place(name):
            depth = next(at for at, part in enumerate(testCaseClass.__mro__) if name in vars(part))
            return depth, getattr(testCaseClass, name).__code__.co_firstlineno
        return sorted(super().getTestCaseNames(testCaseClass), key=place)


def sentence(test):
    """What ctest calls a test: its name as a sentence, after what it is about where its class says that."""
    subject = getattr(test, "subject", None)
    name = test._testMethodName.removeprefix("test_").replace("_", " ")
    return f"{subject()}: {name}" if subject else name


def each(suite):
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from each(part)
        else:
            yield part


class Booked(unittest.TextTestResult):
    """Keeps each test's outcome, for the entries of ctest that report them one by one."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.outcomes = {}

    def stopTest(self, test):  # noqa: N802 (unittest's name)
        super().stopTest(test)
        told = [text for failed, text in self.failures + self.errors if failed is test]
        self.outcomes[sentence(test)] = {"passed": not told, "text": "\n".join(told)}


def report(results, name):
    """The outcome of one test of the run that is over, for ctest."""
    outcome = json.loads(results.read_text()).get(name)
    if outcome is None:
        sys.exit(f"the run ended before this test: see {OUTPUT}")
    print(outcome["text"] or "passed")
    return 0 if outcome["passed"] else 1


def arguments(description, machine):
    """The options that every run has. `machine` is where image/build wrote the machine by default."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machine", default=machine, type=pathlib.Path, help="what image/build printed")
    parser.add_argument("--list", action="store_true", help="print the tests' names and end")
    parser.add_argument("--results", type=pathlib.Path, help="keep each test's outcome there; status 0 if all were run")
    parser.add_argument("--report", metavar="NAME", help="repeat the outcome of one test from the results, and end")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="run the tests that many times, to the first failure")
    parser.add_argument("tests", nargs="*", metavar="Class.test", help="only these")
    return parser


def tell(story, module, options):
    """Does what the options ask for with the tests of these classes of a module, and returns the exit status."""
    if options.report:
        return report(options.results, options.report)
    loader = InOrder()

    def load():
        if options.tests:
            return loader.loadTestsFromNames(options.tests, module)
        return unittest.TestSuite(loader.loadTestsFromTestCase(part) for part in story)
    if options.list:
        print("\n".join(sentence(test) for test in each(load())))
        return 0
    if options.results:
        options.results.unlink(missing_ok=True)
    SeatTest.machine = json.loads(options.machine.read_text())
    OUTPUT.mkdir(parents=True, exist_ok=True)
    try:
        for number in range(1, options.repeat + 1):
            suite = load()
            count = suite.countTestCases()
            result = unittest.TextTestRunner(verbosity=2, resultclass=Booked).run(suite)
            if options.repeat > 1:
                print(f"round {number} of {options.repeat}: {'passed' if result.wasSuccessful() else 'failed'}", flush=True)
            if not result.wasSuccessful():
                break
    finally:
        SeatTest.end_pc()
    if options.results:
        options.results.write_text(json.dumps(result.outcomes, indent=2))
        return 0 if result.testsRun == len(result.outcomes) == count else 1
    return 0 if result.wasSuccessful() else 1
