#pragma once

#include "base/unique_fd.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <string>
#include <unistd.h>

namespace berth::test {

/// A process with a network namespace of its own, as a container's init has one.
class ANetwork {
  public:
    ANetwork() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        pid_ = ::fork();
        if (pid_ == 0) {
            const char told = ::unshare(CLONE_NEWNET) == 0 ? 'y' : 'n';
            [[maybe_unused]] const ssize_t size = ::write(ends[1], &told, 1);
            ::pause();
            ::_exit(0);
        }
        ::close(ends[1]);
        char told = 'n';
        has_own_ = ::read(ends[0], &told, 1) == 1 && told == 'y';
        ::close(ends[0]);
    }

    ANetwork(const ANetwork&) = delete;
    ANetwork& operator=(const ANetwork&) = delete;

    ~ANetwork() { end(); }

    /// False: no right to make one.
    [[nodiscard]] bool has_own() const { return has_own_; }

    [[nodiscard]] pid_t pid() const { return pid_; }

    void end() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
            pid_ = -1;
        }
    }

    /// A socket of that network: a socket belongs to the namespace that it was made in.
    [[nodiscard]] UniqueFd tcp_socket() const {
        const UniqueFd own{::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)};
        const UniqueFd its{::open(("/proc/" + std::to_string(pid_) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC)};
        EXPECT_EQ(::setns(its.get(), CLONE_NEWNET), 0);
        UniqueFd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        EXPECT_EQ(::setns(own.get(), CLONE_NEWNET), 0);
        return socket;
    }

    /// Connected to that port of its loopback; none where nobody listens.
    [[nodiscard]] UniqueFd connect(std::uint16_t port) const {
        UniqueFd socket = tcp_socket();
        const sockaddr_in address = at(port);
        return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0
                   ? std::move(socket)
                   : UniqueFd{};
    }

    static sockaddr_in at(std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }

  private:
    pid_t pid_{-1};
    bool has_own_{false};
};

/// A desktop's Unix socket, on which this process listens.
class AUnixServer {
  public:
    explicit AUnixServer(const std::string& path) : listener_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << path;
        EXPECT_EQ(::listen(listener_.get(), 8), 0);
        EXPECT_EQ(::chmod(path.c_str(), 0777), 0);
    }

    /// The next that comes, within ten seconds.
    [[nodiscard]] UniqueFd accept() const {
        pollfd waiting{listener_.get(), POLLIN, 0};
        return UniqueFd{::poll(&waiting, 1, 10'000) == 1 ? ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)
                                                         : -1};
    }

  private:
    UniqueFd listener_;
};

/// Who connected, as the kernel says (SO_PEERCRED).
inline ucred peer_of(const UniqueFd& connection) {
    ucred peer{};
    socklen_t length = sizeof peer;
    EXPECT_EQ(::getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length), 0);
    return peer;
}

/// The next `size` bytes, or what comes before the end, within ten seconds.
inline std::string hear(const UniqueFd& end, std::size_t size) {
    std::string all;
    while (all.size() < size) {
        pollfd waiting{end.get(), POLLIN, 0};
        std::array<char, 4096> piece{};
        const std::size_t most = std::min(piece.size(), size - all.size());
        const ssize_t got = ::poll(&waiting, 1, 10'000) == 1 ? ::recv(end.get(), piece.data(), most, 0) : -1;
        if (got <= 0) {
            return got == 0 || errno == ECONNRESET ? all + "<end>" : all + "<nothing>";
        }
        all.append(piece.data(), static_cast<std::size_t>(got));
    }
    return all;
}

inline void say(const UniqueFd& end, const std::string& bytes) {
    ASSERT_EQ(::send(end.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
}

} // namespace berth::test
