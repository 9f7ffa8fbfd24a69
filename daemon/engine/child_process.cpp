#include "engine/child_process.hpp"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace berth::engine {
namespace {

std::vector<std::string> merged_environment(const std::vector<std::string>& added) {
    std::vector<std::string> merged = added;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text{*entry};
        const std::string_view key = text.substr(0, text.find('=') + 1);
        // What the service manager gave berthd to speak with it is not the engine's.
        bool replaced = key == "NOTIFY_SOCKET=" || key == "WATCHDOG_USEC=" || key == "WATCHDOG_PID=";
        for (const std::string& mine : added) {
            replaced = replaced || std::string_view{mine}.starts_with(key);
        }
        if (!replaced) {
            merged.emplace_back(text);
        }
    }
    return merged;
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
    std::vector<char*> pointers;
    pointers.reserve(strings.size() + 1);
    for (std::string& text : strings) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

/// Runs in the child, between fork and exec: only async-signal-safe calls (signal-safety(7)).
[[noreturn]] void become(const char* program, char* const* arguments, char* const* environment, int log,
                         pid_t parent) noexcept {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) { // it died before the line above
        ::_exit(127);
    }
    ::setpgid(0, 0);
    for (int number = 1; number < NSIG; ++number) {
        ::signal(number, SIG_DFL);
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, STDIN_FILENO);
    ::dup2(log >= 0 ? log : null, STDOUT_FILENO);
    ::dup2(log >= 0 ? log : null, STDERR_FILENO);
    ::syscall(SYS_close_range, 3U, ~0U, 0U);
    ::execve(program, arguments, environment);
    ::_exit(127);
}

} // namespace

Result<ChildProcess> ChildProcess::start(const ChildCommand& command) {
    std::vector<std::string> arguments = command.arguments;
    const std::string program = arguments.empty() ? "" : find_program(arguments.front(), program_path());
    if (program.empty()) {
        return Error{ErrorCode::engine_unavailable,
                     "the program \"" + (arguments.empty() ? "" : arguments.front()) + "\" is not installed"};
    }
    std::vector<std::string> environment = merged_environment(command.environment);
    const std::vector<char*> argv = pointers_to(arguments);
    const std::vector<char*> envp = pointers_to(environment);
    const UniqueFd log{command.log.empty()
                           ? -1
                           : ::open(command.log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600)};
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) {
        return system_error("fork", errno);
    }
    if (pid == 0) {
        become(program.c_str(), argv.data(), envp.data(), log.get(), parent);
    }
    // Nobody but us reaps it, so the number is still its own.
    UniqueFd pidfd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
    if (!pidfd) {
        const int number = errno;
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        return system_error("pidfd_open", number);
    }
    return ChildProcess{pid, std::move(pidfd)};
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_{std::exchange(other.pid_, 0)}, pidfd_{std::move(other.pidfd_)} {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
    if (this != &other) {
        end(std::chrono::milliseconds{500});
        pid_ = std::exchange(other.pid_, 0);
        pidfd_ = std::move(other.pidfd_);
    }
    return *this;
}

ChildProcess::~ChildProcess() {
    end(std::chrono::milliseconds{500});
}

std::optional<int> ChildProcess::reap() noexcept {
    siginfo_t info{};
    if (pid_ == 0 || ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0) {
        return std::nullopt;
    }
    pid_ = 0;
    pidfd_.reset();
    return info.si_status;
}

void ChildProcess::end(std::chrono::milliseconds grace) noexcept {
    if (pid_ == 0) {
        return;
    }
    ::kill(pid_, SIGTERM);
    pollfd ended{pidfd_.get(), POLLIN, 0};
    if (::poll(&ended, 1, static_cast<int>(grace.count())) != 1) {
        ::kill(pid_, SIGKILL);
    }
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
    pidfd_.reset();
}

std::string find_program(const std::string& program, const std::string& search_path) {
    if (program.find('/') != std::string::npos) {
        return ::access(program.c_str(), X_OK) == 0 ? program : std::string{};
    }
    std::string_view rest{search_path};
    while (!program.empty() && !rest.empty()) {
        const std::size_t colon = rest.find(':');
        const std::string candidate = std::string{rest.substr(0, colon)} + "/" + program;
        if (::access(candidate.c_str(), X_OK) == 0) {
            return candidate;
        }
        rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
    }
    return {};
}

std::string program_path() {
    const char* path = std::getenv("PATH");
    return path != nullptr ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

} // namespace berth::engine
