#pragma once

#include "ports/seat_ports.hpp"

#include <boost/asio/io_context.hpp>

#include <map>
#include <memory>

namespace berth::os {

/// ports::Processes by pidfd_open(2), poll and pidfd_send_signal(2): a process is watched and signalled by a
/// descriptor, so that a reused PID is never mistaken for it. One thread: the io_context's.
class Processes final : public ports::Processes {
  public:
    /// `groups`: where podman's slice of control groups (v2) is.
    explicit Processes(boost::asio::io_context& io, std::string groups = "/sys/fs/cgroup/machine.slice");
    Processes(const Processes&) = delete;
    Processes& operator=(const Processes&) = delete;
    ~Processes() override;

    void watch(const model::Subject& subject, pid_t pid, std::function<void()> exited) override;
    Result<void> signal(const model::Subject& subject, int signal) override;
    void forget(const model::Subject& subject) override;
    bool belongs_to(pid_t pid, const std::string& container) override;

    /// The same, of a process that the caller holds.
    static bool is_in_group_of(pid_t pid, const std::string& container);

    /// By cgroup.kill of podman's scope for its monitors (Documentation/admin-guide/cgroup-v2.rst); nothing where there
    /// is none.
    void end_helpers(const std::string& container) override;

  private:
    struct Watch;

    static void open(const std::shared_ptr<Watch>& watch);

    boost::asio::io_context& io_;
    std::string groups_;
    std::map<model::Subject, std::shared_ptr<Watch>> watches_;
};

} // namespace berth::os
