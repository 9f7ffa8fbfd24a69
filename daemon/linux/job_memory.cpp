#include "linux/job_memory.hpp"

#include "linux/clock.hpp"
#include "model/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace berth::os {
namespace {

using nlohmann::json;

constexpr const char* jobs_file = "jobs";
constexpr const char* jobs_mark = "berth-jobs";
constexpr const char* cut_off_error =
    "Failed: berthd ended while this was under way; what there is now is what it found when it started anew";

} // namespace

JobMemory::JobMemory(const std::string& folder) : files_{folder, jobs_mark} {
    files_.read([](const std::string& name) { return name == jobs_file; },
                [this](const std::string&, const json& value) { return read(value); });
    for (auto& [id, job] : std::exchange(running_, {})) {
        job.state = model::JobState::failed;
        job.error = cut_off_error;
        job.message = "berthd was started anew";
        cut_off_.push_back(job);
        end(job);
    }
    if (!cut_off_.empty()) {
        keep();
    }
}

Result<void> JobMemory::read(const json& value) {
    try {
        std::vector<model::EndedJob> ended;
        for (const json& each : value.at("ended")) {
            ended.push_back(model::ended_job_from(each));
        }
        std::map<model::JobId, model::Job> running;
        for (const json& each : value.at("running")) {
            model::Job job = model::job_from(each);
            running.emplace(job.id, std::move(job));
        }
        last_ = value.at("last").get<std::uint64_t>();
        ended.resize(std::min(ended.size(), model::most_ended_jobs));
        ended_ = std::move(ended);
        running_ = std::move(running);
        return {};
    } catch (const json::exception& error) {
        return Error{ErrorCode::failed, error.what()};
    }
}

void JobMemory::remember(const model::Job& job) {
    last_ = std::max(last_, job.id.value);
    if (model::has_ended(job.state)) {
        running_.erase(job.id);
        end(job);
        keep();
    } else if (running_.insert_or_assign(job.id, job).second) {
        keep();
    }
}

void JobMemory::end(model::Job job) {
    job.error.resize(std::min(job.error.size(), longest_error));
    ended_.insert(ended_.begin(), {std::move(job), microseconds_of_realtime()});
    ended_.resize(std::min(ended_.size(), model::most_ended_jobs));
}

void JobMemory::keep() {
    json running = json::array();
    const std::size_t left_out = running_.size() - std::min(running_.size(), most_running);
    for (auto job = std::next(running_.begin(), static_cast<std::ptrdiff_t>(left_out)); job != running_.end(); ++job) {
        running.push_back(model::to_value(job->second));
    }
    json ended = json::array();
    for (const model::EndedJob& job : ended_) {
        ended.push_back(model::to_value(job));
    }
    files_.keep(jobs_file, {{"last", last_}, {"running", std::move(running)}, {"ended", std::move(ended)}});
}

} // namespace berth::os
