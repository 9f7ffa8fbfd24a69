#include "client/contained_process.hpp"

#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace berth::testing {

namespace {

using boost::system::error_code;

UniqueFd open_master(std::string& slave) {
    UniqueFd master{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    std::array<char, 64> name{};
    if (!master || ::grantpt(master.get()) != 0 || ::unlockpt(master.get()) != 0 ||
        ::ptsname_r(master.get(), name.data(), name.size()) != 0) {
        throw std::runtime_error{"no pseudo-terminal"};
    }
    slave = name.data();
    return master;
}

/// In the child.
[[noreturn]] void become(const std::vector<std::string>& argv, const std::map<std::string, std::string>& environment) {
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const auto& [name, value] : environment) {
        ::setenv(name.c_str(), value.c_str(), 1);
    }
    std::vector<char*> words;
    for (const std::string& word : argv) {
        words.push_back(const_cast<char*>(word.c_str()));
    }
    words.push_back(nullptr);
    ::execvp(words[0], words.data());
    ::_exit(127);
}

/// One turn; false at the end. Blocks in write(2) alone: the test reads on the other side of a pipe that is large
/// enough.
bool pass(int from, int to) {
    std::array<char, 4096> chunk{};
    const ssize_t n = ::read(from, chunk.data(), chunk.size());
    return n > 0 && ::write(to, chunk.data(), static_cast<std::size_t>(n)) == n;
}

} // namespace

ContainedProcess::ContainedProcess(boost::asio::io_context& io, const std::vector<std::string>& argv,
                                   const std::map<std::string, std::string>& environment, Streams streams,
                                   bool terminal, std::function<void(int)> ended)
    : streams_{std::move(streams)}, ended_{std::move(ended)} {
    if (terminal) {
        master_ = open_master(slave_);
        held_.reset(::open(slave_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    }
    start(argv, environment);
    watch_ = std::make_unique<Stream>(io, static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    watch();
    if (terminal) {
        drained_ = false;
        in_ = std::make_unique<Stream>(io, ::fcntl(streams_.in.get(), F_DUPFD_CLOEXEC, 0));
        out_ = std::make_unique<Stream>(io, ::fcntl(master_.get(), F_DUPFD_CLOEXEC, 0));
        pass_in();
        pass_out();
    } else {
        streams_ = {}; // the child's alone, so that a reader sees its end
    }
}

ContainedProcess::~ContainedProcess() {
    if (code_ < 0 && pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
}

void ContainedProcess::start(const std::vector<std::string>& argv,
                             const std::map<std::string, std::string>& environment) {
    pid_ = ::fork();
    if (pid_ != 0) {
        return;
    }
    ::setsid();
    const int terminal = master_ ? ::open(slave_.c_str(), O_RDWR) : -1; // becomes the controlling one
    ::dup2(master_ ? terminal : streams_.in.get(), STDIN_FILENO);
    ::dup2(master_ ? terminal : streams_.out.get(), STDOUT_FILENO);
    ::dup2(master_ ? terminal : streams_.err.get(), STDERR_FILENO);
    become(argv, environment);
}

void ContainedProcess::signal(int number) const {
    if (code_ < 0) {
        ::kill(pid_, number);
    }
}

void ContainedProcess::resize(unsigned rows, unsigned columns) const {
    winsize size{};
    size.ws_row = static_cast<unsigned short>(rows);
    size.ws_col = static_cast<unsigned short>(columns);
    ::ioctl(master_.get(), TIOCSWINSZ, &size);
}

void ContainedProcess::pass_in() {
    in_->async_wait(Stream::wait_read, [this](const error_code& error) {
        if (!error && pass(in_->native_handle(), master_.get())) {
            pass_in();
        }
    });
}

void ContainedProcess::pass_out() {
    out_->async_wait(Stream::wait_read, [this](const error_code& error) {
        if (error) {
            return;
        }
        if (pass(master_.get(), streams_.out.get())) {
            pass_out();
        } else {
            drained_ = true;
            end_if_over();
        }
    });
}

void ContainedProcess::watch() {
    watch_->async_wait(Stream::wait_read, [this](const error_code& error) {
        int status = 0;
        if (error || ::waitpid(pid_, &status, 0) != pid_) {
            return;
        }
        code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        held_.reset(); // now the master reads to its end
        end_if_over();
    });
}

void ContainedProcess::end_if_over() {
    if (code_ >= 0 && drained_ && ended_) {
        std::exchange(ended_, nullptr)(code_);
    }
}

} // namespace berth::testing
