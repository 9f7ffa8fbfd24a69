#pragma once

#include "base/result.hpp"
#include "engine/http_client.hpp"
#include "ports/engine.hpp"

#include <chrono>
#include <map>
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
    [[nodiscard]] Result<ports::EngineFacts> facts(std::string_view body) const override;
};

} // namespace berth::engine
