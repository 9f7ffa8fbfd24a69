#include "linux/restore_report.hpp"

#include <nlohmann/json.hpp>

namespace berth::os {

Result<model::RestoreReport> parse_restore_report(std::string_view line) {
    try {
        const auto object = nlohmann::json::parse(line);
        model::RestoreReport report;
        object.at("verified").get_to(report.verified);
        object.at("found").get_to(report.found);
        object.at("done").get_to(report.done);
        object.at("remaining").get_to(report.remaining);
        object.at("took_us").get_to(report.took_us);
        return report;
    } catch (const nlohmann::json::exception&) {
        return Error{ErrorCode::failed, "berth-restore did not print a report"};
    }
}

} // namespace berth::os
