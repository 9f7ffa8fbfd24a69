#include "bus/client_options.hpp"

#include "bus/lease_options.hpp"
#include "bus/option_reader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>

namespace berth::bus {

namespace {

using Texts = std::vector<std::string>;
using TextMap = std::map<std::string, std::string>;

constexpr std::size_t most_arguments = 4096;
constexpr std::size_t longest_arguments = std::size_t{1} << 20U; ///< bytes; less than execve(2) takes

/// The caller's descriptors are the message's; what is kept is ours.
Result<ports::Stdio> stdio_from(const std::vector<sdbus::UnixFd>& passed) {
    if (passed.size() != 3) {
        return invalid_option("\"stdio\" must be three descriptors: input, output and error");
    }
    std::array<UniqueFd, 3> own;
    for (std::size_t i = 0; i < own.size(); ++i) {
        own.at(i).reset(::fcntl(passed[i].get(), F_DUPFD_CLOEXEC, 3));
        if (!own.at(i)) {
            return system_error("keeping a descriptor of \"stdio\"", errno);
        }
    }
    return ports::Stdio{std::move(own[0]), std::move(own[1]), std::move(own[2])};
}

std::optional<Error> check_argv(const Texts& argv) {
    std::size_t bytes = 0;
    for (const std::string& argument : argv) {
        bytes += argument.size() + 1;
        if (argument.find('\0') != std::string::npos) {
            return invalid_option("an argument has a zero byte");
        }
    }
    if (argv.size() > most_arguments || bytes > longest_arguments) {
        return invalid_option("more than " + std::to_string(most_arguments) + " arguments, or more than a MiB of them");
    }
    return std::nullopt;
}

std::optional<Error> check_environment(const TextMap& environment) {
    for (const auto& [name, value] : environment) {
        if (name.empty() || name.find('=') != std::string::npos || name.find('\0') != std::string::npos ||
            value.find('\0') != std::string::npos) {
            return invalid_option("\"environment\": '" + name.substr(0, 80) +
                                  "' is no variable's name, or its value has "
                                  "a zero byte");
        }
    }
    return std::nullopt;
}

/// "SOURCE:TARGET[:ro]", both absolute, as podman's and Docker's --volume.
Result<model::ProfileVolume> volume_from(const std::string& text) {
    const auto first = text.find(':');
    const auto second = first == std::string::npos ? first : text.find(':', first + 1);
    const std::string mode = second == std::string::npos ? std::string{"rw"} : text.substr(second + 1);
    model::ProfileVolume volume;
    volume.source = text.substr(0, first);
    volume.target = first == std::string::npos ? std::string{} : text.substr(first + 1, second - first - 1);
    volume.readonly = mode == "ro";
    const auto is_absolute = [](const std::string& path) {
        return path.starts_with('/') && path.find('\0') == std::string::npos;
    };
    if (!is_absolute(volume.source) || !is_absolute(volume.target) || volume.target == "/" ||
        (mode != "ro" && mode != "rw")) {
        return invalid_option("\"volumes\": '" + text.substr(0, 200) +
                              "': expected SOURCE:TARGET[:ro] with absolute paths, and a target that is not / itself");
    }
    return volume;
}

std::optional<Error> take_volumes(const Options& options, model::RunRequest& run) {
    std::optional<Error> error;
    Texts texts;
    take_option<Texts>(options, "volumes", "a list of strings", texts, error);
    for (const std::string& text : texts) {
        const auto volume = volume_from(text);
        if (!volume) {
            return volume.error();
        }
        run.volumes.push_back(*volume);
    }
    return error;
}

std::optional<Error> take_grants(const Options& options, model::RunRequest& run) {
    std::optional<Error> error;
    Texts texts;
    take_option<Texts>(options, "grants", "a list of strings", texts, error);
    auto grants = grants_from(texts);
    if (!error && !grants) {
        error = grants.error();
    } else if (grants) {
        run.grants = std::move(*grants);
    }
    return error;
}

std::optional<Error> take_all(const Options& options, model::RunRequest& run) {
    std::optional<Error> error;
    take_option<bool>(options, "image", "a boolean", run.is_image, error);
    take_option<bool>(options, "labels", "a boolean", run.labels, error);
    take_option<bool>(options, "terminal", "a boolean", run.terminal, error);
    take_option<bool>(options, "keep", "a boolean", run.keep, error);
    take_option<std::string>(options, "name", "a string", run.name, error);
    take_option<std::string>(options, "seat", "a string", run.seat, error);
    take_option<std::string>(options, "user", "a string", run.user, error);
    take_option<std::string>(options, "network", "a string", run.network, error);
    take_option<std::string>(options, "workdir", "a string", run.working_directory, error);
    take_option<TextMap>(options, "environment", "a map of strings", run.environment, error);
    error = error ? error : take_volumes(options, run);
    error = error ? error : take_grants(options, run);
    error = error ? error : check_environment(run.environment);
    if (!error && run.working_directory && !run.working_directory->starts_with('/')) {
        error = invalid_option("\"workdir\" must be an absolute path");
    }
    return error;
}

} // namespace

Result<std::vector<model::Grant>> grants_from(const Texts& texts) {
    if (texts.size() > most_grants) {
        return invalid_option("more than " + std::to_string(most_grants) + " grants");
    }
    std::vector<model::Grant> grants;
    for (const std::string& text : texts) {
        const auto grant = model::parse_grant(text);
        if (!grant) {
            return grant.error();
        }
        grants.push_back(*grant);
    }
    return grants;
}

Result<StreamedRequest> run_request(const std::string& app, const Texts& argv, const Options& options) {
    if (const auto unknown = unknown_option("Run", options,
                                            {"image", "labels", "stdio", "terminal", "name", "keep", "seat", "grants",
                                             "environment", "user", "workdir", "network", "volumes"})) {
        return *unknown;
    }
    model::RunRequest run;
    run.app = app;
    run.argv = argv;
    std::optional<Error> error = take_all(options, run);
    error = error ? error : check_argv(argv);
    const auto passed = option<std::vector<sdbus::UnixFd>>(options, "stdio", "three descriptors");
    if (error || !passed) {
        return error ? *error : passed.error();
    }
    StreamedRequest result;
    if (*passed) {
        auto stdio = stdio_from(**passed);
        if (!stdio) {
            return stdio.error();
        }
        result.stdio = std::move(*stdio);
    }
    run.streamed = result.stdio.has_value();
    result.request = std::move(run);
    return result;
}

Result<StreamedRequest> exec_request(const model::ClientId& client, const Texts& argv, const Options& options,
                                     const std::vector<sdbus::UnixFd>& stdio) {
    if (const auto unknown = unknown_option("Exec", options, {"terminal", "environment", "user", "workdir"})) {
        return *unknown;
    }
    model::ExecRequest exec;
    exec.client = client;
    exec.argv = argv;
    std::optional<Error> error = check_argv(argv);
    take_option<bool>(options, "terminal", "a boolean", exec.terminal, error);
    take_option<TextMap>(options, "environment", "a map of strings", exec.environment, error);
    take_option<std::string>(options, "user", "a string", exec.user, error);
    take_option<std::string>(options, "workdir", "a string", exec.working_directory, error);
    error = error ? error : check_environment(exec.environment);
    if (error) {
        return *error;
    }
    auto streams = stdio_from(stdio);
    if (!streams) {
        return streams.error();
    }
    return StreamedRequest{std::move(exec), std::move(*streams)};
}

Result<StreamedRequest> logs_request(const model::ClientId& client, const Options& options,
                                     const std::vector<sdbus::UnixFd>& stdio) {
    if (const auto unknown = unknown_option("Logs", options, {"follow", "tail"})) {
        return *unknown;
    }
    model::LogsRequest logs;
    logs.client = client;
    std::optional<Error> error;
    take_option<bool>(options, "follow", "a boolean", logs.follow, error);
    take_option<std::uint32_t>(options, "tail", "a number", logs.tail, error);
    if (error) {
        return *error;
    }
    if (stdio.size() != 2) {
        return invalid_option("\"stdio\" must be two descriptors: output and error");
    }
    const UniqueFd nothing{::open("/dev/null", O_RDONLY | O_CLOEXEC)}; // a log is read, and has no input
    if (!nothing) {
        return system_error("open /dev/null", errno);
    }
    auto streams = stdio_from({sdbus::UnixFd{nothing.get()}, stdio[0], stdio[1]});
    if (!streams) {
        return streams.error();
    }
    return StreamedRequest{logs, std::move(*streams)};
}

Result<model::Request> grant_request(const model::ClientId& client, const Texts& texts, const Options& options) {
    if (const auto unknown = unknown_option("Grant", options, {time_limit_option, with_connection_option})) {
        return *unknown;
    }
    auto grants = grants_from(texts);
    if (!grants) {
        return grants.error();
    }
    model::GrantRequest grant{client, std::move(*grants)};
    std::optional<Error> error;
    std::optional<std::uint32_t> seconds;
    take_option<std::uint32_t>(options, time_limit_option, "a number of seconds (u)", seconds, error);
    take_option<bool>(options, with_connection_option, "a boolean", grant.with_connection, error);
    const auto end = seconds ? end_after(*seconds) : Result<model::Microseconds>{0};
    if (error || !end) {
        return error ? *error : end.error();
    }
    grant.until = *end;
    return model::Request{std::move(grant)};
}

Result<model::Request> attach_request(const std::string& container, const Texts& texts, const Options& options) {
    if (const auto unknown = unknown_option("Attach", options, {"name", "seat"})) {
        return *unknown;
    }
    auto grants = grants_from(texts);
    if (!grants) {
        return grants.error();
    }
    model::AttachRequest attach{container, std::move(*grants), {}, {}};
    std::optional<Error> error;
    take_option<std::string>(options, "name", "a string", attach.name, error);
    take_option<std::string>(options, "seat", "a string", attach.seat, error);
    return error ? Result<model::Request>{*error} : Result<model::Request>{std::move(attach)};
}

Result<model::Request> revoke_request(const model::ClientId& client, const Texts& texts) {
    auto grants = grants_from(texts);
    if (!grants) {
        return grants.error();
    }
    return model::Request{model::RevokeRequest{client, std::move(*grants)}};
}

} // namespace berth::bus
