// The calls of BerthClient that are about client containers.
#include "lib/client_state.hpp"

#include <cstdint>

namespace berth::client {

namespace {

using Values = std::map<std::string, sdbus::Variant>;

void put(Values& values, const char* name, const std::optional<std::string>& value) {
    if (value) {
        values.emplace(name, sdbus::Variant{*value});
    }
}

void put(Values& values, const char* name, const std::vector<std::string>& value) {
    if (!value.empty()) {
        values.emplace(name, sdbus::Variant{value});
    }
}

void put(Values& values, const char* name, bool value) {
    if (value) {
        values.emplace(name, sdbus::Variant{value});
    }
}

/// Copies of the descriptors.
std::vector<sdbus::UnixFd> copies(const std::vector<int>& descriptors) {
    std::vector<sdbus::UnixFd> result;
    result.reserve(descriptors.size());
    for (const int fd : descriptors) {
        result.emplace_back(fd);
    }
    return result;
}

Values values_of(const CommandOptions& options) {
    Values values;
    put(values, "terminal", options.terminal);
    put(values, "user", options.user);
    put(values, "workdir", options.workdir);
    if (!options.environment.empty()) {
        values.emplace("environment", sdbus::Variant{options.environment});
    }
    return values;
}

} // namespace

std::string BerthClient::client(const std::string& name) {
    return checked([&] {
        return std::string{ManagerProxy{*state_->connection, [](const Answer&) {}}.GetClient(name)};
    });
}

void BerthClient::run_app(const std::string& app, const std::vector<std::string>& argv, const RunOptions& options,
                          Answered answered) {
    Values values = values_of(options.command);
    if (!options.command.stdio.empty()) {
        values.emplace("stdio", sdbus::Variant{copies(options.command.stdio)});
    }
    put(values, "image", options.image);
    put(values, "labels", options.labels);
    put(values, "name", options.name);
    put(values, "keep", options.keep);
    put(values, "seat", options.seat);
    put(values, "grants", options.grants);
    put(values, "network", options.network);
    put(values, "volumes", options.volumes);
    checked([&] { return state_->manager(std::move(answered)).Run(app, argv, values); });
}

void BerthClient::attach(const std::string& container, const AttachOptions& options, Answered answered) {
    Values values;
    put(values, "name", options.name);
    put(values, "seat", options.seat);
    checked([&] { return state_->manager(std::move(answered)).Attach(container, options.grants, values); });
}

void BerthClient::exec(const std::string& client_path, const std::vector<std::string>& argv,
                       const CommandOptions& options, Answered answered) {
    checked([&] {
        return state_->client(client_path, std::move(answered)).Exec(argv, values_of(options), copies(options.stdio));
    });
}

void BerthClient::stop(const std::string& client_path, unsigned timeout_ms, Answered answered) {
    checked([&] { return state_->client(client_path, std::move(answered)).Stop(timeout_ms); });
}

void BerthClient::signal(const std::string& client_path, int number, Answered answered) {
    checked([&] { return state_->client(client_path, std::move(answered)).Signal(number); });
}

void BerthClient::freeze_client(const std::string& client_path, Answered answered) {
    checked([&] { return state_->client(client_path, std::move(answered)).Freeze(); });
}

void BerthClient::thaw_client(const std::string& client_path, Answered answered) {
    checked([&] { return state_->client(client_path, std::move(answered)).Thaw(); });
}

void BerthClient::snapshot_client(const std::string& client_path, const std::string& tag, Answered answered) {
    checked([&] { return state_->client(client_path, std::move(answered)).Snapshot(tag); });
}

void BerthClient::grant(const std::string& client_path, const std::vector<std::string>& grants, const GrantEnd& end,
                        Answered answered) {
    Values values;
    put(values, "with-connection", end.with_connection);
    if (end.time_limit_s) {
        values.emplace("time-limit", sdbus::Variant{std::uint32_t{*end.time_limit_s}});
    }
    checked([&] { return state_->client(client_path, std::move(answered)).Grant(grants, values); });
}

void BerthClient::revoke(const std::string& client_path, const std::vector<std::string>& grants, Answered answered) {
    checked([&] { return state_->client(client_path, std::move(answered)).Revoke(grants); });
}

void BerthClient::logs(const std::string& client_path, bool follow, std::optional<unsigned> tail, int out, int err,
                       Answered answered) {
    Values values;
    put(values, "follow", follow);
    if (tail) {
        values.emplace("tail", sdbus::Variant{std::uint32_t{*tail}});
    }
    checked([&] { return state_->client(client_path, std::move(answered)).Logs(values, copies({out, err})); });
}

void BerthClient::resize(const std::string& job_path, unsigned rows, unsigned columns, Answered answered) {
    checked([&] { return state_->job(job_path, std::move(answered)).Resize(rows, columns); });
}

} // namespace berth::client
