#include "bus/command.hpp"

#include "base/unique_fd.hpp"
#include "bus/waiting.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace berth::testing {

namespace asio = boost::asio;

namespace {

struct Pipe {
    UniqueFd out;
    UniqueFd in;
};

Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) < 0) {
        throw std::runtime_error{"pipe2 failed"};
    }
    return Pipe{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

pid_t start(const std::vector<std::string>& argv, const std::map<std::string, std::string>& environment, int out,
            int err) {
    const pid_t pid = ::fork();
    if (pid != 0) {
        return pid;
    }
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    for (const auto& [name, value] : environment) {
        ::setenv(name.c_str(), value.c_str(), 1);
    }
    std::vector<char*> arguments;
    for (const std::string& argument : argv) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
}

} // namespace

/// Collects what comes out of a pipe until its writers are gone.
struct RunningCommand::Reader {
    Reader(asio::io_context& io, UniqueFd fd) : descriptor{io, fd.release()} { read(); }

    void read() {
        descriptor.async_read_some(asio::buffer(chunk), [this](const boost::system::error_code& error, std::size_t n) {
            text.append(chunk.data(), n);
            error ? static_cast<void>(ended = true) : read();
        });
    }

    asio::posix::stream_descriptor descriptor;
    std::array<char, 4096> chunk{};
    std::string text;
    bool ended{false};
};

RunningCommand::RunningCommand(asio::io_context& io, const std::vector<std::string>& argv,
                               const std::map<std::string, std::string>& environment)
    : io_{io} {
    Pipe out = make_pipe();
    Pipe err = make_pipe();
    pid_ = start(argv, environment, out.in.get(), err.in.get());
    out_ = std::make_unique<Reader>(io, std::move(out.out));
    err_ = std::make_unique<Reader>(io, std::move(err.out));
}

RunningCommand::~RunningCommand() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
}

void RunningCommand::signal(int number) {
    ::kill(pid_, number);
}

const std::string& RunningCommand::out() const noexcept {
    return out_->text;
}

const std::string& RunningCommand::err() const noexcept {
    return err_->text;
}

bool RunningCommand::printed(const std::string& text) {
    return run_until(
        io_, [&] { return out_->text.find(text) != std::string::npos || err_->text.find(text) != std::string::npos; });
}

CommandResult RunningCommand::wait() {
    const auto ended = [&] { return out_->ended && err_->ended; };
    if (!run_until(io_, ended)) {
        ::kill(pid_, SIGKILL);
        run_until(io_, ended);
    }
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return CommandResult{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), out_->text, err_->text};
}

CommandResult run_command(asio::io_context& io, const std::vector<std::string>& argv,
                          const std::map<std::string, std::string>& environment) {
    return RunningCommand{io, argv, environment}.wait();
}

bool have_program(const std::string& program) {
    std::istringstream folders{std::getenv("PATH") == nullptr ? "" : std::getenv("PATH")};
    std::string folder;
    while (std::getline(folders, folder, ':')) {
        if (std::filesystem::exists(std::filesystem::path{folder} / program)) {
            return true;
        }
    }
    return false;
}

} // namespace berth::testing
