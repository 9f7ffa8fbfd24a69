#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "explain/programs.hpp"
#include "explain/read.hpp"
#include "explain/terminals.hpp"
#include "explain/text.hpp"
#include "lib/bus_address.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <memory>
#include <poll.h>
#include <sstream>
#include <unistd.h>

namespace berth::cli {

namespace {

constexpr std::chrono::milliseconds berthd_limit{2'000};

void write_line(int fd, const nlohmann::json& value) {
    const std::string line = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    [[maybe_unused]] const ssize_t written = ::write(fd, line.data(), line.size()); // its reader may have gone
}

/// Asks, and writes each answer as a line of JSON when it has come: {"pid": …}, then {"seat": properties}; or
/// {"error": name, "message": …}.
void tell_berthd(const Context& context, const std::string& seat, int fd) {
    try {
        client::BerthClient berthd{client::find_bus(context.bus)};
        const auto pid = berthd.process();
        write_line(fd, {{"pid", pid.value_or(0)}});
        nlohmann::json found;
        if (pid) {
            for (const auto& [path, properties] : berthd.overview().seats) {
                if (text(properties, "Name") == seat) {
                    found = properties;
                }
            }
        }
        write_line(fd, {{"seat", found}});
    } catch (const client::CallFailed& error) {
        write_line(fd, {{"error", error.name()}, {"message", error.message()}});
    }
}

/// What comes out of `fd` until its end or the limit.
std::string read_until(int fd, std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    std::string all;
    for (;;) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
        pollfd waiting{fd, POLLIN, 0};
        std::array<char, 4096> buffer{};
        if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left)) <= 0) {
            return all;
        }
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got <= 0) {
            return all;
        }
        all.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

/// What the lines say that the child wrote before its time was up.
explain::Berthd understood(const std::string& lines) {
    explain::Berthd berthd;
    berthd.presence = explain::Presence::silent;
    berthd.trouble = "the bus did not answer within 2 s";
    std::istringstream all{lines};
    for (std::string line; std::getline(all, line);) {
        const auto answer = nlohmann::json::parse(line, nullptr, false);
        if (!answer.is_object()) {
            continue;
        }
        if (answer.contains("error")) {
            const bool absent = answer["error"] == "NoBerthd";
            berthd.presence = absent ? explain::Presence::absent : explain::Presence::unasked;
            berthd.trouble = answer["error"].get<std::string>() + ": " + answer["message"].get<std::string>();
        } else if (answer.contains("pid")) {
            berthd.pid = answer["pid"];
            berthd.trouble = "no answer within 2 s";
        } else if (berthd.pid == 0) {
            berthd.presence = explain::Presence::absent;
            berthd.trouble.clear();
        } else {
            berthd = explain::berthd_from(answer["seat"], berthd.pid);
        }
    }
    return berthd;
}

/// By a child that is killed when the time is up: a bus or a berthd that hangs may hold a library's call for much
/// longer.
explain::Berthd ask_in_time(const Context& context, const std::string& seat) {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw std::system_error{errno, std::generic_category(), "pipe2"};
    }
    const pid_t child = ::fork();
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::signal(SIGPIPE, SIG_IGN);
        tell_berthd(context, seat, ends[1]);
        ::_exit(0);
    }
    ::close(ends[1]);
    const std::string lines = child < 0 ? std::string{} : read_until(ends[0], berthd_limit);
    ::close(ends[0]);
    if (child > 0) {
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
    }
    return understood(lines);
}

struct ExplainOptions {
    std::string seat{"seat0"};
    std::string runtime{"/run/berth"};
    bool json{false};
};

int explain_seat(const Context& context, const ExplainOptions& options) {
    explain::Places places;
    places.runtime = options.runtime;
    places.ask_terminal = explain::ask_kernel;
    const explain::Facts facts = explain::read_facts(places, options.seat, ask_in_time(context, options.seat));
    const auto advice = explain::advise(facts);
    if (options.json) {
        say_json(explain::json_of(facts, advice));
    } else {
        for (const std::string& line : explain::lines_of(facts, advice)) {
            say(line);
        }
    }
    return explain::is_anything_known(facts) ? exit_ok : exit_failed;
}

/// A seat's name becomes part of a path.
std::string wrong_name(const std::string& seat) {
    return seat.empty() || seat.size() > 63 || seat.find('/') != std::string::npos ? "a seat's name was expected" : "";
}

} // namespace

void add_explain(CLI::App& app, Context& context) {
    const auto options = std::make_shared<ExplainOptions>();
    CLI::App* verb = app.add_subcommand("explain", "say who holds the screen and the keyboard, and what to do next");
    verb->add_option("--seat", options->seat, "the seat")->capture_default_str()->check(wrong_name);
    verb->add_option("--runtime-dir", options->runtime, "where berthd keeps its run-time files")->capture_default_str();
    verb->add_flag("--json", options->json, "as JSON");
    verb->callback(
        [&context, options] { context.run = [&context, options] { return explain_seat(context, *options); }; });
}

} // namespace berth::cli
