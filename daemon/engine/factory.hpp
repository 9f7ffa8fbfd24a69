#pragma once

#include "engine/container_engine.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>
#include <vector>

namespace berth::engine {

struct EngineOptions {
    enum class Kind {
        automatic, ///< podman where it is installed, else docker
        podman,
        docker,
    };
    Kind kind{Kind::automatic};
    /// Empty: /run/podman/podman.sock or /run/docker.sock. Where nobody serves podman's, we do, in `runtime_dir`.
    std::string socket;
    std::string runtime_dir{"/run/berth"};
    std::vector<std::string> podman_arguments; ///< for podman, before "system service", e.g. {"--root", DIR}
};

/// Makes the engine that berthd uses. Nothing is started or connected before the first operation. The io_context must
/// outlive the engine.
std::unique_ptr<ContainerEngine> make_engine(boost::asio::io_context& io, EngineOptions options);

} // namespace berth::engine
