#include "bus/client_self_server.hpp"

#include "base/joined.hpp"
#include "bus/client_view.hpp"
#include "bus/lease_options.hpp"
#include "bus/self_admission.hpp"

#include <boost/asio/post.hpp>

#include <system_error>

#include <algorithm>
#include <charconv>
#include <utility>
#include <variant>
#include <vector>

namespace berth::bus {

namespace {

/// "sound=540": the seconds that are left; "gpu=connection": it ends with one.
std::vector<std::string> ends_of(const ClientView& view) {
    std::vector<std::string> ends;
    for (const auto& [grant, at] : view.until) {
        const auto left = (static_cast<model::Microseconds>(at) - boot_time()) / 1'000'000;
        ends.push_back(grant + "=" + std::to_string(std::max<model::Microseconds>(0, left)));
    }
    for (const auto& [grant, with] : view.with) {
        ends.push_back(grant + "=connection");
    }
    return ends;
}

} // namespace

/// A client speaks: for itself, and for nobody else.
class ClientSelfServer::Service final : public SelfService {
  public:
    Service(ClientSelfServer& server, const model::Client& client)
        : server_{server}, id_{client.id}, view_{view_of(client, {})},
          admission_{server.limits_, server.peers_, self_call_bit, server.last_call_} {}

    void update(const model::Client& client) { view_ = view_of(client, {}); }

    /// The connection of a call that is answered now; absent: not one of this client's.
    std::optional<unsigned> settle(model::CallToken token) { return admission_.settle(token); }

    [[nodiscard]] std::string name() const override { return model::Subject{id_}.value; }

    [[nodiscard]] Texts describe() const override {
        return {{"seat", view_.seat},
                {"client", id_.value},
                {"app", view_.app},
                {"grants", joined(view_.grants, " ")},
                {"may-ask", joined(view_.may_ask, " ")},
                {"grant-ends", joined(ends_of(view_), " ")},
                {"version", server_.version_}};
    }

    [[nodiscard]] Texts environment() const override { return view_.environment; }

    Result<void> session_ready(model::SessionFacts /*facts*/) override {
        return Error{ErrorCode::invalid_argument,
                     "Client " + id_.value + " is no desktop: it has no session to tell of."};
    }

    Result<UniqueFd> find_peer(int socket) override { return server_.peers_.find(socket); }

    [[nodiscard]] bool passes_descriptors() const override { return true; }

    Result<std::optional<model::CallToken>> admit(const SelfPeer& peer, std::size_t waiting,
                                                  const SelfAsk& /*what*/) override {
        return admission_.admit(peer, waiting, "client " + id_.value, view_.container_id);
    }

    void ask(model::CallToken token, const SelfPeer& peer, SelfAsk what) override {
        const model::Caller caller{.bus_name = name_of(peer.connection), .uid = peer.uid, .self = id_};
        std::visit(
            [&](auto& request) {
                if constexpr (requires { request.client; }) {
                    request.client = id_;
                } // else it is about none, and the policy refuses it
                server_.post_(model::Called{.token = token, .caller = caller, .request = std::move(request)});
            },
            what);
    }

    void ended(unsigned connection) override {
        if (const auto watched = watched_.extract(connection); !watched.empty()) {
            watched.mapped()();
        }
    }

    /// The connection of that name (Caller::bus_name); absent: none of this client's.
    [[nodiscard]] std::optional<unsigned> connection_of(const std::string& bus_name) const {
        const std::string prefix = name_of_connections();
        unsigned number = 0;
        if (!bus_name.starts_with(prefix)) {
            return std::nullopt;
        }
        const char* const end = bus_name.data() + bus_name.size();
        const auto read = std::from_chars(bus_name.data() + prefix.size(), end, number);
        return read.ec == std::errc{} && read.ptr == end ? std::optional{number} : std::nullopt;
    }

    void watch(unsigned connection, std::function<void()> gone) { watched_[connection] = std::move(gone); }

  private:
    [[nodiscard]] std::string name_of_connections() const { return "client " + id_.value + " connection "; }

    [[nodiscard]] std::string name_of(unsigned connection) const {
        return name_of_connections() + std::to_string(connection);
    }

    ClientSelfServer& server_;
    model::ClientId id_;
    ClientView view_;
    SelfAdmission admission_;
    std::map<unsigned, std::function<void()>> watched_; ///< connections whose end somebody waits for
};

ClientSelfServer::ClientSelfServer(boost::asio::io_context& io, std::string version,
                                   std::function<void(model::Happening)> post, PeerChecks peers, SelfLimits limits)
    : io_{io}, version_{std::move(version)}, post_{std::move(post)}, peers_{std::move(peers)}, limits_{limits} {}

ClientSelfServer::~ClientSelfServer() = default;

Result<void> ClientSelfServer::listen(const model::Client& client, const std::string& path) {
    served_.erase(client.id);
    auto service = std::make_unique<Service>(*this, client);
    Service* const raw = service.get();
    auto listener = SelfListener::open(io_, path, std::move(service));
    if (!listener) {
        return listener.error();
    }
    served_[client.id] = Served{raw, std::move(*listener)};
    return {};
}

void ClientSelfServer::update(const model::Client& client) {
    const auto found = served_.find(client.id);
    if (found != served_.end()) {
        found->second.service->update(client);
    }
}

void ClientSelfServer::close(const model::ClientId& client) {
    served_.erase(client);
}

bool ClientSelfServer::reply(const model::Reply& reply) {
    if (!is_self_call(reply.token)) {
        return false;
    }
    const auto opened = opened_.extract(reply.token);
    const UniqueFd nothing;
    for (const auto& [id, served] : served_) {
        if (const auto connection = served.service->settle(reply.token)) {
            served.listener->answer(*connection, reply, opened.empty() ? nothing : opened.mapped());
            break;
        }
    }
    return true;
}

void ClientSelfServer::hand_over(model::CallToken token, UniqueFd opened) {
    opened_.insert_or_assign(token, std::move(opened));
}

bool ClientSelfServer::watch(const std::string& bus_name, std::function<void()> gone) {
    if (bus_name.starts_with(':')) {
        return false; // the host bus's
    }
    for (const auto& [id, served] : served_) {
        const auto connection = served.service->connection_of(bus_name);
        if (connection && served.listener->has(*connection)) {
            served.service->watch(*connection, std::move(gone));
            return true;
        }
    }
    boost::asio::post(io_, std::move(gone)); // it has ended before
    return true;
}

} // namespace berth::bus
