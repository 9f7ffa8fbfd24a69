#include "client/pty_command.hpp"

#include "bus/waiting.hpp"

#include <boost/asio/buffer.hpp>

#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>

namespace berth::testing {

Pty::Pty() : master_{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)} {
    std::array<char, 64> name{};
    if (!master_ || ::grantpt(master()) != 0 || ::unlockpt(master()) != 0 ||
        ::ptsname_r(master(), name.data(), name.size()) != 0) {
        throw std::runtime_error{"no pseudo-terminal"};
    }
    slave_.reset(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
}

termios Pty::attributes() const {
    termios result{};
    if (::tcgetattr(slave(), &result) < 0) {
        throw std::runtime_error{"tcgetattr failed"};
    }
    return result;
}

bool Pty::raw() const {
    return (attributes().c_lflag & static_cast<tcflag_t>(ECHO | ICANON | ISIG)) == 0;
}

void Pty::resize(unsigned short rows, unsigned short columns) const {
    winsize size{};
    size.ws_row = rows;
    size.ws_col = columns;
    ::ioctl(slave(), TIOCSWINSZ, &size);
}

bool same(const termios& one, const termios& other) {
    return one.c_iflag == other.c_iflag && one.c_oflag == other.c_oflag && one.c_cflag == other.c_cflag &&
           one.c_lflag == other.c_lflag && std::memcmp(one.c_cc, other.c_cc, sizeof one.c_cc) == 0;
}

PtyCommand::PtyCommand(boost::asio::io_context& io, const std::vector<std::string>& argv) : io_{io} {
    pty.resize(24, 80);
    pid_ = ::fork();
    if (pid_ == 0) {
        ::setsid();
        ::ioctl(pty.slave(), TIOCSCTTY, 0);
        for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
            ::dup2(pty.slave(), fd);
        }
        ::setenv("TERM", "berth-test", 1);
        std::vector<char*> words;
        for (const std::string& word : argv) {
            words.push_back(const_cast<char*>(word.c_str()));
        }
        words.push_back(nullptr);
        ::execvp(words[0], words.data());
        ::_exit(127);
    }
    reader_ = std::make_unique<Stream>(io, ::fcntl(pty.master(), F_DUPFD_CLOEXEC, 0));
    watch_ = std::make_unique<Stream>(io, static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    read();
    watch();
}

PtyCommand::~PtyCommand() {
    if (!status_) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
}

void PtyCommand::read() {
    reader_->async_read_some(boost::asio::buffer(chunk_),
                             [this](const boost::system::error_code& error, std::size_t n) {
                                 shown_.append(chunk_.data(), n);
                                 if (!error) {
                                     read();
                                 }
                             });
}

void PtyCommand::watch() {
    watch_->async_wait(Stream::wait_read, [this](const boost::system::error_code& error) {
        int status = 0;
        if (!error && ::waitpid(pid_, &status, 0) == pid_) {
            status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
    });
}

void PtyCommand::type(const std::string& keys) const {
    if (::write(pty.master(), keys.data(), keys.size()) != static_cast<ssize_t>(keys.size())) {
        throw std::runtime_error{"cannot type"};
    }
}

void PtyCommand::signal(int number) const {
    ::kill(pid_, number);
}

bool PtyCommand::shows(const std::string& text) {
    return run_until(io_, [&] { return shown_.find(text) != std::string::npos; });
}

/// Nothing tells of a terminal's mode: asked again after each turn, at the latest every 5 ms.
bool PtyCommand::becomes_raw() {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!pty.raw() && std::chrono::steady_clock::now() < deadline) {
        io_.restart();
        io_.run_one_for(std::chrono::milliseconds{5});
    }
    return pty.raw();
}

int PtyCommand::wait() {
    run_until(io_, [&] { return status_.has_value(); });
    return status_.value_or(-1);
}

} // namespace berth::testing
