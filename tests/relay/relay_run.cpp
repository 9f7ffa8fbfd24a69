#include "relay/relay_run.hpp"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <stdexcept>
#include <termios.h>
#include <unistd.h>

namespace berth::test {
namespace {

constexpr int limit_ms = 10'000;

bool is_ready(int fd, short events) {
    pollfd waiting{fd, events, 0};
    return ::poll(&waiting, 1, limit_ms) == 1;
}

} // namespace

FdPair socket_pair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        throw std::runtime_error{"socketpair"};
    }
    return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

FdPair pipe_pair() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw std::runtime_error{"pipe2"};
    }
    return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

FdPair pty_pair() {
    UniqueFd master{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    std::array<char, 64> name{};
    if (!master || ::grantpt(master.get()) != 0 || ::unlockpt(master.get()) != 0 ||
        ::ptsname_r(master.get(), name.data(), name.size()) != 0) {
        throw std::runtime_error{"posix_openpt"};
    }
    UniqueFd slave{::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
    termios line{};
    ::tcgetattr(slave.get(), &line);
    ::cfmakeraw(&line);
    ::tcsetattr(slave.get(), TCSANOW, &line);
    return {std::move(master), std::move(slave)};
}

std::string read_bytes(int fd, std::size_t size) {
    std::string bytes;
    std::array<char, 65536> piece{};
    while (bytes.size() < size && is_ready(fd, POLLIN)) {
        const ssize_t count = ::read(fd, piece.data(), std::min(piece.size(), size - bytes.size()));
        if (count <= 0) {
            break;
        }
        bytes.append(piece.data(), static_cast<std::size_t>(count));
    }
    return bytes;
}

bool write_bytes(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        if (!is_ready(fd, POLLOUT)) {
            return false;
        }
        const ssize_t count = ::write(fd, bytes.data(), std::min<std::size_t>(bytes.size(), 4096));
        if (count <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

std::string frame(unsigned char stream, std::string_view payload) {
    std::string bytes(8, '\0');
    bytes[0] = static_cast<char>(stream);
    for (unsigned byte = 0; byte < 4; ++byte) {
        bytes[7 - byte] = static_cast<char>(payload.size() >> (8 * byte) & 0xFFU);
    }
    return bytes.append(payload);
}

RelayRun::RelayRun(const char* mode, UniqueFd in, UniqueFd out, UniqueFd err, UniqueFd connection) {
    const std::array<int, 4> wanted{in.get(), out.get(), err.get(), connection.get()};
    pid_ = ::fork();
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL); // a test that dies leaves nobody behind
        std::array<int, 4> high{};
        for (std::size_t fd = 0; fd < wanted.size(); ++fd) {
            high[fd] = ::fcntl(wanted[fd], F_DUPFD_CLOEXEC, 100);
        }
        for (std::size_t fd = 0; fd < wanted.size(); ++fd) {
            ::dup2(high[fd], static_cast<int>(fd));
        }
        ::dup2(high[1], 50); // a pipe's end that nobody may keep
        sigset_t all{};
        ::sigfillset(&all);
        ::sigprocmask(SIG_SETMASK, &all, nullptr);
        ::execl(BERTH_RELAY_PROGRAM, BERTH_RELAY_PROGRAM, mode, nullptr);
        ::_exit(99);
    }
    pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
}

RelayRun::~RelayRun() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
}

int RelayRun::end() {
    if (!is_ready(pidfd_.get(), POLLIN)) {
        return -1;
    }
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string RelayRun::status(const std::string& name) const {
    std::ifstream file{"/proc/" + std::to_string(pid_) + "/status"};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(name + ":\t")) {
            return line.substr(name.size() + 2);
        }
    }
    return "";
}

} // namespace berth::test
