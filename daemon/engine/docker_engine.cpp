#include "engine/docker_engine.hpp"

#include "engine/session.hpp"

namespace berth::engine {

DockerEngine::DockerEngine(boost::asio::io_context& io, std::string socket)
    : RestEngine{io, std::make_unique<DockerDialect>(), std::make_unique<FixedSocket>(std::move(socket))} {}

} // namespace berth::engine
