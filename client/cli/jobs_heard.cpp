#include "cli/jobs_heard.hpp"

#include "cli/output.hpp"

namespace berth::cli {

void JobsHeard::heard(const client::Signal& signal) {
    if (signal.member == "Left") {
        berthd_left_ = true;
    } else if (signal.member == "Finished") {
        ends_[signal.path] = JobEnd{signal.arguments[0], signal.arguments[1]};
    } else if (signal.member == "PropertiesChanged" || signal.member == "InterfacesAdded") {
        auto& properties = seen_[signal.path];
        for (const auto& [name, value] : signal.changed) {
            properties[name] = value;
        }
    }
}

std::optional<JobEnd> JobsHeard::end(const std::string& job_path) const {
    const auto found = ends_.find(job_path);
    return found == ends_.end() ? std::nullopt : std::optional{found->second};
}

client::Properties JobsHeard::properties(const std::string& path) const {
    const auto found = seen_.find(path);
    return found == seen_.end() ? client::Properties{} : found->second;
}

std::string JobsHeard::client_of(const std::string& job_path) const {
    const std::string path = text(properties(job_path), "Client");
    return path == "/" ? std::string{} : path;
}

std::optional<int> JobsHeard::exit_code(const std::string& job_path) const {
    const client::Properties job = properties(job_path);
    const auto found = job.find("ExitCode");
    if (found == job.end() || !found->second.is_number_integer() || found->second.get<int>() < 0) {
        return std::nullopt;
    }
    return found->second.get<int>();
}

} // namespace berth::cli
