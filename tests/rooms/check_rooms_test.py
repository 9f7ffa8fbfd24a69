#!/usr/bin/env python3
"""Plants forbidden includes and links in a copy of the project's rooms and demands that check_rooms.py finds each.

usage: check_rooms_test.py ROOT
"""
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from check_rooms import Rooms  # noqa: E402

ROOT = pathlib.Path(sys.argv.pop()).resolve()


class PlantedOffence(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = pathlib.Path(scratch.name) / "project"
        for folder in ("daemon", "client", "cmake"):
            shutil.copytree(ROOT / folder, self.root / folder)

    def check(self):
        return "\n".join(Rooms(self.root).check())

    def plant_include(self, path, header):
        file = self.root / path
        file.write_text(f"#include {header}\n" + file.read_text())

    def plant_link(self, room, library):
        file = self.root / "daemon" / room / "CMakeLists.txt"
        file.write_text(file.read_text() + f"\ntarget_link_libraries(berth_{room} PRIVATE {library})\n")

    def test_the_copy_itself_is_clean(self):
        self.assertEqual(self.check(), "")

    def test_policy_may_not_include_an_implementation(self):
        self.plant_include("daemon/policy/decide.cpp", '"linux/clock.hpp"')
        self.assertIn("daemon/policy/decide.cpp:1: room 'policy' may not include room 'linux'", self.check())

    def test_policy_may_not_include_json(self):
        self.plant_include("daemon/policy/decide.cpp", "<nlohmann/json.hpp>")
        self.assertIn("room 'policy' may not include <nlohmann/json.hpp>", self.check())

    def test_policy_may_not_include_the_system(self):
        self.plant_include("daemon/policy/decide.cpp", "<unistd.h>")
        self.assertIn("room 'policy' is pure", self.check())

    def test_one_implementation_may_not_include_another(self):
        self.plant_include("daemon/engine/factory.cpp", '"bus/names.hpp"')
        self.assertIn("room 'engine' may not include room 'bus'", self.check())

    def test_only_bus_knows_sdbus(self):
        self.plant_include("daemon/engine/factory.cpp", "<sdbus-c++/sdbus-c++.h>")
        self.assertIn("room 'engine' may not include <sdbus-c++/sdbus-c++.h>", self.check())

    def test_what_was_recorded_knows_nothing_of_the_host(self):
        self.plant_include("client/recording/parse.cpp", "<libudev.h>")
        self.assertIn("client/recording/parse.cpp:1: room 'recording' may not include <libudev.h>", self.check())

    def test_only_linux_knows_libudev(self):
        self.plant_include("daemon/bus/calls.cpp", "<libudev.h>")
        self.assertIn("room 'bus' may not include <libudev.h>", self.check())

    def test_only_engine_knows_beast(self):
        self.plant_include("daemon/runtime/pump.cpp", "<boost/beast/http.hpp>")
        self.assertIn("room 'runtime' may not include <boost/beast/http.hpp>", self.check())

    def test_an_include_of_no_room_is_found(self):
        self.plant_include("daemon/policy/decide.cpp", '"helpers/all.hpp"')
        self.assertIn("belongs to no room", self.check())

    def test_policy_may_not_link_an_implementation(self):
        self.plant_link("policy", "berth::linux")
        self.assertIn("room 'policy' may not link room 'linux'", self.check())

    def test_only_linux_links_libudev(self):
        self.plant_link("engine", "PkgConfig::LIBUDEV")
        self.assertIn("room 'engine' may not link 'PkgConfig::LIBUDEV'", self.check())

    def test_a_link_planted_in_the_rooms_own_line_is_found(self):
        file = self.root / "daemon/policy/CMakeLists.txt"
        file.write_text(file.read_text().replace("LINKS berth::model", "LINKS berth::model berth::engine"))
        self.assertIn("room 'policy' may not link room 'engine'", self.check())

    def test_a_circle_is_found(self):
        self.plant_link("model", "berth::policy")
        self.assertIn("rooms link in a circle", self.check())

    def test_a_folder_that_is_no_room_is_found(self):
        (self.root / "daemon/misc").mkdir()
        (self.root / "daemon/misc/misc.cpp").write_text("")
        self.assertIn("daemon/misc: not a room", self.check())


if __name__ == "__main__":
    unittest.main()
