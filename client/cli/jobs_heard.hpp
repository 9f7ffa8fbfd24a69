#pragma once

#include "lib/berth_client.hpp"

#include <map>
#include <optional>
#include <string>

namespace berth::cli {

/// How a job ended: "done", "failed" or "cancelled", and "Name: sentence" or "".
struct JobEnd {
    std::string result;
    std::string error;
};

/// What was heard of jobs and clients so far. A job that is over is no object any more, so what it said is kept.
class JobsHeard {
  public:
    /// Every signal of BerthClient::listen belongs here.
    void heard(const client::Signal& signal);

    [[nodiscard]] std::optional<JobEnd> end(const std::string& job_path) const;

    /// The properties of an object, as far as they were heard.
    [[nodiscard]] client::Properties properties(const std::string& path) const;

    [[nodiscard]] const std::map<std::string, client::Properties>& all() const noexcept { return seen_; }

    /// The object of a job's client; "": none, or not known.
    [[nodiscard]] std::string client_of(const std::string& job_path) const;

    /// The exit code of a job's command; nothing: it has none.
    [[nodiscard]] std::optional<int> exit_code(const std::string& job_path) const;

    [[nodiscard]] bool berthd_left() const noexcept { return berthd_left_; }

  private:
    std::map<std::string, client::Properties> seen_;
    std::map<std::string, JobEnd> ends_;
    bool berthd_left_{false};
};

} // namespace berth::cli
