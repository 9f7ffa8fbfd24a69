"""Containers of their own, on a desktop that is on the host's seat: windows, keys, drawing and sound by its sockets."""
import json
import re

from host_seat import HostSeatTest
from pc import wait_until
from seat_test import CONTAINER, DRAWN_S

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
        self.assertEqual(word, self.pc.text(["cat", "/run/client/typed"]))
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
