#include "engine/podman_engine.hpp"

namespace berth::engine {

PodmanEngine::PodmanEngine(boost::asio::io_context& io, PodmanServiceOptions options)
    : RestEngine{io, std::make_unique<LibpodDialect>(), std::make_unique<PodmanService>(io, std::move(options))} {}

} // namespace berth::engine
