#pragma once

#include "base/unique_fd.hpp"
#include "guard/lease.hpp"
#include "guard/vt_console.hpp"
#include "support/scratch_folder.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <spawn.h>
#include <string>
#include <unistd.h>
#include <vector>

/// The built berth-guard as a test runs it, and berthd's part.
namespace berth::test {

inline sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    return address;
}

/// The built one; on another machine than this, the one that BERTH_GUARD names.
inline std::string guard_program() {
    const char* const other = std::getenv("BERTH_GUARD"); // NOLINT(concurrency-mt-unsafe): one thread
    return other != nullptr ? other : BERTH_GUARD_PROGRAM;
}

/// A started program that is told when it is ready, as systemd is (sd_notify(3)). Ended and reaped at the end.
class GuardProcess {
  public:
    /// `runtime`: a folder that has `guard` in it. What it says goes to RUNTIME/log, or to the descriptor `log`.
    explicit GuardProcess(const std::string& runtime, std::vector<std::string> arguments = {"seat0"}, int log = -1)
        : runtime_{runtime} {
        const std::string notify = runtime + "/notify";
        std::filesystem::remove(notify);
        const UniqueFd ready{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
        const sockaddr_un address = address_of(notify);
        EXPECT_EQ(::bind(ready.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        arguments.insert(arguments.begin(), {guard_program(), "--runtime", runtime});
        start(arguments, "NOTIFY_SOCKET=" + notify, log);
        std::array<char, 64> word{};
        pollfd waiting{ready.get(), POLLIN, 0};
        ready_ = ::poll(&waiting, 1, 10'000) == 1 && ::read(ready.get(), word.data(), word.size() - 1) > 0 &&
                 std::string{word.data()} == "READY=1";
    }

    GuardProcess(const GuardProcess&) = delete;
    GuardProcess& operator=(const GuardProcess&) = delete;

    ~GuardProcess() { kill(); }

    [[nodiscard]] bool ready() const { return ready_; }

    [[nodiscard]] pid_t pid() const { return pid_; }

    void kill() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
            pid_ = -1;
        }
    }

    [[nodiscard]] std::string log() const { return read_file(runtime_ + "/log"); }

  private:
    void start(const std::vector<std::string>& arguments, std::string environment, int open_log) {
        std::vector<char*> argv;
        for (const std::string& argument : arguments) {
            argv.push_back(const_cast<char*>(argument.c_str()));
        }
        argv.push_back(nullptr);
        std::array<char*, 2> variables{environment.data(), nullptr};
        const std::string log = runtime_ + "/log";
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        if (open_log >= 0) {
            ::posix_spawn_file_actions_adddup2(&actions, open_log, STDERR_FILENO);
        } else {
            ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                               0600);
        }
        EXPECT_EQ(::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), variables.data()), 0);
        ::posix_spawn_file_actions_destroy(&actions);
    }

    std::string runtime_;
    pid_t pid_{-1};
    bool ready_{false};
};

/// berthd's end of the connection.
class GuardCaller {
  public:
    explicit GuardCaller(const std::string& runtime) {
        const sockaddr_un address = address_of(runtime + "/guard/seat0.sock");
        EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    }

    /// The guard's PID, as the kernel says.
    [[nodiscard]] pid_t peer() const {
        ucred peer{};
        socklen_t size = sizeof peer;
        EXPECT_EQ(::getsockopt(socket_.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size), 0);
        return peer.pid;
    }

    /// Sends a line and waits for the line that answers; "" when the connection ends instead.
    [[nodiscard]] std::string ask(const std::string& word) const {
        const std::string line = word + "\n";
        if (::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL) < 0) {
            return "";
        }
        std::string answer;
        char letter = '\0';
        while (::read(socket_.get(), &letter, 1) == 1) {
            if (letter == '\n') {
                return answer;
            }
            answer += letter;
        }
        return "";
    }

  private:
    UniqueFd socket_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

inline guard::Process process_of(pid_t pid) {
    guard::Process process{pid, 0};
    EXPECT_TRUE(guard::start_of(pid, process.start));
    return process;
}

inline std::string text_of(const guard::Lease& lease) {
    std::array<char, guard::largest_lease> text{};
    return {text.data(), guard::print_lease(lease, text.data(), text.size())};
}

/// A guard's folder, and the three terminals.
class GuardTest : public VtTest {
  protected:
    void SetUp() override {
        VtTest::SetUp();
        std::filesystem::create_directories(folder.path() + "/guard");
    }

    void put_lease(const std::string& text) const {
        const std::string path = folder.path() + "/guard/seat0.lease";
        write_file(path + ".new", text);
        std::filesystem::rename(path + ".new", path);
    }

    /// A lease of the desktop's terminal for `owner`.
    static guard::Lease lease_for(const Owner& owner) {
        guard::Lease lease;
        lease.word = guard::Lease::Word::armed;
        lease.vt = desktop;
        lease.home = home;
        lease.init = process_of(owner.pid());
        return lease;
    }

    /// All is a person's again, by the test's own ioctls.
    [[nodiscard]] static bool all_is_healthy() {
        return visible_vt() == home && state_of(desktop) == healthy() && state_of(home) == healthy();
    }

    /// The guard says that it is done (it answers nothing meanwhile), and so it is: a terminal that is just being hung
    /// up could not be looked at.
    [[nodiscard]] bool is_restored() const {
        return visible_vt() == home &&
               GuardCaller{folder.path()}.ask("status").find("\"restored\":true") != std::string::npos &&
               all_is_healthy();
    }

    ScratchFolder folder;
};

} // namespace berth::test
