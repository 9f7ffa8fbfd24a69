"""Screens and graphics cards that come and go while a desktop runs."""
import json
import re

from host_seat import HostSeatTest
from pc import wait_until
from plugging import PLUGGED_S, PluggingTest
from qmp import QmpError
from seat_test import CONTAINER, DRAWN_S


class ScreensTest(HostSeatTest, PluggingTest):
    def init(self):
        return self.pc.text(["podman", "inspect", "--format", "{{.State.Pid}}", CONTAINER])

    def monitors(self):
        """The connectors of the monitors that the compositor knows."""
        state = self.in_session("gdbus call --session --dest org.gnome.Mutter.DisplayConfig --object-path "
                                "/org/gnome/Mutter/DisplayConfig --method org.gnome.Mutter.DisplayConfig.GetCurrentState")
        return set(re.findall(r"\(\('([^']+)', '[^']*', '[^']*', '[^']*'\), \[", state))

    def displays(self):
        return [device for device in json.loads(self.pc.text(["berth", "devices", "--json"])) if device["Kind"] == "display"]

    def cards(self):
        return [device for device in json.loads(self.pc.text(["berth", "devices", "--json"])) if device["Kind"] == "gpu"]

    def let_go_of_the_card(self):
        try:
            self.pc.qmp.command("device_del", id="late-card")
        except QmpError:
            pass  # it has gone already

    def can_open(self, node):
        return self.pc.run(["podman", "exec", CONTAINER, "sh", "-c", f": <>{node}"], check=False).rc == 0


class Screens(ScreensTest):
    def test_a_screen_that_is_plugged_in_is_used_by_the_desktop_and_let_go_of(self):
        self.ensure_seated()
        init, first, shown = self.init(), self.monitors(), self.displays()
        self.assertEqual((1, 1), (len(first), len(shown)))
        cable = self.pc.second_output()
        self.addCleanup(cable.unplug)
        cable.plug(800, 600)
        wait_until("a second monitor on the desktop", lambda: len(self.monitors()) == 2, DRAWN_S, pause_s=1)
        wait_until("a second display of the seat's", lambda: len(self.displays()) == 2, PLUGGED_S, pause_s=1)
        self.pc.save_screen("second-screen-first")
        self.pc.save_screen("second-screen", head=1)
        cable.unplug()
        wait_until("the first monitor alone", lambda: self.monitors() == first, DRAWN_S, pause_s=1)
        wait_until("the first display alone", lambda: self.displays() == shown, PLUGGED_S, pause_s=1)
        self.assertEqual(("seated", init), (self.seat("State"), self.init()))

    def test_a_second_card_that_is_plugged_in_ends_no_session(self):
        """The profile says "ignore": the compositor hears of it when it comes up anew."""
        self.ensure_seated()
        init, first = self.init(), self.monitors()
        heard = self.hears_udev(subsystem="drm")
        self.pc.qmp.command("device_add", driver="bochs-display", bus="late", id="late-card")
        self.addCleanup(self.let_go_of_the_card)  # a machine with another card cannot go back to where another test begins
        wait_until("the card among the host's devices", lambda: len(self.cards()) == 2, PLUGGED_S, pause_s=1)
        self.pc.run(["udevadm", "trigger", "--action=change", "/dev/dri/card0"])
        heard.wait_for_line(lambda line: line == "DEVNAME=/dev/dri/card0", PLUGGED_S)  # all that was said before it was dealt with
        self.assertNotIn("DEVNAME=/dev/dri/card1", heard.out.decode().splitlines())
        self.assertEqual((first, "seated", init), (self.monitors(), self.seat("State"), self.init()))
        self.let_go_of_the_card()
        wait_until("the card to go", lambda: len(self.cards()) == 1, PLUGGED_S, pause_s=1)
        self.assertEqual((first, "seated", init), (self.monitors(), self.seat("State"), self.init()))

    def test_a_render_node_that_comes_may_be_opened_on_the_desktop_and_not_before(self):
        self.ensure_seated()
        init, nodes = self.init(), set(self.seat("Devices"))
        self.pc.run(["modprobe", "vgem"])  # a GPU without hardware; it stays until the PC goes back to where another test begins

        def came():
            return sorted(node for node in set(self.seat("Devices")) - nodes if "/renderD" in node)
        wait_until("a render node", came, PLUGGED_S, pause_s=1)
        [node] = came()
        wait_until("it may be opened", lambda: self.can_open(node), PLUGGED_S, pause_s=1)
        self.assertTrue(self.can_open("/dev/dri/renderD128"), "which it was made with")
        self.assertFalse(self.can_open("/dev/dri/card0"))
        self.assertEqual(("seated", init), (self.seat("State"), self.init()))
