#!/usr/bin/env python3
"""Checks that every room includes and links only what cmake/rooms.json allows, and that rooms form no cycle.

usage: check_rooms.py ROOT     prints each offence as FILE:LINE: sentence; exit code 1 if there is one
"""
import json
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
ROOM_CALL = re.compile(r'berth_(?:interface_)?room\(\s*(\w+)(.*?)\)', re.S)
LINK_CALL = re.compile(r'target_link_libraries\(\s*berth_(\w+)(.*?)\)', re.S)
KEYWORDS = {"SOURCES", "LINKS", "PRIVATE_LINKS", "PUBLIC", "PRIVATE", "INTERFACE"}
ALWAYS = {"berth_options"}


def without_comments(text):
    return re.sub(r"#[^\n]*", "", text)


class Rooms:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        rules = json.loads((self.root / "cmake/rooms.json").read_text())
        self.restricted = rules["restricted_headers"]
        self.rooms = rules["rooms"]
        self.prefixes = {rules.get("prefix", name): name for name, rules in self.rooms.items()}
        self.offences = []

    def offend(self, path, line, sentence):
        self.offences.append(f"{path.relative_to(self.root)}:{line}: {sentence}")

    def check_include(self, name, path, number, quote, header):
        room = self.rooms[name]
        if quote == '"':
            other = self.prefixes.get(header.split("/")[0]) if "/" in header else name
            if other is None:
                self.offend(path, number, f"'{header}' belongs to no room")
            elif other != name and other not in room["rooms"]:
                self.offend(path, number, f"room '{name}' may not include room '{other}' ({header})")
            return
        if any(header.startswith(prefix) for prefix in self.restricted):
            if not any(header.startswith(prefix) for prefix in room["headers"]):
                self.offend(path, number, f"room '{name}' may not include <{header}>")
        elif room.get("pure") and ("/" in header or header.endswith(".h")):
            self.offend(path, number, f"room '{name}' is pure and may not include <{header}>")

    def check_includes(self, name):
        folder = self.root / self.rooms[name]["folder"]
        for path in sorted(folder.rglob("*")):
            if path.suffix not in {".cpp", ".hpp", ".in", ".h"}:
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                found = INCLUDE.match(line)
                # The build writes version.hpp, of room base.
                if found and found.group(2) != "version.hpp":
                    self.check_include(name, path, number, *found.groups())

    def links_of(self, name):
        """Every library on the room's link lines, with the file that says so."""
        path = self.root / self.rooms[name]["folder"] / "CMakeLists.txt"
        if not path.exists():
            return path, []
        text = without_comments(path.read_text())
        links = []
        for room, body in ROOM_CALL.findall(text):
            words = body.split()
            section = None
            for word in words:
                section = word if word in KEYWORDS else section
                if room == name and word not in KEYWORDS and section in {"LINKS", "PRIVATE_LINKS"}:
                    links.append(word)
        for target, body in LINK_CALL.findall(text):
            if target == name:
                links += [word for word in body.split() if word not in KEYWORDS]
        return path, links

    def check_links(self, name):
        path, links = self.links_of(name)
        room = self.rooms[name]
        graph = []
        for link in links:
            other = link.removeprefix("berth::").removeprefix("berth_")
            if other in self.rooms and link.startswith("berth"):
                graph.append(other)
                if other not in room["rooms"]:
                    self.offend(path, 1, f"room '{name}' may not link room '{other}'")
            elif link not in room["links"] and link not in ALWAYS:
                self.offend(path, 1, f"room '{name}' may not link '{link}'")
        return graph

    def check_cycles(self, graph):
        done = set()

        def visit(name, way):
            if name in way:
                self.offences.append("rooms link in a circle: " + " -> ".join(way[way.index(name):] + [name]))
            elif name not in done:
                for other in graph.get(name, []):
                    visit(other, way + [name])
                done.add(name)

        for name in graph:
            visit(name, [])

    def check_strangers(self):
        """A folder under daemon/ that is no room escapes every rule."""
        known = {rules["folder"] for rules in self.rooms.values()}
        for folder in sorted((self.root / "daemon").iterdir()):
            if folder.is_dir() and f"daemon/{folder.name}" not in known and any(folder.rglob("*.cpp")):
                self.offences.append(f"daemon/{folder.name}: not a room of cmake/rooms.json")

    def check(self):
        real, allowed = {}, {}
        for name, room in self.rooms.items():
            self.check_includes(name)
            real[name] = self.check_links(name)
            allowed[name] = room["rooms"]
        self.check_cycles(real)
        self.check_cycles(allowed)
        self.check_strangers()
        return self.offences


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    offences = Rooms(sys.argv[1]).check()
    for offence in offences:
        print(offence)
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
