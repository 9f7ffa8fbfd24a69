#pragma once

#include "guard/child.hpp"
#include "guard/tty_restore.hpp"

#include <sys/types.h>

namespace berth::guard {

/// A child that waits for the desktop's death with the restore ready: when it comes, nothing has to be forked first. It
/// acts by itself, whatever the guard is doing, and once. It holds the desktop's pidfd and its group, and dies with its
/// parent.
class Standby {
  public:
    Standby() = default;
    Standby(const Standby&) = delete;
    Standby& operator=(const Standby&) = delete;

    ~Standby() { stop(); }

    /// Takes the memory that it reports in; false when there is none. Once, before start().
    static bool prepare();

    /// Forks it; false when there is no process to be had: then the guard does without.
    /// `init`: the pidfd of the desktop's init; `cgroup`: its group, or -1.
    bool start(const Request& request, int init, int cgroup);

    /// Ends one that has nothing to do any more. Not for one whose desktop has died: see finish().
    void stop();

    [[nodiscard]] bool is_there() const { return pid_ > 0; }

    /// For when the desktop has died: waits at most `limit_ms` for the restore, and gives its report. One that is late
    /// is killed and left behind.
    Ended finish(int limit_ms, Report& report);

  private:
    pid_t pid_{0};
};

} // namespace berth::guard
