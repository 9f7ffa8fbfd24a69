#include "linux/helper_process.hpp"

#include "base/unique_fd.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <spawn.h>
#include <unistd.h>
#include <utility>

namespace berth::os {
namespace {

constexpr std::size_t most_output = std::size_t{16} * 1024;

/// posix_spawn(3) with stdout on `output`. Returns the PID or a negated errno value.
pid_t spawn(const std::vector<std::string>& argv, int output) {
    posix_spawn_file_actions_t files{};
    posix_spawnattr_t attributes{};
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    sigset_t none{};
    sigset_t all{};
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    std::vector<char*> words;
    for (const std::string& word : argv) {
        words.push_back(const_cast<char*>(word.c_str())); // posix_spawn does not write to them
    }
    words.push_back(nullptr);
    char* no_environment = nullptr;
    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, words.front(), &files, &attributes, words.data(), &no_environment);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&files);
    return error == 0 ? pid : -error;
}

/// One running helper; keeps itself alive by its handlers until the child is reaped.
class Helper : public std::enable_shared_from_this<Helper> {
  public:
    Helper(boost::asio::io_context& io, std::string name, Done<HelperOutcome> done)
        : name_{std::move(name)}, done_{std::move(done)}, pidfd_{io}, pipe_{io}, limit_{io} {}

    void start(UniqueFd pidfd, UniqueFd pipe, std::chrono::milliseconds limit) {
        pidfd_.assign(pidfd.release());
        pipe_.assign(pipe.release());
        limit_.expires_after(limit);
        limit_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (!error) {
                self->give_up();
            }
        });
        pidfd_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                              if (!error) {
                                  self->reap();
                              }
                          });
        read_more();
    }

  private:
    void read_more() {
        pipe_.async_read_some(boost::asio::buffer(piece_),
                              [self = shared_from_this()](const boost::system::error_code& error, std::size_t size) {
                                  self->keep(size);
                                  if (!error) {
                                      self->read_more();
                                      return;
                                  }
                                  self->at_end_of_output_ = true;
                                  self->finish();
                              });
    }

    void keep(std::size_t size) {
        outcome_.output.append(piece_.data(), std::min(size, most_output - outcome_.output.size()));
    }

    void reap() {
        ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd_.native_handle()), &end_, WEXITED | WNOHANG);
        reaped_ = true;
        finish();
    }

    /// Both ends are awaited, so that nothing of the output is lost.
    void finish() {
        if (!done_ || !reaped_ || !at_end_of_output_) {
            return;
        }
        limit_.cancel();
        if (end_.si_code == CLD_EXITED) {
            outcome_.exit_code = end_.si_status;
            std::exchange(done_, nullptr)(std::move(outcome_));
        } else {
            std::exchange(done_, nullptr)(
                Error{ErrorCode::failed, name_ + " died by signal " + std::to_string(end_.si_status)});
        }
    }

    void give_up() {
        ::syscall(SYS_pidfd_send_signal, pidfd_.native_handle(), SIGKILL, nullptr, 0);
        boost::system::error_code ignored;
        pipe_.cancel(ignored);
        if (done_) {
            std::exchange(done_, nullptr)(Error{ErrorCode::timed_out, name_ + " did not end in time"});
        }
    }

    std::string name_;
    Done<HelperOutcome> done_;
    boost::asio::posix::stream_descriptor pidfd_;
    boost::asio::posix::stream_descriptor pipe_;
    boost::asio::steady_timer limit_;
    std::array<char, 4096> piece_{};
    HelperOutcome outcome_;
    siginfo_t end_{};
    bool reaped_{false};
    bool at_end_of_output_{false};
};

} // namespace

void run_helper(boost::asio::io_context& io, const std::vector<std::string>& argv, std::chrono::milliseconds limit,
                Done<HelperOutcome> done) {
    std::array<int, 2> ends{};
    const auto fail = [&](const std::string& what, int number) {
        boost::asio::post(io, [done, error = system_error(what, number)] { done(error); });
    };
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        fail("pipe for " + argv.front(), errno);
        return;
    }
    UniqueFd reader{ends[0]};
    UniqueFd writer{ends[1]};
    const pid_t pid = spawn(argv, writer.get());
    writer.reset();
    if (pid < 0) {
        fail("start " + argv.front(), -pid);
        return;
    }
    UniqueFd pidfd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))}; // our unreaped child: it is this one
    if (!pidfd) {
        const int number = errno;
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, WNOHANG);
        fail("pidfd_open of " + argv.front(), number);
        return;
    }
    std::make_shared<Helper>(io, argv.front(), std::move(done))->start(std::move(pidfd), std::move(reader), limit);
}

} // namespace berth::os
