#include "linux/freeze_watch.hpp"

#include "base/log.hpp"
#include "base/unique_fd.hpp"
#include "linux/control_group.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include <sys/inotify.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <unistd.h>
#include <utility>

namespace berth::os {
namespace {

bool is_frozen(const std::string& file) {
    std::ifstream lines{file};
    for (std::string line; std::getline(lines, line);) {
        if (line == "frozen 1") {
            return true;
        }
    }
    return false;
}

} // namespace

struct FreezeWatch::Watch : std::enable_shared_from_this<FreezeWatch::Watch> {
    Watch(boost::asio::io_context& io, UniqueFd inotify, std::string events, std::function<void(bool)> receiver)
        : descriptor{io, inotify.release()}, file{std::move(events)}, told{std::move(receiver)} {}

    void wait() {
        descriptor.async_wait(boost::asio::posix::descriptor_base::wait_read,
                              [weak = weak_from_this()](const boost::system::error_code& error) {
                                  const auto self = weak.lock();
                                  if (self && !error && self->drain()) {
                                      self->look();
                                      self->wait();
                                  }
                              });
    }

    /// False when the group is gone: nothing more is to come.
    bool drain() {
        alignas(inotify_event) std::array<char, 4096> buffer{};
        const ssize_t got = ::read(descriptor.native_handle(), buffer.data(), buffer.size());
        for (ssize_t at = 0; at < got;) {
            const auto* const event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
            if ((event->mask & IN_IGNORED) != 0) {
                return false;
            }
            at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
        }
        return true;
    }

    void look() {
        const bool now = is_frozen(file);
        if (std::exchange(frozen, now) != now) {
            told(now);
        }
    }

    boost::asio::posix::stream_descriptor descriptor;
    std::string file;
    std::function<void(bool)> told;
    bool frozen{false};
};

FreezeWatch::FreezeWatch(boost::asio::io_context& io, std::string mounts) : io_{io}, mounts_{std::move(mounts)} {}

FreezeWatch::~FreezeWatch() = default;

std::string FreezeWatch::events_file(pid_t pid, const std::string& mounts) {
    const std::string where = control_groups_mount(mounts);
    const std::string group = pid > 0 ? control_group_of(pid) : std::string{};
    if (where.empty() || group.empty()) {
        return {};
    }
    const std::string file = where + (group == "/" ? "" : group) + "/cgroup.events";
    return ::access(file.c_str(), R_OK) == 0 ? file : std::string{}; // the root group has none
}

void FreezeWatch::watch(const model::Subject& subject, pid_t pid, std::function<void(bool)> told) {
    watches_.erase(subject);
    std::string file = events_file(pid, mounts_);
    if (file.empty()) {
        log::debug("the kernel does not tell whether the desktop is paused: no control group v2",
                   {{"BERTH_SEAT", subject.value}});
        return;
    }
    UniqueFd inotify{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    if (!inotify || ::inotify_add_watch(inotify.get(), file.c_str(), IN_MODIFY) < 0) {
        log::warning(system_error("watch " + file, errno).message, {{"BERTH_SEAT", subject.value}});
        return;
    }
    auto watch = std::make_shared<Watch>(io_, std::move(inotify), std::move(file), std::move(told));
    watch->wait();
    boost::asio::post(io_, [weak = std::weak_ptr{watch}] {
        if (const auto alive = weak.lock()) {
            alive->look(); // never from inside the call
        }
    });
    watches_[subject] = std::move(watch);
}

void FreezeWatch::forget(const model::Subject& subject) {
    watches_.erase(subject);
}

} // namespace berth::os
