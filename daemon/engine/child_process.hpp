#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace berth::engine {

/// What to run.
struct ChildCommand {
    std::vector<std::string> arguments;   ///< argv; the program is looked up on PATH
    std::vector<std::string> environment; ///< "KEY=VALUE", added to the parent's, replacing what has the same key
    std::string log;                      ///< stdout and stderr go to this file, which is made anew

    bool operator==(const ChildCommand&) const = default;
};

/// A process that berthd started, held by its pidfd. It gets SIGTERM when berthd dies (prctl(2), PR_SET_PDEATHSIG), has
/// a process group of its own, no descriptor of ours and the default signal dispositions. Move-only; the destructor
/// ends the process. Not for use from several threads.
class ChildProcess {
  public:
    /// Starts it. engine_unavailable when the program is not on PATH; failed when the kernel refuses.
    static Result<ChildProcess> start(const ChildCommand& command);

    ChildProcess() noexcept = default;
    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&& other) noexcept;
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    /// As `end` with half a second.
    ~ChildProcess();

    /// Readable when the process has ended, pidfd_open(2); -1 when there is none. Stays this object's.
    [[nodiscard]] int pidfd() const noexcept { return pidfd_.get(); }

    /// 0 when there is none.
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

    /// Takes the ended process's exit status, as waitid(2)'s si_status; nothing while it runs. Does not block. After a
    /// status the object is empty.
    std::optional<int> reap() noexcept;

    /// SIGTERM, at most `grace` for it to end, then SIGKILL. Blocks for that time: for use at the daemon's end, when
    /// there is nothing else to do.
    void end(std::chrono::milliseconds grace) noexcept;

  private:
    ChildProcess(pid_t pid, UniqueFd pidfd) noexcept : pid_{pid}, pidfd_{std::move(pidfd)} {}

    pid_t pid_{0};
    UniqueFd pidfd_;
};

/// The absolute path of an executable `program` on `search_path` (as $PATH), or an empty string.
std::string find_program(const std::string& program, const std::string& search_path);

/// $PATH, or execvp(3)'s usual one.
std::string program_path();

} // namespace berth::engine
