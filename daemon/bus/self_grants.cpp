#include "bus/self_grants.hpp"

#include "bus/client_options.hpp"
#include "bus/lease_options.hpp"
#include "bus/sd_bus.hpp"
#include "bus/self_options.hpp"
#include "bus/self_texts.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace berth::bus {

Result<std::vector<model::Grant>> read_grants(sd_bus_message* message) {
    const auto texts = read_texts(message, {.texts = most_grants, .bytes = max_grant_bytes, .what = "grants"});
    return texts ? grants_from(*texts) : texts.error();
}

namespace {

/// The option's value, of which the name has been read.
Result<void> read_option(sd_bus_message* message, const std::string& name, model::GrantRequest& into) {
    const bool is_limit = name == time_limit_option;
    if (!is_limit && name != with_connection_option) {
        return no_such_option("Request", name, std::string{time_limit_option} + " and " + with_connection_option);
    }
    if (!has_value_of(message, is_limit ? "u" : "b")) {
        return Error{ErrorCode::invalid_argument,
                     "the option \"" + name + "\" must be " + (is_limit ? "a number of seconds (u)" : "a boolean")};
    }
    if (!is_limit) {
        int with_connection = 0;
        check(sd_bus_message_read(message, "v", "b", &with_connection), reading_options);
        into.with_connection = with_connection != 0;
        return {};
    }
    std::uint32_t seconds = 0;
    check(sd_bus_message_read(message, "v", "u", &seconds), reading_options);
    const auto end = end_after(seconds);
    into.until = end ? *end : into.until;
    return end ? Result<void>{} : end.error();
}

} // namespace

Result<model::GrantRequest> read_request(sd_bus_message* message) {
    auto grants = read_grants(message);
    if (!grants) {
        return grants.error();
    }
    model::GrantRequest request{{}, std::move(*grants)};
    const auto read =
        read_options(message, [&](const std::string& name) { return read_option(message, name, request); });
    return read ? Result<model::GrantRequest>{std::move(request)} : read.error();
}

} // namespace berth::bus
