#include "cli/command_line.hpp"

#include "cli/exit_codes.hpp"
#include "cli/output.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <unistd.h>

namespace berth::cli {

namespace {

const CLI::Option* option_of(const CLI::App& verb, const CLI::App& app, const std::string& name) {
    const CLI::Option* own = verb.get_option_no_throw(name);
    return own != nullptr ? own : app.get_option_no_throw(name);
}

bool takes_value(const CLI::Option* option) {
    return option != nullptr && option->get_items_expected_max() > 0;
}

/// Is the next word the value of this one, which begins with "-"?
bool wants_next(const CLI::App& verb, const CLI::App& app, const std::string& word) {
    if (word.rfind("--", 0) == 0) {
        return word.find('=') == std::string::npos && takes_value(option_of(verb, app, word));
    }
    for (std::size_t at = 1; at < word.size(); ++at) { // "-it", "-eNAME"
        if (takes_value(option_of(verb, app, std::string{"-"} + word[at]))) {
            return at + 1 == word.size();
        }
    }
    return false;
}

const CLI::App* verb_of(const CLI::App& app, const std::string& word) {
    for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
        if (verb->check_name(word)) {
            return verb;
        }
    }
    return nullptr;
}

bool is_option(const std::string& word) {
    return word.size() > 1 && word[0] == '-';
}

bool names_image(const std::string& word) {
    return word == "--image" || word.rfind("--image=", 0) == 0;
}

bool valid_variable(const std::string& name) {
    return !name.empty() && name.find_first_of("= \t\n") == std::string::npos;
}

} // namespace

CommandLine split(const CLI::App& app, const std::vector<std::string>& words) {
    CommandLine line;
    const CLI::App* verb = &app;
    std::size_t at = 0;
    for (; at < words.size(); ++at) {
        const std::string& word = words[at];
        if (verb == &app && !is_option(word)) {
            const CLI::App* found = verb_of(app, word);
            line.runs_command = found != nullptr && found->get_prefix_command();
            if (!line.runs_command) {
                break;
            }
            verb = found;
        } else if (verb != &app && (!is_option(word) || word == "--")) {
            line.command = behind({words.begin() + static_cast<std::ptrdiff_t>(at), words.end()}, 0);
            return line;
        } else if (wants_next(*verb, app, word) && at + 1 < words.size()) {
            line.own.push_back(word);
            ++at;
        }
        line.own.push_back(words[at]);
        if (verb != &app && names_image(word)) {
            line.command = behind({words.begin() + static_cast<std::ptrdiff_t>(at), words.end()}, 1);
            return line;
        }
    }
    for (; at < words.size(); ++at) {
        line.own.push_back(words[at]);
    }
    return line;
}

std::vector<std::string> behind(const std::vector<std::string>& words, std::size_t count) {
    auto first = words.begin() + static_cast<std::ptrdiff_t>(std::min(count, words.size()));
    if (first != words.end() && *first == "--") {
        ++first;
    }
    return {first, words.end()};
}

void add_variable(client::Environment& environment, const std::string& text) {
    const auto equals = text.find('=');
    const std::string name = text.substr(0, equals);
    if (!valid_variable(name)) {
        throw CLI::ValidationError{"--env", "\"" + text + "\" is not NAME=VALUE or NAME"};
    }
    if (equals != std::string::npos) {
        environment[name] = text.substr(equals + 1);
    } else if (const char* value = std::getenv(name.c_str())) {
        environment[name] = value;
    }
}

std::string volume_of(const std::string& text, const std::string& folder) {
    const auto wrong = [&] {
        return CLI::ValidationError{"--volume", "\"" + text + "\" is not SOURCE:TARGET[:ro] with an absolute target"};
    };
    const auto colon = text.find(':');
    if (colon == 0 || colon == std::string::npos || text.size() == colon + 1 || text[colon + 1] != '/') {
        throw wrong();
    }
    const auto option = text.find(':', colon + 1);
    if (option != std::string::npos && text.substr(option) != ":ro") {
        throw wrong();
    }
    const std::string source = text.substr(0, colon);
    const bool path = source[0] == '.' || source.find('/') != std::string::npos;
    const std::string absolute = path ? (std::filesystem::path{folder} / source).lexically_normal().string() : source;
    return absolute + text.substr(colon);
}

int signal_of(const std::string& text) {
    const std::string name = text.rfind("SIG", 0) == 0 ? text.substr(3) : text;
    for (int number = 1; number < NSIG; ++number) {
        const char* abbreviation = ::sigabbrev_np(number);
        if (text == std::to_string(number) || (abbreviation != nullptr && name == abbreviation)) {
            return number;
        }
    }
    throw CLI::ValidationError{"--signal", "\"" + text + "\" is no signal; see signal(7)"};
}

unsigned seconds_of(const std::string& text) {
    static const std::map<std::string, unsigned> units{{"", 1},         {"s", 1},     {"sec", 1},     {"second", 1},
                                                       {"seconds", 1},  {"m", 60},    {"min", 60},    {"minute", 60},
                                                       {"minutes", 60}, {"h", 3600},  {"hr", 3600},   {"hour", 3600},
                                                       {"hours", 3600}, {"d", 86400}, {"day", 86400}, {"days", 86400}};
    const auto wrong = [&] {
        return CLI::ValidationError{"--for", "\"" + text + "\" is no time, such as 90s, 10min or 1h 30min"};
    };
    const std::string longest = "4294967295";
    std::uint64_t all = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t after = std::min(text.find_first_not_of("0123456789", at), text.size());
        const std::size_t end = std::min(text.find_first_of("0123456789 ", after), text.size());
        const auto unit = units.find(text.substr(after, end - after));
        if (after == at || after - at >= longest.size() || unit == units.end()) {
            throw wrong();
        }
        all += std::stoull(text.substr(at, after - at)) * unit->second;
        at = std::min(text.find_first_not_of(' ', end), text.size());
    }
    if (all == 0 || all > std::stoull(longest)) {
        throw wrong();
    }
    return static_cast<unsigned>(all);
}

void add_command_options(CLI::App& verb, CommandArguments& arguments) {
    verb.add_option("-e,--env", arguments.environment, "NAME=VALUE, or NAME for its value here; may be repeated")
        ->allow_extra_args(false);
    verb.add_option("-u,--user", arguments.user, "UID[:GID] or a name (default: the profile's or the image's)");
    verb.add_option("-w,--workdir", arguments.workdir, "the folder it starts in");
    CLI::Option* terminal =
        verb.add_flag("-t,--tty", arguments.terminal, "give it a terminal (default: when input and output are one)");
    verb.add_flag("--no-tty", arguments.no_terminal, "give it none")->excludes(terminal);
    verb.add_flag("-i,--interactive", arguments.interactive, "ignored: standard input is always passed");
    verb.prefix_command(); // split() takes the command away before CLI11 sees it
}

void open_standard_streams() {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(fd, F_GETFD) < 0) {
            ::open("/dev/null", O_RDWR); // the lowest free number, which is this one
        }
    }
}

client::CommandOptions command_options(const CommandArguments& arguments, bool detached) {
    if (detached && arguments.terminal) {
        throw CLI::ValidationError{"--tty", "a detached command has no terminal"};
    }
    client::CommandOptions options;
    const bool both = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
    options.terminal = !detached && !arguments.no_terminal && (arguments.terminal || both);
    if (!detached) {
        options.stdio = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
    }
    if (options.terminal) {
        add_variable(options.environment, "TERM");
    }
    for (const std::string& variable : arguments.environment) {
        add_variable(options.environment, variable);
    }
    if (!arguments.user.empty()) {
        options.user = arguments.user;
    }
    if (!arguments.workdir.empty()) {
        options.workdir = arguments.workdir;
    }
    return options;
}

int or_berth_failed(const std::function<int()>& work) {
    try {
        return work();
    } catch (const client::CallFailed& error) {
        complain(error);
    } catch (const std::exception& error) {
        complain(std::string{"Failed: "} + error.what());
    }
    return exit_berth_failed;
}

} // namespace berth::cli
