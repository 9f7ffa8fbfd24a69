#pragma once

#include "cli/jobs_heard.hpp"
#include "cli/progress.hpp"
#include "lib/berth_client.hpp"

#include <functional>
#include <optional>
#include <string>

namespace berth::cli {

/// Makes one call that starts a job and follows the job to its end. It listens before it calls, so a job that is over
/// at once is not missed. Ctrl-C cancels the job and waits for its end; a second one leaves. A berthd that leaves the
/// bus with a job under way is waited for: the next one says what became of it.
class JobRunner {
  public:
    using Start = std::function<void(client::BerthClient::Answered)>;

    /// How long the next berthd may take.
    static constexpr unsigned longest_absence_s = 20;

    /// SIGINT, SIGTERM and SIGALRM are taken over for the life of the process.
    explicit JobRunner(client::BerthClient& client);

    /// The exit code. `wait` false: returns when the call was accepted.
    int run(const Start& start, bool wait);

    /// The same for a call that does not return its job: the one of that kind on that seat is followed, if there is one
    /// still.
    int run_unnamed(const Start& start, const std::string& kind, const std::string& path);

    /// What the job that was followed is, and what was heard of it.
    [[nodiscard]] const std::string& job() const noexcept { return job_; }

    [[nodiscard]] const JobsHeard& heard_of() const noexcept { return jobs_; }

  private:
    int follow(const std::string& job_path);
    [[nodiscard]] std::string job_of(const std::string& kind, const std::string& path) const;
    void heard(const client::Signal& signal);
    void answered(const client::Answer& answer);
    void interrupted();
    void berthd_left();
    void cancel();
    [[nodiscard]] bool over() const;
    void serve();
    int verdict();

    client::BerthClient& client_;
    Progress progress_;
    int signal_fd_;
    bool wait_{true};
    unsigned interrupts_{0};
    bool left_{false};
    bool berthd_is_gone_{false}; ///< for good, as far as we wait
    std::optional<client::Answer> answer_;
    std::string job_;
    JobsHeard jobs_;
};

/// Stops the client and waits until it has ended; what Stop means for it (org.berth.Berth1.Client.xml) is the caller's
/// to know: `done` says it when all went well. The exit code.
int stop_client(client::BerthClient& berthd, const std::string& path, unsigned timeout_ms, const std::string& done);

} // namespace berth::cli
