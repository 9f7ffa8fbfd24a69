#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "explain/programs.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstring>
#include <memory>
#include <stdexcept>

namespace berth::cli {

namespace {

struct SwitchOptions {
    std::string seat{"seat0"};
    std::string runtime{"/run/berth"};
};

/// The guard gives an owner 200 ms, and its own child one second and a half.
constexpr int guard_limit_ms = 3'000;

nlohmann::json ask_to_switch(const SwitchOptions& options) {
    const std::string path = options.runtime + "/guard/" + options.seat + ".sock";
    const explain::Said answer = explain::tell_guard(path, "switch", guard_limit_ms);
    if (answer.error != 0) {
        throw std::runtime_error{"the guard of " + options.seat + " (" + path + ") cannot be asked: " +
                                 std::strerror(answer.error)}; // NOLINT(concurrency-mt-unsafe): one thread
    }
    auto object = nlohmann::json::parse(answer.line, nullptr, false);
    if (!object.is_object() || (!object.contains("switched") && !object.contains("error"))) {
        throw std::runtime_error{"the guard's answer is not understood: " + answer.line};
    }
    return object;
}

/// Straight from the guard: berthd may hang, too.
int switch_away(const SwitchOptions& options) {
    const nlohmann::json answer = ask_to_switch(options);
    if (answer.contains("error")) {
        throw std::runtime_error{answer["error"].is_string() ? answer["error"].get<std::string>() : answer.dump()};
    }
    const std::string visible = "tty" + std::to_string(answer.value("visible", 0U));
    if (!answer.value("switched", false)) {
        throw std::runtime_error{visible + " is still what is seen: berth restore-tty ends the desktop"};
    }
    say(options.seat + ": " + visible + " is seen; the desktop goes on" +
        (answer.value("in_stead", false) ? ", though it did not let its terminal go by itself" : "") +
        (answer.value("forced", false) ? ", and will not hear when it is shown again" : ""));
    return exit_ok;
}

/// A seat's name becomes part of a path.
std::string wrong_seat(const std::string& seat) {
    return seat.empty() || seat.size() > 63 || seat.find('/') != std::string::npos ? "a seat's name was expected" : "";
}

} // namespace

void add_switch_away(CLI::App& app, Context& context) {
    const auto options = std::make_shared<SwitchOptions>();
    CLI::App* verb =
        app.add_subcommand("switch-away", "show the text terminal of a desktop that may hang, and leave it running");
    verb->add_option("--seat", options->seat, "the seat")->capture_default_str()->check(wrong_seat);
    verb->add_option("--runtime-dir", options->runtime, "where berthd keeps its run-time files")->capture_default_str();
    verb->callback([&context, options] { context.run = [options] { return switch_away(*options); }; });
}

} // namespace berth::cli
