#pragma once

#include "bus/self_calls.hpp"
#include "bus/self_listener.hpp"
#include "model/event.hpp"
#include "ports/client_ports.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace berth::bus {

/// ports::ClientSockets: org.berth.Berth1.Self for clients, one listening Unix socket a client, in that client's door.
/// Request and Release become Called events whose caller is the client itself, and are answered by `reply`. A call
/// whose caller has hung up is decided all the same. One thread: the io_context's.
class ClientSelfServer final : public ports::ClientSockets {
  public:
    /// `peers` says whose process calls: a call that is not one of the client's own container's is refused. `post`
    /// takes a Called; it may answer at once, and must not close the client's socket from inside. `version`: berthd's,
    /// for Describe.
    ClientSelfServer(boost::asio::io_context& io, std::string version, std::function<void(model::Happening)> post,
                     PeerChecks peers, SelfLimits limits = {});
    ~ClientSelfServer() override;

    /// failed as SelfListener::open. Calls that wait on an earlier socket of that client are not answered any more.
    Result<void> listen(const model::Client& client, const std::string& path) override;

    /// Ok where nothing listens for it.
    void update(const model::Client& client) override;
    void close(const model::ClientId& client) override;
    bool reply(const model::Reply& reply) override;
    void hand_over(model::CallToken token, UniqueFd opened) override;
    bool watch(const std::string& bus_name, std::function<void()> gone) override;

  private:
    class Service;

    struct Served {
        Service* service{nullptr}; ///< the listener's
        std::unique_ptr<SelfListener> listener;
    };

    boost::asio::io_context& io_;
    std::string version_;
    std::function<void(model::Happening)> post_;
    PeerChecks peers_;
    SelfLimits limits_;
    std::uint64_t last_call_{0};
    std::map<model::CallToken, UniqueFd> opened_; ///< for calls of Open*, until they are answered
    std::map<model::ClientId, Served> served_;
};

} // namespace berth::bus
