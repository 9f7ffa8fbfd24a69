#include "linux/helper_process.hpp"

#include "linux/spawn.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <unistd.h>
#include <utility>

namespace berth::os {
namespace {

constexpr std::size_t most_output = std::size_t{16} * 1024;

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
        kill_at_once(pidfd_.native_handle());
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
                Done<HelperOutcome> done, const std::vector<int>& descriptors) {
    std::array<int, 2> ends{};
    const auto fail = [&](Error error) { boost::asio::post(io, [done, error = std::move(error)] { done(error); }); };
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        fail(system_error("pipe for " + argv.front(), errno));
        return;
    }
    UniqueFd reader{ends[0]};
    UniqueFd writer{ends[1]};
    std::vector<int> all{-1, writer.get(), STDERR_FILENO};
    all.insert(all.end(), descriptors.begin(), descriptors.end());
    auto child = spawn(argv, all);
    writer.reset();
    if (!child) {
        fail(child.error());
        return;
    }
    std::make_shared<Helper>(io, argv.front(), std::move(done))
        ->start(std::move(child->pidfd), std::move(reader), limit);
}

} // namespace berth::os
