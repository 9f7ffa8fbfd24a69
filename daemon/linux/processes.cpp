#include "linux/processes.hpp"

#include "base/log.hpp"
#include "guard/child.hpp"
#include "linux/file_tree.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/syscall.h>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace berth::os {
namespace {

/// How long to wait before a descriptor is asked for again, when the process had none left.
constexpr std::chrono::seconds retry_after{1};

/// Shorter names could be part of another's.
constexpr std::size_t shortest_id = 12;
constexpr std::size_t largest_cgroup_file = std::size_t{64} * 1024;

} // namespace

struct Processes::Watch {
    boost::asio::posix::stream_descriptor pidfd;
    boost::asio::steady_timer retry;
    pid_t pid{0};
    std::function<void()> exited;
    bool gone{false};

    void report() {
        gone = true;
        if (exited) {
            std::exchange(exited, nullptr)();
        }
    }
};

Processes::Processes(boost::asio::io_context& io, std::string groups) : io_{io}, groups_{std::move(groups)} {}

Processes::~Processes() = default;

void Processes::watch(const model::Subject& subject, pid_t pid, std::function<void()> exited) {
    auto watch = std::make_shared<Watch>(boost::asio::posix::stream_descriptor{io_}, boost::asio::steady_timer{io_},
                                         pid, std::move(exited));
    watches_[subject] = watch;
    open(watch);
}

void Processes::open(const std::shared_ptr<Watch>& watch) {
    const std::weak_ptr<Watch> weak{watch};
    const auto when_exited = [weak](const boost::system::error_code& error) {
        if (const auto alive = weak.lock(); alive && !error) {
            alive->report();
        }
    };
    const int pidfd = watch->pid > 0 ? guard::open_pidfd(watch->pid) : -1;
    if (pidfd >= 0) {
        watch->pidfd.assign(pidfd);
        watch->pidfd.async_wait(boost::asio::posix::stream_descriptor::wait_read, when_exited);
        return;
    }
    if (watch->pid <= 0 || errno == ESRCH || errno == EINVAL) { // EINVAL: the number is not a process's (a thread's)
        watch->retry.expires_after(std::chrono::seconds{0});
        watch->retry.async_wait(when_exited);
        return;
    }
    // No descriptor left (EMFILE, ENFILE, ENOMEM): that says nothing of the process, so ask again.
    log::error(system_error("pidfd_open of " + std::to_string(watch->pid), errno).message);
    watch->retry.expires_after(retry_after);
    watch->retry.async_wait([weak](const boost::system::error_code& error) {
        if (const auto alive = weak.lock(); alive && !error) {
            open(alive);
        }
    });
}

Result<void> Processes::signal(const model::Subject& subject, int signal) {
    const auto found = watches_.find(subject);
    if (found == watches_.end()) {
        return Error{ErrorCode::failed, "no process of seat " + subject.value + " is watched"};
    }
    Watch& watch = *found->second;
    if (watch.gone || watch.pid <= 0) {
        return {};
    }
    if (!watch.pidfd.is_open()) {
        return Error{ErrorCode::failed, "process " + std::to_string(watch.pid) + " of seat " + subject.value +
                                            " cannot be signalled before it has a descriptor"};
    }
    if (::syscall(SYS_pidfd_send_signal, watch.pidfd.native_handle(), signal, nullptr, 0) != 0 && errno != ESRCH) {
        return system_error("pidfd_send_signal to " + std::to_string(watch.pid), errno);
    }
    return {};
}

void Processes::forget(const model::Subject& subject) {
    watches_.erase(subject);
}

bool Processes::belongs_to(pid_t pid, const std::string& container) {
    return is_in_group_of(pid, container);
}

bool Processes::is_in_group_of(pid_t pid, const std::string& container) {
    const UniqueFd process{
        ::open(("/proc/" + std::to_string(pid)).c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (pid <= 0 || container.size() < shortest_id || !process) {
        return false;
    }
    const auto groups = read_file_at(process.get(), "cgroup", largest_cgroup_file);
    return groups && groups->find(container) != std::string::npos;
}

void Processes::end_helpers(const std::string& container) {
    if (container.size() < shortest_id || container.find('/') != std::string::npos) {
        return;
    }
    const std::string file = groups_ + "/libpod-conmon-" + container + ".scope/cgroup.kill";
    const UniqueFd kill{::open(file.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC)};
    if (kill && ::write(kill.get(), "1", 1) != 1) {
        log::warning(system_error("write " + file, errno).message);
    }
}

} // namespace berth::os
