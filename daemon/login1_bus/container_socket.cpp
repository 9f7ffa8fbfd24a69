#include "login1_bus/container_socket.hpp"

#include "base/result.hpp"

#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace berth::login1 {
namespace {

/// Reads of one turn; what is left then is read at the next.
constexpr int max_reads = 64;

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error{system_error(what, errno).message};
}

UniqueFd open_folder(const std::string& path) {
    UniqueFd folder{::open(path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!folder) {
        fail("open the folder of the container's bus, " + path);
    }
    return folder;
}

std::string proc_path(int fd) {
    return "/proc/self/fd/" + std::to_string(fd);
}

int watch(int folder) {
    UniqueFd changes{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
    if (!changes || ::inotify_add_watch(changes.get(), proc_path(folder).c_str(),
                                        IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR) < 0) {
        fail("watch the folder of the container's bus");
    }
    return changes.release();
}

/// True: connected. False: errno says why not.
bool connect_to(int fd, int target) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", target);
    return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

} // namespace

ContainerSocket::ContainerSocket(boost::asio::io_context& io, const std::string& path, Callbacks callbacks)
    : name_{std::filesystem::path{path}.filename()}, folder_{open_folder(std::filesystem::path{path}.parent_path())},
      callbacks_{std::move(callbacks)}, changes_{io, watch(folder_.get())}, timer_{io} {}

void ContainerSocket::look() {
    looking_ = true;
    schedule(wait_);
    wait_ = std::clamp(wait_ * 2, shortest, longest);
    wait_for_folder();
}

void ContainerSocket::wait_for_folder() {
    if (watching_) {
        return;
    }
    watching_ = true;
    changes_.async_wait(boost::asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& error) {
        if (error) {
            return; // the object goes
        }
        watching_ = false; // until the next look: a container that changes its folder all the time wakes nobody
        if (looking_) {
            schedule(shortest);
        }
    });
}

void ContainerSocket::schedule(std::chrono::milliseconds wait) {
    const auto at = std::chrono::steady_clock::now() + wait;
    if (scheduled_ && timer_.expiry() <= at) {
        return;
    }
    scheduled_ = true;
    timer_.expires_at(at);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (error) {
            return; // the object goes, or it is to be sooner
        }
        scheduled_ = false;
        attempt();
    });
}

void ContainerSocket::attempt() {
    std::array<char, 4096> ignored{};
    for (int left = max_reads; left > 0 && ::read(changes_.native_handle(), ignored.data(), ignored.size()) > 0;
         --left) {
    }
    wait_for_folder();
    const UniqueFd target{::openat(folder_.get(), name_.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)};
    if (!target) {
        return errno == ENOENT ? void() : refuse(system_error("open " + name_, errno).message);
    }

    struct stat status {};

    if (::fstat(target.get(), &status) != 0 || !S_ISSOCK(status.st_mode)) {
        return refuse(name_ + " is no socket: the container put something else in its place");
    }
    UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (fd && connect_to(fd.get(), target.get())) {
        looking_ = false;
        refused_.clear();
        callbacks_.on_connected(std::move(fd));
        return;
    }
    if (fd && errno != ECONNREFUSED && errno != EAGAIN) { // bound, but nobody listens yet; or too many wait there
        refuse(system_error("connect to " + name_, errno).message);
    }
    schedule(std::exchange(wait_, std::clamp(wait_ * 2, shortest, longest)));
}

void ContainerSocket::refuse(const std::string& sentence) {
    if (std::exchange(refused_, sentence) != sentence) {
        callbacks_.on_refused(sentence);
    }
}

} // namespace berth::login1
