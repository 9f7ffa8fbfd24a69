#pragma once

#include "lib/berth_client.hpp"

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
} // namespace CLI

namespace berth::cli {

/// The words of a command line, without the program's name. Where the verb is one that runs a command (its
/// prefix_command() is set) `command` is what belongs to that: everything from the first word on that is no option, or
/// after the value of --image. A "--" before it is dropped.
struct CommandLine {
    std::vector<std::string> own;
    std::vector<std::string> command;
    bool runs_command{false};
};

/// Reads no option's meaning, just which have a value. Pure.
CommandLine split(const CLI::App& app, const std::vector<std::string>& words);

/// `words` without the first `count` and a "--" that follows.
std::vector<std::string> behind(const std::vector<std::string>& words, std::size_t count);

/// "NAME=VALUE", or "NAME" for our own value of it (nothing when there is none), into `environment`. Throws
/// CLI::ValidationError.
void add_variable(client::Environment& environment, const std::string& text);

/// "SOURCE:TARGET[:ro]" with a source that is absolute: a path is taken from `folder`, a volume's name stays. Throws
/// CLI::ValidationError.
std::string volume_of(const std::string& text, const std::string& folder);

/// "90s", "10min", "1h 30min", "90" (seconds): a time span as systemd.time(7) writes it, in whole seconds. Throws
/// CLI::ValidationError.
unsigned seconds_of(const std::string& text);

/// A signal's number by "TERM", "SIGTERM" or "15". Throws CLI::ValidationError.
int signal_of(const std::string& text);

/// What `run` and `exec` have in common.
struct CommandArguments {
    std::vector<std::string> environment;
    std::string user;
    std::string workdir;
    bool terminal{false};
    bool no_terminal{false};
    bool interactive{false}; ///< accepted for podman's users: standard input is always passed
};

void add_command_options(CLI::App& verb, CommandArguments& arguments);

/// Closed ones of our descriptors 0, 1 and 2 become /dev/null, so that nothing else gets their numbers.
void open_standard_streams();

/// Throws CLI::ValidationError. `detached`: no streams and no terminal.
client::CommandOptions command_options(const CommandArguments& arguments, bool detached);

/// Runs the work of a verb that ends with a command's exit code: what fails in it is told and is 125.
int or_berth_failed(const std::function<int()>& work);

} // namespace berth::cli
