#include "bus/self_run.hpp"

#include "bus/sd_bus.hpp"
#include "bus/self_options.hpp"
#include "bus/self_texts.hpp"

#include <string>
#include <utility>

namespace berth::bus {

namespace {

constexpr const char* name_option = "name"; ///< s, what the client is called
constexpr const char* keep_option = "keep"; ///< b, whether its container stays

/// A name is 64 letters at most; more is refused by the policy, and not kept until then.
constexpr std::size_t longest_text = 256;

Result<void> read_option(sd_bus_message* message, const std::string& name, model::RunRequest& into) {
    const bool is_name = name == name_option;
    if (!is_name && name != keep_option) {
        return no_such_option("Run", name, std::string{name_option} + " and " + keep_option);
    }
    if (!has_value_of(message, is_name ? "s" : "b")) {
        return Error{ErrorCode::invalid_argument,
                     "the option \"" + name + "\" must be " + (is_name ? "a string" : "a boolean")};
    }
    if (is_name) {
        const char* text = nullptr;
        check(sd_bus_message_read(message, "v", "s", &text), reading_options);
        into.name = std::string{text}.substr(0, longest_text);
        return {};
    }
    int keep = 0;
    check(sd_bus_message_read(message, "v", "b", &keep), reading_options);
    into.keep = keep != 0;
    return {};
}

} // namespace

Result<model::RunRequest> read_run(sd_bus_message* message) {
    const char* app = nullptr;
    check(sd_bus_message_read_basic(message, 's', &app), "reading an app's name");
    model::RunRequest run;
    run.app = std::string{app}.substr(0, longest_text);
    auto argv = read_texts(message, {.texts = 256, .bytes = 65'536, .what = "arguments"});
    if (!argv) {
        return argv.error();
    }
    run.argv = std::move(*argv);
    const auto read = read_options(message, [&](const std::string& name) { return read_option(message, name, run); });
    return read ? Result<model::RunRequest>{std::move(run)} : read.error();
}

} // namespace berth::bus
