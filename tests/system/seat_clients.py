"""Containers of their own, on a desktop that is on the host's seat: windows, keys, drawing and sound by its sockets."""
import json
import re

from host_seat import HostSeatTest
from pc import wait_until
from seat_test import CONTAINER, DRAWN_S, as_typed

CLIENT_S = 120
RENDER_NODE = "/dev/dri/renderD128"


class ClientsTest(HostSeatTest):
    def client(self, *command):
        """Starts a command as the desktop's user in a container that has the desktop's sockets, its /tmp and the render node,
        and nothing else of it."""
        [inspected] = json.loads(self.pc.text(["podman", "inspect", CONTAINER]))
        self.pc.run("mkdir -p /run/client && chown 1000:1000 /run/client")
        render = self.pc.text(["stat", "-c", "%g", RENDER_NODE])
        runtime, display = self.seat("RuntimeDirectory"), self.seat("WaylandDisplay")
        return self.pc.command(
            ["podman", "run", "--rm", "--name", "client", "--network", "none", "--user", "1000:1000", "--group-add", render,
             "--device", RENDER_NODE, "-v", f"{runtime}:/run/user/1000", "-v", f"{CONTAINER}-tmp:/tmp", "-v", "/run/client:/out",
             "-e", "XDG_RUNTIME_DIR=/run/user/1000", "-e", f"WAYLAND_DISPLAY={display}", "-e", "DISPLAY=:0", "-e", "HOME=/out",
             inspected["ImageName"], *command])

    def run_client(self, *command):
        result = self.client(*command).wait(CLIENT_S)
        self.assertEqual(0, result.rc, result)
        return result.text

    def types_a_line_into(self, name, *terminal):
        """Opens a terminal's window, types a line on the emulated keyboard, and reads what the program in it was given."""
        # A key is held for 0.1 s, which may be more than the delay before it repeats to an emulated GNOME that draws.
        self.in_session("gsettings set org.gnome.desktop.peripherals.keyboard repeat false")
        before = self.pc.screen()
        client = self.client(*terminal, "sh", "-c", 'echo "Type:"; read -r line; echo "$line" >/out/typed; read -r _')

        def drawn():
            return self.pc.screen().pixels(top=before.height // 2) != before.pixels(top=before.height // 2)
        wait_until(f"the window of {name}", drawn, DRAWN_S, pause_s=1)
        word = "berth"  # and Enter: 12 events, where QEMU's keyboard keeps 16 for a guest that draws meanwhile
        self.pc.type(word + "\n")
        wait_until("the line that was typed", lambda: self.pc.run(["cat", "/run/client/typed"], check=False).rc == 0, CLIENT_S)
        self.pc.save_screen(f"seat-{name}")
        self.assertRegex(self.pc.text(["cat", "/run/client/typed"]), f"^{as_typed(word)}$")
        self.pc.type("\n")
        self.assertEqual(0, client.wait(CLIENT_S).rc)


class Clients(ClientsTest):
    def types_into(self, name, *terminal):
        self.ensure_seated()
        self.types_a_line_into(name, *terminal)

    def test_text_typed_on_the_keyboard_arrives_in_a_client_containers_wayland_window(self):
        self.types_into("foot", "foot")

    def test_text_typed_on_the_keyboard_arrives_in_a_client_containers_x11_window(self):
        self.types_into("xterm", "sh", "-c",
                        'XAUTHORITY=$(ls /run/user/1000/.mutter-Xwaylandauth.*) exec xterm -e "$@"', "xterm")

    def test_a_client_container_opens_the_render_node_and_no_card(self):
        self.ensure_seated()
        self.assertEqual("drawn", self.run_client("sh", "-c", f": <>{RENDER_NODE} && ls /dev/dri && echo drawn").split()[-1])
        self.assertNotEqual(0, self.client("sh", "-c", ": <>/dev/dri/card0").wait(CLIENT_S).rc)

    def test_a_client_containers_sound_comes_out_of_the_sound_card(self):
        self.ensure_seated()
        sink = re.search("Default Sink: (.*)", self.run_client("pactl", "info")).group(1)
        self.assertIn("alsa_output", sink, "the sound card, not a dummy")
        quiet = self.pc.sound_heard()
        self.run_client("sh", "-c", "head -c 400000 /dev/urandom | pacat --playback --raw --volume 65536")
        self.assertGreater(self.pc.sound_heard(), quiet + 1000, "samples that are not silence at the card's output")


class GrantedClients(HostSeatTest):
    """The same by `berth run`, on a host with systemd's control groups: what is granted, and nothing else."""

    def berth(self, *arguments, timeout_s=CLIENT_S):
        return self.pc.run(["berth", *arguments], timeout_s=timeout_s, check=False)

    def desktop_image(self):
        [inspected] = json.loads(self.pc.text(["podman", "inspect", CONTAINER]))
        return inspected["ImageName"]

    def run_app(self, *arguments, options=()):
        return self.berth("run", *options, "--image", self.desktop_image(), *arguments)

    def test_what_is_granted_at_its_start_works_and_the_card_is_not_there(self):
        self.ensure_seated()
        done = self.run_app("sh", "-c", f": <>{RENDER_NODE} && ls /dev/dri && xdpyinfo | grep -c dimensions && pactl info | "
                            "grep -c 'Server Name' && : <>/dev/dri/card0", options=("--grant", "display,sound,gpu"))
        self.assertEqual(["renderD128", "1", "1"], done.text.split()[:3], done)
        self.assertNotEqual(0, done.rc, "the card must not be there")

    def test_a_render_node_comes_and_goes_while_a_client_runs(self):
        self.ensure_seated()
        started = self.run_app("sleep", "infinity", options=("--detach", "--name", "late"))
        self.assertEqual(0, started.rc, started)
        self.addCleanup(self.berth, "stop", "-t", "0", "late")

        def opens():
            return self.berth("exec", "--no-tty", "late", "sh", "-c", f": <>{RENDER_NODE}").rc
        self.assertNotEqual(0, opens())
        self.assertEqual(0, self.berth("grant", "late", "gpu").rc)
        self.assertEqual(0, opens())
        record = self.berth("exec", "--no-tty", "late", "udevadm", "info", "--query=property", RENDER_NODE)
        self.assertIn("USEC_INITIALIZED=", record.text, "what udevd wrote of it when the PC came up")
        self.pc.run(["systemctl", "daemon-reload"])
        self.assertEqual(0, opens(), "the grant is there after a daemon-reload")
        self.pc.run(["systemctl", "restart", "berthd.service"])
        self.assertEqual(0, opens(), "and after berthd started anew")
        self.assertEqual(0, self.berth("revoke", "late", "gpu").rc)
        self.assertNotEqual(0, opens())

    def test_a_restarted_berthd_ends_no_connection_over_tcp(self):
        self.ensure_seated()
        started = self.run_app("sleep", "infinity", options=("--detach", "--name", "far", "--grant", "display:tcp,sound:tcp"))
        self.assertEqual(0, started.rc, started)
        self.addCleanup(self.berth, "stop", "-t", "0", "far")

        def inside(script):
            return self.berth("exec", "--no-tty", "far", "sh", "-c", script)
        drawn = "set -a; . /run/berth/env; xdpyinfo | grep -c dimensions; pactl info | grep -c 'Server Name'"
        self.assertEqual(["1", "1"], inside(drawn).text.split())
        self.assertEqual(0, inside("set -a; . /run/berth/env; xprop -root -f _BERTH_TEST 8s -set _BERTH_TEST spied; "
                                   "(setsid xprop -root -spy _BERTH_TEST >/tmp/spied 2>&1; echo ended >>/tmp/spied) &").rc)
        wait_until("a client that listens", lambda: "spied" in inside("cat /tmp/spied").text, CLIENT_S)
        helpers = ["sh", "-c", "pgrep -x 'berth-loopback' | sort; pgrep -c -x podman || :; pgrep -c -x berth-udev || :"]
        before = self.pc.text(helpers)
        self.pc.run(["systemctl", "restart", "berthd.service"])
        self.assertEqual(0, inside("set -a; . /run/berth/env; xprop -root -f _BERTH_TEST 8s -set _BERTH_TEST heard").rc)
        wait_until("what was set", lambda: "heard" in inside("cat /tmp/spied").text, CLIENT_S)
        self.assertNotIn("ended", inside("cat /tmp/spied").text)
        wait_until("no helper of the berthd before", lambda: self.pc.text(helpers) == before, CLIENT_S)

    def test_a_plain_container_that_runs_is_attached_given_a_render_node_and_let_go_of(self):
        self.ensure_seated()
        self.pc.run(["podman", "run", "--detach", "--network", "none", "--name", "plain", self.desktop_image(), "sleep", "infinity"])
        self.addCleanup(self.pc.run, ["podman", "rm", "-f", "-t", "0", "plain"], check=False)

        def inside(script):
            return self.pc.run(["podman", "exec", "plain", "sh", "-c", script], check=False, timeout_s=CLIENT_S)

        def opens():
            return inside(f": <>{RENDER_NODE}").rc
        before = inside("ls -a /run /tmp /dev").text
        attached = self.berth("attach", "plain", "--grant", "display,sound,tmp")
        self.assertEqual((0, "plain"), (attached.rc, attached.text.strip()), attached)
        seen = inside("set -a; . /run/berth/env; xdpyinfo | grep -c dimensions; pactl info | grep -c 'Server Name'; ls -d /run/berth/tmp")
        self.assertEqual(["1", "1", "/run/berth/tmp"], seen.text.split(), seen)
        self.assertNotEqual(0, opens())
        self.assertEqual(0, self.berth("grant", "plain", "gpu").rc)
        self.assertEqual(0, opens())
        self.pc.run(["systemctl", "daemon-reload"])
        self.assertEqual(0, opens(), "the grant is there after a daemon-reload")
        self.assertEqual(0, self.berth("revoke", "plain", "gpu").rc)
        self.assertNotEqual(0, opens())
        self.assertEqual(0, self.berth("detach", "plain").rc)
        self.assertEqual(before, inside("ls -a /run /tmp /dev").text, "it is as it was, and runs")
