#include "bus/self_server.hpp"

#include "bus/self_admission.hpp"

#include <optional>
#include <utility>
#include <variant>

namespace berth::bus {

/// A desktop speaks: it tells of its session, and runs apps beside it. It has no grants to ask for.
class SelfServer::Service final : public SelfService {
  public:
    Service(SelfServer& server, model::SeatName seat, Texts facts)
        : server_{server}, seat_{std::move(seat)}, facts_{std::move(facts)},
          admission_{server.limits_, server.peers_, desktop_call_bit, server.last_call_} {}

    void update(const model::Seat& seat) { container_ = seat.container; }

    /// The connection of a call that is answered now; absent: not one of this desktop's.
    std::optional<unsigned> settle(model::CallToken token) { return admission_.settle(token); }

    [[nodiscard]] std::string name() const override { return seat_.value; }

    [[nodiscard]] Texts describe() const override { return facts_; }

    [[nodiscard]] Texts environment() const override { return {}; }

    Result<void> session_ready(model::SessionFacts facts) override {
        server_.post_(model::SessionReady{.seat = seat_, .facts = std::move(facts)});
        return {};
    }

    Result<UniqueFd> find_peer(int socket) override { return server_.peers_.find(socket); }

    [[nodiscard]] bool passes_descriptors() const override { return false; }

    Result<std::optional<model::CallToken>> admit(const SelfPeer& peer, std::size_t waiting,
                                                  const SelfAsk& what) override {
        if (!std::holds_alternative<model::RunRequest>(what)) {
            return Error{ErrorCode::invalid_argument,
                         "A desktop has no grants to ask for or to give back: the seat is its own."};
        }
        return admission_.admit(peer, waiting, "the desktop of " + seat_.value, container_);
    }

    void ask(model::CallToken token, const SelfPeer& peer, SelfAsk what) override {
        auto& run = std::get<model::RunRequest>(what); // nothing else is admitted
        run.seat = seat_.value;
        const model::Caller caller{.bus_name = "seat " + seat_.value + " connection " + std::to_string(peer.connection),
                                   .uid = peer.uid,
                                   .self = {},
                                   .desktop = seat_};
        server_.post_(model::Called{.token = token, .caller = caller, .request = std::move(run)});
    }

    void ended(unsigned /*connection*/) override {}

  private:
    SelfServer& server_;
    model::SeatName seat_;
    Texts facts_;
    std::string container_; ///< full id; empty: there is none
    SelfAdmission admission_;
};

SelfServer::SelfServer(boost::asio::io_context& io, std::function<void(model::Happening)> post, PeerChecks peers,
                       SelfLimits limits)
    : io_{io}, post_{std::move(post)}, peers_{std::move(peers)}, limits_{limits} {}

SelfServer::~SelfServer() = default;

Result<void> SelfServer::listen(const model::SeatName& seat, const std::string& path,
                                std::map<std::string, std::string> describe) {
    served_.erase(seat);
    auto service = std::make_unique<Service>(*this, seat, std::move(describe));
    Service* const raw = service.get();
    auto listener = SelfListener::open(io_, path, std::move(service));
    if (!listener) {
        return listener.error();
    }
    served_[seat] = Served{raw, std::move(*listener)};
    return {};
}

void SelfServer::close(const model::SeatName& seat) {
    served_.erase(seat);
}

void SelfServer::update(const model::Seat& seat) {
    const auto found = served_.find(seat.name);
    if (found != served_.end()) {
        found->second.service->update(seat);
    }
}

bool SelfServer::reply(const model::Reply& reply) {
    if (!is_desktop_call(reply.token)) {
        return false;
    }
    for (const auto& [name, served] : served_) {
        if (const auto connection = served.service->settle(reply.token)) {
            served.listener->answer(*connection, reply, UniqueFd{});
            break;
        }
    }
    return true;
}

} // namespace berth::bus
