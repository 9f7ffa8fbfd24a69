"""A few lines of test runner: each test is a function whose docstring is a sentence; results are printed as TAP."""
import sys
import time
import traceback


class Skip(Exception):
    """A test that cannot run here; its text says why."""


def run(tests, fatal=()):
    """Runs the functions in order and returns the exit status. A failure of one in `fatal` skips the rest."""
    failed = skipped = 0
    broken = None
    print(f"1..{len(tests)}", flush=True)
    for number, test in enumerate(tests, 1):
        sentence = " ".join(test.__doc__.split())
        started = time.monotonic()
        try:
            if broken:
                raise Skip(f"it needs: {broken}")
            test()
            print(f"ok {number} - {sentence} ({time.monotonic() - started:.1f} s)", flush=True)
        except Skip as reason:
            skipped += 1
            print(f"ok {number} - {sentence} # SKIP {reason}", flush=True)
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"not ok {number} - {sentence}", flush=True)
            for line in traceback.format_exc().splitlines():
                print(f"# {line}", flush=True)
            if test in fatal:
                broken = sentence
    print(f"{len(tests) - failed - skipped} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed else 0


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def expect_equal(got, wanted, what):
    expect(got == wanted, f"{what} is {got!r}, not {wanted!r}")


def main(tests, fatal=()):
    sys.exit(run(tests, fatal))
