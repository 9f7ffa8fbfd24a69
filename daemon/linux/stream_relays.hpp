#pragma once

#include "ports/client_ports.hpp"

#include <boost/asio/io_context.hpp>

#include <map>
#include <memory>
#include <string>

namespace berth::os {

/// ports::StreamRelays by the program berth-relay (daemon/relay), one process a caller, awaited by pidfd. Ends: ok when
/// the container's side has ended or the caller reads no more; engine_unavailable when what came was cut off or was no
/// stream; failed when the relay cannot be started, cannot write (a full disk) or was killed. Relays outlive this
/// object and berthd; a completion comes as long as the io_context turns. One thread: the io_context's.
class StreamRelays final : public ports::StreamRelays {
  public:
    /// `program`: where berth-relay is.
    StreamRelays(boost::asio::io_context& io, std::string program) : io_{io}, program_{std::move(program)} {}

    void relay(const std::string& name, ports::StreamConnection connection, ports::Stdio stdio,
               Done<void> done) override;
    void end(const std::string& name) override;

  private:
    struct Relay;

    boost::asio::io_context& io_;
    std::string program_;
    using Running = std::map<std::string, std::shared_ptr<Relay>>;
    std::shared_ptr<Running> running_{std::make_shared<Running>()};
};

} // namespace berth::os
