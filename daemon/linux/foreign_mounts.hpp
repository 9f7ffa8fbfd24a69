#pragma once

#include "ports/foreign_ports.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace berth::os {

/// ports::ForeignMounts by the program berth-exec (exec/exec_main.cpp), one process a call: it alone is ever in a
/// container's mount namespace. What it mounts are slaves of the host's mounts (Documentation/filesystems/
/// sharedsubtree.rst), so that what is shown in a door later is seen, and nothing that is mounted in the container
/// comes back. Needs Linux 5.12 and CAP_SYS_ADMIN. One thread: the io_context's.
class ForeignMounts final : public ports::ForeignMounts {
  public:
    static constexpr std::chrono::seconds limit{10}; ///< for one call

    /// `program`: the path of berth-exec.
    ForeignMounts(boost::asio::io_context& io, std::string program);

    void mount(pid_t init, const std::vector<Wanted>& wanted, Done<std::vector<model::ForeignMount>> done) override;
    void unmount(pid_t init, const std::vector<model::ForeignMount>& mounts, Done<void> done) override;

  private:
    /// What the program printed, or why it did not do its job.
    void run(const std::vector<std::string>& arguments, const std::vector<int>& descriptors, Done<std::string> done);

    boost::asio::io_context& io_;
    std::string program_;
};

} // namespace berth::os
