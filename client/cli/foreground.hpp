#pragma once

#include "cli/job_runner.hpp"
#include "cli/jobs_heard.hpp"
#include "cli/raw_terminal.hpp"
#include "lib/berth_client.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace berth::cli {

/// Follows a job that has our standard streams, until it has ended: sets the terminal, tells of its size, passes
/// signals on.
///
/// Terminal: raw from before the call; ^C is still ours until the client runs, and cancels the job. Then SIGTERM
/// and SIGHUP end berth alone, everything else is the client's. No terminal: signals are the client's; a second SIGINT
/// within 3 s stops it, a third leaves. A job that has no client of its own (`exec`, `logs`) is cancelled instead,
/// since a client's signals go to its first process. One thread; SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 and
/// SIGWINCH are taken over for the life of the process.
class Foreground {
  public:
    enum class Signals {
        to_client, ///< the client is the command
        cancel,    ///< the command is one beside the client's own
        end,       ///< the same, and that is how such a job ends: no error
    };

    /// `terminal`: the command has a pseudo-terminal; our standard input is raw meanwhile where it is a terminal.
    Foreground(client::BerthClient& client, Signals signals, bool terminal);

    /// The exit code: the command's, else as exit_codes.hpp says. Errors are told on stderr, CallFailed of the call
    /// itself is thrown; the terminal is restored in any case.
    int run(const JobRunner::Start& start);

  private:
    void heard(const client::Signal& signal);
    void answered(const client::Answer& answer);
    void signalled();
    void handle(int number);
    void interrupted();
    void forward(int number);
    void cancel();
    void resize();
    void set_terminal();
    [[nodiscard]] bool runs() const;
    [[nodiscard]] bool over() const;
    [[nodiscard]] std::string who() const;
    void say_what_it_lacked(int code) const;
    int verdict();

    client::BerthClient& client_;
    Signals signals_;
    bool has_terminal_;
    bool ran_{false};
    RawTerminal terminal_; // restored when this object goes
    int signal_fd_;
    JobsHeard jobs_;
    std::optional<client::Answer> answer_;
    std::string job_;
    int early_{0};   ///< a signal that came before the answer
    int left_by_{0}; ///< the signal on which we leave the job to itself
    int last_{0};    ///< the signal that was handled last
    bool cancelled_{false};
    bool stopping_{false};
    std::optional<std::chrono::steady_clock::time_point> interrupted_at_;
};

} // namespace berth::cli
