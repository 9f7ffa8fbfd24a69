"""What the tests of a desktop on this machine have in common."""
import os
import sys
import unittest

from harness import IMAGE, SEAT, Berthd, Podman, run


def host_lacks():
    """Why these tests cannot run here, or nothing."""
    if os.geteuid() != 0:
        return "needs root"
    if run("sh", "-c", "command -v podman").returncode != 0:
        return "podman is not installed"
    return None


class DesktopTest(unittest.TestCase):
    seat = SEAT

    def setUp(self):
        self.berthd = Berthd(*self.arguments(), profiles=self.profiles(), seat=self.seat)
        self.addCleanup(self.berthd.close)

    def profiles(self):
        return {}

    def arguments(self):
        """What else berthd is started with."""
        return ()

    def assert_nothing_left(self):
        self.assertFalse(self.berthd.podman.exists(self.berthd.container), "the container is still there")
        self.assertEqual(self.berthd.mounts(), [], "the door is still mounted")
        self.assertFalse((self.berthd.runtime / f"seats/{self.seat}").exists(), "the seat's directory is still there")

    def assert_vacant(self):
        self.assertEqual(self.berthd.seat()["State"], "vacant")
        self.assert_nothing_left()

    def failure(self):
        return " ".join(str(part) for part in self.berthd.seat()["LastFailure"])


def load_tests(loader, tests, _):
    why = host_lacks()
    if why is None and Podman("/tmp")("image", "exists", IMAGE).returncode != 0:
        why = f"image {IMAGE} is not there; packaging/images/build makes it"
    if why:
        print(f"skipped: {why}")
        sys.exit(77)
    return tests
