#pragma once

#include "ports/engine.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>

namespace berth::test {

/// One engine to test, with an image in it, and storage of its own below a temporary folder: nothing of the host's
/// engines is touched. Made once per test program; what it started has ended when it is destroyed.
class EngineHost {
  public:
    virtual ~EngineHost() = default;

    /// Why this engine cannot be tested here, as a sentence; empty: it can.
    [[nodiscard]] virtual std::string missing() const = 0;
    virtual boost::asio::io_context& io() = 0;
    virtual ports::Engine& engine() = 0;
    virtual ports::ContainerStreams& streams() = 0; ///< of the same engine
    /// The name of an image with busybox as /bin/sh and other programs, and no command of its own.
    [[nodiscard]] virtual std::string image() const = 0;
};

/// "fake", "podman", "podman_compat" (its Docker API by DockerEngine) or "docker".
std::unique_ptr<EngineHost> make_engine_host(const std::string& name);

} // namespace berth::test
