#pragma once

#include "base/unique_fd.hpp"

#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <functional>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace berth::test {

/// A child with a mount namespace of its own, whose mounts are slaves of this one's, as a container's. It answers
/// questions by `answer`, which runs in the child.
class MountNamespace {
  public:
    using Answer = std::function<bool(const std::string& question)>;

    explicit MountNamespace(
        const Answer& answer, const std::function<bool()>& prepare = [] { return true; }) {
        std::array<int, 2> pair{};
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) {
            throw std::runtime_error{"socketpair"};
        }
        child_ = ::fork();
        if (child_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            ::close(pair[0]);
            const bool is_ready = ::unshare(CLONE_NEWNS) == 0 &&
                                  ::mount(nullptr, "/", nullptr, MS_SLAVE | MS_REC, nullptr) == 0 && prepare();
            serve(pair[1], answer, is_ready);
            ::_exit(0);
        }
        ::close(pair[1]);
        socket_ = UniqueFd{pair[0]};
        ready_ = reply();
    }

    MountNamespace(const MountNamespace&) = delete;
    MountNamespace& operator=(const MountNamespace&) = delete;

    ~MountNamespace() {
        socket_.reset();
        ::waitpid(child_, nullptr, 0);
    }

    [[nodiscard]] bool ready() const { return ready_; }

    [[nodiscard]] pid_t pid() const { return child_; }

    [[nodiscard]] bool ask(const std::string& question = "?") const {
        return ::send(socket_.get(), question.data(), question.size(), MSG_NOSIGNAL) > 0 && reply();
    }

  private:
    static void serve(int socket, const Answer& answer, bool is_ready) {
        std::array<char, 8192> question{};
        char reply = is_ready ? '+' : '-';
        while (::send(socket, &reply, 1, MSG_NOSIGNAL) == 1) {
            const ssize_t size = ::read(socket, question.data(), question.size());
            if (size <= 0) {
                return;
            }
            reply = answer(std::string{question.data(), static_cast<std::size_t>(size)}) ? '+' : '-';
        }
    }

    [[nodiscard]] bool reply() const {
        char reply = '-';
        return ::read(socket_.get(), &reply, 1) == 1 && reply == '+';
    }

    pid_t child_{-1};
    UniqueFd socket_;
    bool ready_{false};
};

} // namespace berth::test
