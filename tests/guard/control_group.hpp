#pragma once

#include "support/scratch_folder.hpp"

#include <sys/stat.h>

#include <string>
#include <unistd.h>

namespace berth::test {

/// A control group (v2) of the test's own, as the container's is one; "" where none can be made. Removed at the end,
/// when nobody is left in it.
class ControlGroup {
  public:
    ControlGroup() {
        for (const char* root : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
            const std::string path = std::string{root} + "/berth-test-" + std::to_string(::getpid());
            if (::access((std::string{root} + "/cgroup.controllers").c_str(), R_OK) == 0 &&
                ::mkdir(path.c_str(), 0755) == 0) {
                path_ = path;
                return;
            }
        }
    }

    ControlGroup(const ControlGroup&) = delete;
    ControlGroup& operator=(const ControlGroup&) = delete;

    ~ControlGroup() { ::rmdir(path_.c_str()); }

    [[nodiscard]] const std::string& path() const { return path_; }

    [[nodiscard]] bool take(pid_t pid) const {
        write_file(path_ + "/cgroup.procs", std::to_string(pid));
        return read_file(path_ + "/cgroup.procs").find(std::to_string(pid) + "\n") != std::string::npos;
    }

  private:
    std::string path_;
};

} // namespace berth::test
