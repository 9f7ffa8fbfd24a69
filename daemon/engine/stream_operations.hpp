#pragma once

#include "engine/operations.hpp"
#include "engine/stream_client.hpp"

#include <chrono>
#include <cstdint>
#include <string>

// Each operation of ports::ContainerStreams as a coroutine over one engine's REST API.

namespace berth::engine {

Task<ports::StreamConnection> attach_to_container(SharedSession session, std::string container);
Task<void> resize_container(SharedSession session, std::string container, std::uint32_t rows, std::uint32_t columns);
Task<ports::StreamedExec> begin_exec(SharedSession session, std::string container, ports::StreamedExecSpec spec);
Task<void> resize_exec(SharedSession session, std::string exec, std::uint32_t rows, std::uint32_t columns);
Task<int> end_of_exec(SharedSession session, std::string exec, std::chrono::milliseconds limit);
Task<ports::StreamConnection> container_logs(SharedSession session, std::string container, bool follow,
                                             std::uint32_t tail);

} // namespace berth::engine
