#!/usr/bin/env python3
"""As kill_test.py, with a desktop that holds a real terminal: the terminal is always a desktop's that runs, or a person's. Real engine,
real terminals; the desktop is one small program, so that every place can be had in twenty minutes.
"""
import sys
import unittest

import desktop_case
import kill_test
import terminal_desktop


class KilledWithATerminal(kill_test.Killed):
    """A desktop in mode vt, which leaves its terminal as a compositor does: in graphics, its switches and keyboard taken."""
    seat, desktop = "seat0", "terminal"

    def profiles(self):
        return {"terminal": terminal_desktop.PROFILE}

    def setUp(self):
        super().setUp()
        terminal_desktop.make_image(self.berthd.podman)
        self.addCleanup(terminal_desktop.remove_image, self.berthd.podman)
        self.home, self.lent = terminal_desktop.visible(), None

    def assert_seated(self, seat):
        super().assert_seated(seat)
        self.lent = seat["Vt"]
        self.assertEqual(terminal_desktop.visible(), self.lent)
        self.assertEqual(terminal_desktop.state_of(self.lent), terminal_desktop.TAKEN)

    def assert_vacant(self):
        super().assert_vacant()
        self.assertEqual(terminal_desktop.visible(), self.home)
        self.assertEqual(terminal_desktop.state_of(self.lent), terminal_desktop.RESTORED)

    def test_costs_no_desktop_and_no_terminal(self):
        self.kill_at_each()


def load_tests(_loader, tests, _):
    if why := desktop_case.host_lacks() or terminal_desktop.what_is_missing():
        print(f"skipped: {why}")
        sys.exit(77)
    return tests


if __name__ == "__main__":
    unittest.main(verbosity=2)
