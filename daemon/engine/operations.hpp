#pragma once

#include "engine/session.hpp"
#include "ports/engine.hpp"

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

// Each operation of ports::Engine as a coroutine over one engine's REST API: what to ask, in which order, and what an
// answer's status means. The two APIs share all of it; where they differ, the session's Dialect knows.

namespace berth::engine {

using SharedSession = std::shared_ptr<Session>;
template <class T>
using Task = boost::asio::awaitable<Result<T>>;

/// Sends a request to the session's socket and reads the whole answer.
Task<HttpAnswer> call(SharedSession session, HttpRequest request);

Task<ports::EngineFacts> probe(SharedSession session);

Task<std::string> create_container(SharedSession session, ports::ContainerSpec spec);
Task<void> initialize_container(SharedSession session, std::string container);
Task<void> start_container(SharedSession session, std::string container);
Task<void> stop_container(SharedSession session, std::string container, std::chrono::seconds grace);
Task<void> kill_container(SharedSession session, std::string container, int signal);
Task<int> wait_container(SharedSession session, std::string container, ports::Engine::Deadline limit);
Task<ports::ContainerInfo> inspect_container(SharedSession session, std::string container);
Task<std::vector<ports::ContainerInfo>> list_containers(SharedSession session,
                                                        std::map<std::string, std::string> labels);
/// "pause" or "unpause".
Task<void> freeze_container(SharedSession session, std::string container, std::string verb);
Task<void> remove_container(SharedSession session, std::string container);
Task<std::string> commit_container(SharedSession session, std::string container, std::string image);
Task<ports::ExecResult> exec_in_container(SharedSession session, std::string container, ports::ExecSpec spec,
                                          ports::Engine::Deadline limit);
Task<bool> path_exists(SharedSession session, std::string container, std::string path);

Task<ports::ImageInfo> inspect_image(SharedSession session, std::string name);
Task<void> tag_image(SharedSession session, std::string name, std::string new_name);
Task<void> remove_image(SharedSession session, std::string name);
Task<void> create_volume(SharedSession session, std::string name);
Task<std::string> volume_path(SharedSession session, std::string name);
Task<void> remove_volume(SharedSession session, std::string name);

} // namespace berth::engine
