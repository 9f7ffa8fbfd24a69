#include "bus/options.hpp"

#include "bus/option_reader.hpp"
#include "model/json.hpp"

#include <array>
#include <optional>

namespace berth::bus {

namespace {

Result<model::SeatMode> mode_from(const std::string& word) {
    constexpr std::array modes{model::SeatMode::automatic, model::SeatMode::headless, model::SeatMode::vt,
                               model::SeatMode::logind};
    for (const model::SeatMode mode : modes) {
        if (model::name_of(mode) == word) {
            return mode;
        }
    }
    return invalid_option("unknown mode \"" + word + "\"; there are auto, headless, vt and logind");
}

} // namespace

Result<model::Request> up_request(const model::SeatName& seat, const std::string& desktop, const Options& options) {
    if (const auto unknown = unknown_option("Up", options, {"mode", "image"})) {
        return *unknown;
    }
    if (desktop.empty()) {
        return invalid_option("no desktop was named");
    }
    model::UpRequest request{.seat = seat, .desktop = desktop, .mode = std::nullopt, .image = std::nullopt};
    const auto mode = option<std::string>(options, "mode", "a string");
    const auto image = option<std::string>(options, "image", "a string");
    if (!mode || !image) {
        return mode ? image.error() : mode.error();
    }
    if (*mode) {
        const auto parsed = mode_from(**mode);
        if (!parsed) {
            return parsed.error();
        }
        request.mode = *parsed;
    }
    if (*image && (*image)->empty()) {
        return invalid_option("the option \"image\" is empty");
    }
    request.image = *image;
    return model::Request{request};
}

Result<model::Request> down_request(const model::SeatName& seat, const Options& options) {
    if (const auto unknown = unknown_option("Down", options, {"now"})) {
        return *unknown;
    }
    const auto now = option<bool>(options, "now", "a boolean");
    if (!now) {
        return now.error();
    }
    return model::Request{model::DownRequest{.seat = seat, .now = now->value_or(false)}};
}

Result<model::Request> snapshot_request(const model::SeatName& seat, const std::string& tag) {
    if (tag.empty()) {
        return invalid_option("the new image has no name");
    }
    return model::Request{model::SnapshotRequest{.seat = seat, .tag = tag}};
}

} // namespace berth::bus
