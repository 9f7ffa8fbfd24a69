#include "engine/factory.hpp"

#include "engine/child_process.hpp"
#include "engine/docker_engine.hpp"
#include "engine/podman_engine.hpp"

namespace berth::engine {
namespace {

bool takes_podman(const EngineOptions& options) {
    switch (options.kind) {
    case EngineOptions::Kind::podman:
        return true;
    case EngineOptions::Kind::docker:
        return false;
    case EngineOptions::Kind::automatic:
        // With neither installed it is podman whose error says what to install.
        return !find_program("podman", program_path()).empty() || find_program("dockerd", program_path()).empty();
    }
    return true;
}

} // namespace

std::unique_ptr<ContainerEngine> make_engine(boost::asio::io_context& io, EngineOptions options) {
    if (!takes_podman(options)) {
        return std::make_unique<DockerEngine>(io, options.socket.empty() ? "/run/docker.sock" : options.socket);
    }
    PodmanServiceOptions podman;
    if (!options.socket.empty()) {
        podman.socket = std::move(options.socket);
    }
    podman.runtime_dir = std::move(options.runtime_dir);
    podman.arguments = std::move(options.podman_arguments);
    return std::make_unique<PodmanEngine>(io, std::move(podman));
}

} // namespace berth::engine
