#pragma once

#include "ports/seat_ports.hpp"

#include <boost/asio/io_context.hpp>

#include <map>
#include <memory>
#include <string>

namespace berth::os {

/// ports::FreezeWatch by cgroup.events of the control group (v2) that the init is in when the watch begins: its key
/// `frozen` tells of a group above that is frozen, too, and the kernel reports each change as a modification
/// (Documentation/admin-guide/cgroup-v2.rst; inotify(7)). One inotify descriptor a seat; sleeps in between. One thread.
class FreezeWatch final : public ports::FreezeWatch {
  public:
    /// `mounts`: mountinfo of the tree of control groups, proc(5).
    explicit FreezeWatch(boost::asio::io_context& io, std::string mounts = "/proc/self/mountinfo");
    FreezeWatch(const FreezeWatch&) = delete;
    FreezeWatch& operator=(const FreezeWatch&) = delete;
    ~FreezeWatch() override;

    void watch(const model::Subject& subject, pid_t pid, std::function<void(bool paused)> told) override;
    void forget(const model::Subject& subject) override;

    /// The file that tells of `pid`; empty where there is none. `mounts` as above.
    static std::string events_file(pid_t pid, const std::string& mounts);

  private:
    struct Watch;

    boost::asio::io_context& io_;
    std::string mounts_;
    std::map<model::Subject, std::shared_ptr<Watch>> watches_;
};

} // namespace berth::os
