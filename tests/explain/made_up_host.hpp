#pragma once

#include "explain/places.hpp"
#include "explain/processes.hpp"
#include "support/scratch_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace berth::explain {

inline void PrintTo(const Process& process, std::ostream* out) {
    *out << text_of(process) << process.state;
}

inline void PrintTo(const Gap& gap, std::ostream* out) {
    *out << gap.what << ": " << gap.why;
}

/// A host made of files.
class MadeUpHost : public ::testing::Test {
  protected:
    MadeUpHost() {
        for (std::string* place : {&places.proc, &places.sys, &places.dev, &places.run}) {
            *place = folder.path() + *place;
            std::filesystem::create_directories(*place);
        }
        places.runtime = places.run + "/berth";
        std::filesystem::create_directories(places.runtime + "/guard");
        places.ask_terminal = [this](unsigned vt, std::string& why) -> std::optional<Modes> {
            asked.push_back(vt);
            why = "Permission denied";
            return modes.contains(vt) ? std::optional{modes[vt]} : std::nullopt;
        };
    }

    static void put(const std::string& path, const std::string& content) {
        std::filesystem::create_directories(std::filesystem::path{path}.parent_path());
        test::write_file(path, content);
    }

    /// A process with files open, as /proc shows it; it started 100 ticks after boot.
    void run(const Process& process, const std::vector<std::string>& open = {}, const std::string& cgroup = "/") {
        const std::string folder_of = places.proc + "/" + std::to_string(process.pid);
        std::string stat = std::to_string(process.pid) + " (" + process.name + ") " + process.state;
        for (int field = 4; field < 22; ++field) {
            stat += " 0";
        }
        put(folder_of + "/stat", stat + " 100 0 0\n");
        put(folder_of + "/comm", process.name + "\n");
        put(folder_of + "/cgroup", "0::" + cgroup + "\n");
        std::filesystem::create_directories(folder_of + "/fd");
        int number = 0;
        for (const std::string& path : open) {
            std::filesystem::create_symlink(path, folder_of + "/fd/" + std::to_string(number++));
        }
    }

    void allocate(unsigned vt) { put(places.sys + "/class/vc/vcs" + std::to_string(vt) + "/dev", "7:1\n"); }

    void show(unsigned vt) {
        put(places.sys + "/class/tty/tty0/active", "tty" + std::to_string(vt) + "\n");
        allocate(vt);
    }

    test::ScratchFolder folder;
    Places places;
    std::map<unsigned, Modes> modes; ///< what the kernel says of terminals
    std::vector<unsigned> asked;     ///< which it was asked of
    std::vector<Gap> gaps;
};

} // namespace berth::explain
