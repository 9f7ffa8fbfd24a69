#pragma once

#include "base/unique_fd.hpp"
#include "support/scratch_folder.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <gtest/gtest.h>

#include <libudev.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string>
#include <unistd.h>
#include <vector>

namespace berth::udev_relay {

/// What stands for a container: a process that listens on a Unix socket, and hears udev by the real libudev, in a
/// network namespace of its own (or in ours), and with a user namespace of its own where it is asked to. Whatever it
/// hears is a line in `heard`: "ACTION DEVPATH SUBSYSTEM ID_SEAT".
class NetworkListener {
  public:
    enum class Network { own, own_with_users, ours };

    /// `tag` is one that its monitor asks for; empty: it filters by subsystem, as compositors do.
    NetworkListener(boost::asio::io_context& io, Network network, const std::string& tag = {}) : lines_{io} {
        int ends[2] = {-1, -1};
        EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
        const UniqueFd write_end{ends[1]};
        child_ = ::fork();
        if (child_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            live(network, tag, write_end.get());
        }
        char first = 0;
        ready_ = ::read(ends[0], &first, 1) == 1 && first == '\n'; // blocks until it listens, or has failed
        lines_.assign(ends[0]);
        wait();
    }

    NetworkListener(const NetworkListener&) = delete;
    NetworkListener& operator=(const NetworkListener&) = delete;

    ~NetworkListener() { end(); }

    /// Gone, as a container that ends.
    void end() {
        if (child_ > 0) {
            ::kill(child_, SIGKILL);
            ::waitpid(child_, nullptr, 0);
            child_ = 0;
        }
    }

    [[nodiscard]] bool is_ready() const noexcept { return ready_; }

    /// A pidfd of it.
    [[nodiscard]] UniqueFd process() const { return UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, child_, 0))}; }

    [[nodiscard]] pid_t pid() const noexcept { return child_; }

    /// A socket that is connected to it.
    [[nodiscard]] UniqueFd connect() const {
        UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
        const sockaddr_un address = where();
        EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        return fd;
    }

    std::vector<std::string> heard;

  private:
    [[nodiscard]] sockaddr_un where() const {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::snprintf(address.sun_path, sizeof address.sun_path, "%s/bus", folder_.path().c_str());
        return address;
    }

    /// libudev hears nothing unless /run/udev/control is there: it takes its absence for a udevd that does not run.
    static bool enter(Network network) {
        return (network != Network::own_with_users || enter_users()) &&
               ::unshare(CLONE_NEWNS | (network == Network::ours ? 0 : CLONE_NEWNET)) == 0 &&
               ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               ::mount("tmpfs", "/run", "tmpfs", 0, nullptr) == 0 && ::mkdir("/run/udev", 0755) == 0 &&
               UniqueFd{::open("/run/udev/control", O_CREAT | O_WRONLY | O_CLOEXEC, 0600)};
    }

    /// A user namespace in which the host's user 100000 is root, as an engine makes it (user_namespaces(7)): a child
    /// that stays outside writes the map.
    static bool enter_users() {
        int ends[2] = {-1, -1};
        if (::pipe2(ends, O_CLOEXEC) != 0) {
            return false;
        }
        const pid_t own = ::getpid();
        const pid_t mapper = ::fork();
        if (mapper == 0) {
            char go = 0;
            const std::string folder = "/proc/" + std::to_string(own);
            const bool is_mapped =
                ::read(ends[0], &go, 1) == 1 && write_map(folder + "/gid_map") && write_map(folder + "/uid_map");
            ::_exit(is_mapped ? 0 : 1);
        }
        int status = -1;
        return ::unshare(CLONE_NEWUSER) == 0 && ::write(ends[1], "x", 1) == 1 &&
               ::waitpid(mapper, &status, 0) == mapper && status == 0 && ::setresgid(0, 0, 0) == 0 &&
               ::setresuid(0, 0, 0) == 0 && ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
    }

    static bool write_map(const std::string& path) {
        const std::string map = "0 100000 65536\n";
        const UniqueFd file{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
        return file && ::write(file.get(), map.data(), map.size()) == static_cast<ssize_t>(map.size());
    }

    [[nodiscard]] UniqueFd listen() const {
        UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        const sockaddr_un address = where();
        const bool listens = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                             ::listen(fd.get(), 8) == 0;
        return listens ? std::move(fd) : UniqueFd{};
    }

    /// The child's whole life.
    [[noreturn]] void live(Network network, const std::string& tag, int report) const {
        const UniqueFd listener = listen();
        udev_monitor* const monitor =
            listener && enter(network) ? udev_monitor_new_from_netlink(udev_new(), "udev") : nullptr;
        if (monitor == nullptr) {
            ::_exit(1);
        }
        if (!tag.empty()) {
            udev_monitor_filter_add_match_tag(monitor, tag.c_str());
        } else {
            for (const char* subsystem : {"input", "drm", "power_supply"}) {
                udev_monitor_filter_add_match_subsystem_devtype(monitor, subsystem, nullptr);
            }
        }
        if (udev_monitor_enable_receiving(monitor) < 0 || ::write(report, "\n", 1) != 1) {
            ::_exit(1);
        }
        for (pollfd asked{udev_monitor_get_fd(monitor), POLLIN, 0}; ::poll(&asked, 1, -1) > 0;) {
            if (udev_device* const device = udev_monitor_receive_device(monitor)) {
                const char* const seat = udev_device_get_property_value(device, "ID_SEAT");
                ::dprintf(report, "%s %s %s %s\n", udev_device_get_action(device), udev_device_get_devpath(device),
                          udev_device_get_subsystem(device), seat == nullptr ? "-" : seat);
                udev_device_unref(device);
            }
        }
        ::_exit(1);
    }

    void wait() {
        lines_.async_wait(
            boost::asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& error) {
                std::array<char, 4096> text{};
                const ssize_t size = error ? 0 : ::read(lines_.native_handle(), text.data(), text.size());
                if (size <= 0) {
                    return; // it has ended, or this object does
                }
                rest_.append(text.data(), static_cast<std::size_t>(size));
                for (std::size_t end = 0; (end = rest_.find('\n')) != std::string::npos; rest_.erase(0, end + 1)) {
                    heard.push_back(rest_.substr(0, end));
                }
                wait();
            });
    }

    test::ScratchFolder folder_;
    boost::asio::posix::stream_descriptor lines_;
    std::string rest_;
    pid_t child_{0};
    bool ready_{false};
};

/// A test in a network namespace of its own, which stands for the host's: its udevd is the test.
class NetworkTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (::geteuid() != 0 || ::unshare(CLONE_NEWNET) != 0) {
            GTEST_SKIP() << "network namespaces are made by root only";
        }
    }

    boost::asio::io_context io;
};

} // namespace berth::udev_relay
