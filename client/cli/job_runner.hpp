#pragma once

#include "cli/progress.hpp"
#include "lib/berth_client.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace berth::cli {

/// Makes one call that starts a job and follows the job to its end. It listens before it calls, so a job that is over
/// at once is not missed. Ctrl-C cancels the job and waits for its end; a second one leaves.
class JobRunner {
  public:
    using Start = std::function<void(client::BerthClient::Answered)>;

    /// SIGINT and SIGTERM are taken over for the life of the process.
    explicit JobRunner(client::BerthClient& client);

    /// The exit code. `wait` false: returns when the call was accepted.
    int run(const Start& start, bool wait);

    /// Follows a job that is already there; for calls that do not return it.
    int follow(const std::string& job_path);

  private:
    struct End {
        std::string result;
        std::string error;
    };

    void heard(const client::Signal& signal);
    void answered(const client::Answer& answer);
    void interrupted();
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
    std::optional<client::Answer> answer_;
    std::string job_;
    std::map<std::string, client::Properties> seen_; ///< jobs heard of, by path
    std::map<std::string, End> ends_;
    bool berthd_left_{false};
};

} // namespace berth::cli
