#pragma once

#include "base/result.hpp"
#include "engine/http_client.hpp"
#include "ports/engine.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace berth::engine {

/// Percent-encodes a value for a query, or for one segment of a path (RFC 3986 §2.3: what is not unreserved).
std::string percent_encode(std::string_view text);

/// As percent_encode, but '/' and ':' stay: an image's name is spread over several segments of the path.
std::string encode_image_name(std::string_view name);

/// "localhost/berth/gnome:next" → {"localhost/berth/gnome", "next"}; the tag is "latest" where none is named.
struct ImageName {
    std::string repository;
    std::string tag;

    bool operator==(const ImageName&) const = default;
};

ImageName split_image_name(std::string_view name);

/// "c 226:* rw": a line of cgroup v1's devices.allow (Documentation/admin-guide/cgroup-v1/devices.rst), taken apart.
struct DeviceRule {
    char type{'a'};                    ///< 'a', 'b' or 'c'
    std::optional<std::int64_t> major; ///< nothing: all
    std::optional<std::int64_t> minor; ///< nothing: all
    std::string access;                ///< of 'r', 'w' and 'm'

    bool operator==(const DeviceRule&) const = default;
};

/// invalid_argument where it is no such line.
Result<DeviceRule> read_device_rule(std::string_view rule);

/// What no engine could do: members of `spec` that exclude each other, or a device rule that is none. invalid_argument.
Result<void> check_spec(const ports::ContainerSpec& spec);

/// cpu.cfs_period_us of a container with a limit (100 ms, the kernel's default), and cpu.cfs_quota_us for a percentage
/// of one CPU (Documentation/scheduler/sched-bwc.rst).
constexpr std::uint64_t cpu_period_us = 100'000;

constexpr std::uint64_t cpu_quota_us(std::uint32_t percent) {
    return std::uint64_t{percent} * (cpu_period_us / 100);
}

/// Where an engine's API differs from the other's. Pure: it makes requests and takes none, so it is tested as a
/// table. What both say in the same words is in operations.cpp and answers.hpp.
class Dialect {
  public:
    virtual ~Dialect() = default;

    /// What every path begins with, e.g. "/v4.0.0/libpod".
    [[nodiscard]] virtual std::string prefix() const = 0;

    /// POST …/containers/create. invalid_argument where this engine has no word for something in `spec`.
    [[nodiscard]] virtual Result<HttpRequest> create(const ports::ContainerSpec& spec) const = 0;

    /// The query of POST …/stop, e.g. "t=10".
    [[nodiscard]] virtual std::string stop_query(std::chrono::seconds grace) const = 0;

    /// The query of POST …/wait; it answers when the container does not run any more.
    [[nodiscard]] virtual std::string wait_query() const = 0;

    /// The query of DELETE …/containers/X.
    [[nodiscard]] virtual std::string remove_query() const = 0;

    /// Keys that detach a client from a terminal, in the API's words; empty: none do. An engine that must have some
    /// gets some that nobody types by chance.
    [[nodiscard]] virtual std::string detach_keys() const = 0;

    /// Whether GET …/logs comes in frames, for a container with or without a terminal.
    [[nodiscard]] virtual bool frames_logs(bool terminal) const = 0;

    /// Whether there is a POST …/containers/X/init, which does all of a start but running the command.
    [[nodiscard]] virtual bool initializes() const = 0;

    /// Reads GET …/info.
    [[nodiscard]] virtual Result<ports::EngineFacts> facts(std::string_view body) const = 0;
};

/// podman's own API, "libpod", as of 4.0.0: podman 4 and 5.
class LibpodDialect final : public Dialect {
  public:
    [[nodiscard]] std::string prefix() const override;
    [[nodiscard]] Result<HttpRequest> create(const ports::ContainerSpec& spec) const override;
    [[nodiscard]] std::string stop_query(std::chrono::seconds grace) const override;
    [[nodiscard]] std::string wait_query() const override;
    [[nodiscard]] std::string remove_query() const override;
    [[nodiscard]] std::string detach_keys() const override;
    [[nodiscard]] bool frames_logs(bool terminal) const override;

    [[nodiscard]] bool initializes() const override { return true; }

    [[nodiscard]] Result<ports::EngineFacts> facts(std::string_view body) const override;
};

/// The Docker Engine API v1.41: dockerd since 20.10, and podman's compatible API.
class DockerDialect final : public Dialect {
  public:
    [[nodiscard]] std::string prefix() const override;
    [[nodiscard]] Result<HttpRequest> create(const ports::ContainerSpec& spec) const override;
    [[nodiscard]] std::string stop_query(std::chrono::seconds grace) const override;
    [[nodiscard]] std::string wait_query() const override;
    [[nodiscard]] std::string remove_query() const override;
    [[nodiscard]] std::string detach_keys() const override;
    [[nodiscard]] bool frames_logs(bool terminal) const override;

    [[nodiscard]] bool initializes() const override { return false; }

    [[nodiscard]] Result<ports::EngineFacts> facts(std::string_view body) const override;
};

} // namespace berth::engine
