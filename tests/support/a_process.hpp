#pragma once

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <string>
#include <unistd.h>
#include <utility>

namespace berth::test {

/// A child that waits for a signal; reaped in the end.
class Child {
  public:
    Child() : pid_{::fork()} {
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL); // a test that dies leaves nobody behind
            for (;;) {
                ::pause();
            }
        }
    }

    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    ~Child() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            reap();
        }
    }

    [[nodiscard]] pid_t pid() const { return pid_; }

    /// The wait status, waitpid(2).
    int reap() {
        int status = 0;
        ::waitpid(std::exchange(pid_, -1), &status, 0);
        return status;
    }

  private:
    pid_t pid_;
};

/// A control group of a name of its own, in any hierarchy that this process may write.
class ControlGroup {
  public:
    explicit ControlGroup(const std::string& name) {
        for (const char* hierarchy : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/pids"}) {
            const std::string path = std::string{hierarchy} + "/" + name;
            if (::access((std::string{hierarchy} + "/cgroup.procs").c_str(), W_OK) == 0 &&
                ::mkdir(path.c_str(), 0755) == 0) {
                path_ = path;
                return;
            }
        }
    }

    ControlGroup(const ControlGroup&) = delete;
    ControlGroup& operator=(const ControlGroup&) = delete;

    ~ControlGroup() {
        if (!path_.empty()) {
            ::rmdir(path_.c_str());
        }
    }

    [[nodiscard]] bool take(pid_t pid) const {
        std::ofstream members{path_ + "/cgroup.procs"};
        members << pid << std::flush;
        return !path_.empty() && members.good();
    }

  private:
    std::string path_;
};

} // namespace berth::test
