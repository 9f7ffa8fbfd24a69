#pragma once

#include "linux/state_files.hpp"
#include "ports/outside.hpp"

#include <map>
#include <string>
#include <vector>

namespace berth::os {

/// ports::JobMemory in FOLDER/jobs.json (state_files.hpp): {"last":NUMBER,"running":[…],"ended":[…]}. Written when a
/// job begins and when it ends, not at each of its steps. One thread.
class JobMemory final : public ports::JobMemory {
  public:
    /// The most jobs under way that are kept: the ones that began last. Longer errors are cut. So the file stays below
    /// what is read of one.
    static constexpr std::size_t most_running = 64;
    static constexpr std::size_t longest_error = 1024; ///< bytes

    /// Reads what an earlier berthd of this boot kept. What it had under way is over: those jobs have failed now.
    explicit JobMemory(const std::string& folder);

    void remember(const model::Job& job) override;

    [[nodiscard]] const std::vector<model::EndedJob>& ended() const override { return ended_; }

    /// The number of the last job of this boot; 0: there was none.
    [[nodiscard]] std::uint64_t last() const noexcept { return last_; }

    /// The jobs that ended with the earlier berthd, as they failed: to be told when there is somebody to tell it to.
    [[nodiscard]] const std::vector<model::Job>& cut_off() const noexcept { return cut_off_; }

  private:
    Result<void> read(const nlohmann::json& value);
    void end(model::Job job);
    void keep();

    StateFiles files_;
    std::uint64_t last_{0};
    std::map<model::JobId, model::Job> running_;
    std::vector<model::EndedJob> ended_;
    std::vector<model::Job> cut_off_;
};

} // namespace berth::os
