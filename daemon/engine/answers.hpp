#pragma once

#include "base/result.hpp"
#include "ports/engine.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the Docker Engine API and libpod's answer in the same words. Pure: bytes in, values out; the fuzz target
// tests/fuzz/engine_answer_fuzz.cpp calls every function here. Nothing is trusted: a surprise is engine_unavailable.
// Sources: Docker Engine API v1.41; podman's pkg/api and libpod/define.

namespace berth::engine {

/// The sentence of a refusal: {"message": …}, or the body itself where it is not that.
std::string refusal_of(unsigned status, std::string_view body);

/// The same for a container that is made or started. Where it speaks of the network, it names the profile's key and who
/// can say more: podman's own words may be no more than "netavark: No such file or directory".
std::string start_refusal_of(unsigned status, std::string_view body);

/// {"Id": …} of a container, exec or image that was made.
Result<std::string> read_id(std::string_view body);

/// GET /containers/X/json.
Result<ports::ContainerInfo> read_container(std::string_view body);

/// The names of its networks, from the same.
Result<std::vector<std::string>> read_networks(std::string_view body);

/// What GET /containers/X/json says of a container's streams.
struct StreamState {
    bool terminal{false};
    bool ended{false};

    bool operator==(const StreamState&) const = default;
};

Result<StreamState> read_stream_state(std::string_view body);

/// The ids in GET /containers/json.
Result<std::vector<std::string>> read_container_ids(std::string_view body);

/// GET /images/X/json.
Result<ports::ImageInfo> read_image(std::string_view body);

/// GET /exec/X/json.
struct ExecState {
    bool running{false};
    pid_t pid{0}; ///< on the host
    int exit_code{0};

    bool operator==(const ExecState&) const = default;
};

Result<ExecState> read_exec(std::string_view body);

/// What POST /containers/X/wait answers: libpod says 3, Docker says {"StatusCode": 3}.
Result<int> read_wait(std::string_view body);

/// One line of GET /events. Nothing when the line is about something else than a container.
Result<std::optional<ports::EngineEvent>> read_event(std::string_view line);

/// libpod's GET /info, and Docker's.
Result<ports::EngineFacts> read_libpod_facts(std::string_view body);
Result<ports::EngineFacts> read_docker_facts(std::string_view body);

} // namespace berth::engine
