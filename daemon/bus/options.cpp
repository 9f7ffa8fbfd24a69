#include "bus/options.hpp"

#include "model/json.hpp"

#include <array>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace berth::bus {

namespace {

Error invalid(const std::string& message) {
    return Error{ErrorCode::invalid_argument, message};
}

/// Empty, or a complaint about the first option that is not one of `known`.
std::optional<Error> unknown_option(std::string_view method, const Options& options,
                                    std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : options) {
        std::string names;
        bool found = false;
        for (const std::string_view candidate : known) {
            found = found || candidate == name;
            names.append(names.empty() ? "" : ", ").append(candidate);
        }
        if (!found) {
            return invalid("unknown option \"" + name + "\"; " + std::string{method} + " knows " + names);
        }
    }
    return std::nullopt;
}

template <class Value>
Result<std::optional<Value>> option(const Options& options, const std::string& name, const char* type) {
    const auto found = options.find(name);
    if (found == options.end()) {
        return std::optional<Value>{};
    }
    if (!found->second.containsValueOfType<Value>()) {
        return invalid("the option \"" + name + "\" must be " + type);
    }
    return std::optional<Value>{found->second.get<Value>()};
}

Result<model::SeatMode> mode_from(const std::string& word) {
    constexpr std::array modes{model::SeatMode::automatic, model::SeatMode::headless, model::SeatMode::vt,
                               model::SeatMode::logind};
    for (const model::SeatMode mode : modes) {
        if (model::name_of(mode) == word) {
            return mode;
        }
    }
    return invalid("unknown mode \"" + word + "\"; there are auto, headless, vt and logind");
}

} // namespace

Result<model::Request> up_request(const model::SeatName& seat, const std::string& desktop, const Options& options) {
    if (const auto unknown = unknown_option("Up", options, {"mode", "image"})) {
        return *unknown;
    }
    if (desktop.empty()) {
        return invalid("no desktop was named");
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
        return invalid("the option \"image\" is empty");
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
        return invalid("the new image has no name");
    }
    return model::Request{model::SnapshotRequest{.seat = seat, .tag = tag}};
}

} // namespace berth::bus
