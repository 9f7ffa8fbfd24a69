#include "bus/self_client.hpp"

#include "base/log.hpp"
#include "base/overloaded.hpp"
#include "base/result.hpp"
#include "bus/error_names.hpp"
#include "bus/names.hpp"
#include "bus/self_driver.hpp"
#include "bus/self_facts.hpp"
#include "bus/self_grants.hpp"
#include "bus/self_handler.hpp"
#include "bus/self_run.hpp"

#include <sys/socket.h>
#include <systemd/sd-id128.h>

#include <exception>
#include <fcntl.h>
#include <functional>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace berth::bus {

namespace {

/// Each step reads at most what a socket buffer holds, so this bounds what one message can make berthd hold.
constexpr unsigned max_steps_without_message = 24;
/// Few: sixteen connections that flood should not keep anybody else waiting for long.
constexpr int steps_a_turn = 8;
/// Replies that a client may leave unread.
constexpr std::uint64_t max_unread_replies = 256;
constexpr const char* limits_exceeded = "org.freedesktop.DBus.Error.LimitsExceeded";
constexpr const char* request_member = "Request";
constexpr const char* making_a_reply = "making a reply";

SelfClient& client_of(void* userdata) {
    return *static_cast<SelfClient*>(userdata);
}

std::optional<model::SelfOpen> opened_by(const std::string& member) {
    using enum model::SelfOpen;
    for (const model::SelfOpen what : {render_node, display, sound, ipc_namespace}) {
        if (member == model::name_of(what)) {
            return what;
        }
    }
    return std::nullopt;
}

int reply_with(sd_bus_message* call, const char* entry, const std::function<void(sd_bus_message*)>& fill) {
    sd_bus_message* raw = nullptr;
    check(sd_bus_message_new_method_return(call, &raw), making_a_reply);
    const OwnedMessage reply{raw};
    check(sd_bus_message_open_container(raw, 'a', entry), making_a_reply);
    fill(raw);
    check(sd_bus_message_close_container(raw), making_a_reply);
    return sd_bus_send(nullptr, raw, nullptr);
}

void append_texts(sd_bus_message* reply, const SelfService::Texts& texts) {
    for (const auto& [name, value] : texts) {
        check(sd_bus_message_append(reply, "{ss}", name.c_str(), value.c_str()), making_a_reply);
    }
}

int on_describe(sd_bus_message* message, void* userdata, sd_bus_error* error) {
    return handle(error, [&] {
        return reply_with(message, "{sv}", [&](sd_bus_message* reply) {
            for (const auto& [name, value] : client_of(userdata).service().describe()) {
                check(sd_bus_message_append(reply, "{sv}", name.c_str(), "s", value.c_str()), making_a_reply);
            }
        });
    });
}

int on_environment(sd_bus_message* message, void* userdata, sd_bus_error* error) {
    return handle(error, [&] {
        return reply_with(message, "{ss}", [&](sd_bus_message* reply) {
            append_texts(reply, client_of(userdata).service().environment());
        });
    });
}

int on_request(sd_bus_message* message, void* userdata, sd_bus_error* error) {
    return handle(error, [&] {
        auto request = read_request(message);
        return request ? client_of(userdata).ask(message, error, std::move(*request)) : refuse(error, request.error());
    });
}

int on_release(sd_bus_message* message, void* userdata, sd_bus_error* error) {
    return handle(error, [&] {
        auto grants = read_grants(message);
        if (!grants) {
            return refuse(error, grants.error());
        }
        return client_of(userdata).ask(message, error, model::RevokeRequest{{}, std::move(*grants)});
    });
}

int on_open(sd_bus_message* message, void* userdata, sd_bus_error* error) {
    return handle(error, [&] {
        const auto what = opened_by(sd_bus_message_get_member(message));
        if (!what) {
            return 0; // the vtable has no other
        }
        if (check(sd_bus_can_send(sd_bus_message_get_bus(message), SD_BUS_TYPE_UNIX_FD), "sd_bus_can_send") == 0) {
            return refuse(error, Error{ErrorCode::invalid_argument, "the connection has not agreed to descriptors"});
        }
        return client_of(userdata).ask(message, error, model::OpenRequest{{}, *what});
    });
}

int on_run(sd_bus_message* message, void* userdata, sd_bus_error* error) {
    return handle(error, [&] {
        auto run = read_run(message);
        return run ? client_of(userdata).ask(message, error, std::move(*run)) : refuse(error, run.error());
    });
}

int on_session_ready(sd_bus_message* message, void* userdata, sd_bus_error* error) {
    return handle(error, [&] {
        auto facts = read_facts(message);
        if (!facts) {
            return refuse(error, facts.error());
        }
        const auto taken = client_of(userdata).service().session_ready(std::move(*facts));
        return taken ? sd_bus_reply_method_return(message, "") : refuse(error, taken.error());
    });
}

int on_any_message(sd_bus_message*, void* userdata, sd_bus_error*) {
    client_of(userdata).note_message();
    return 0; // not handled here
}

// The C macros of sd-bus-vtable.h convert as C does.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wsign-conversion"
constexpr unsigned open_to_all = SD_BUS_VTABLE_UNPRIVILEGED;

const sd_bus_vtable self_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD_WITH_NAMES("Describe", "", , "a{sv}", SD_BUS_PARAM(facts), on_describe, open_to_all),
    SD_BUS_METHOD_WITH_NAMES(request_member, "asa{sv}", SD_BUS_PARAM(grants) SD_BUS_PARAM(options), "a{sv}",
                             SD_BUS_PARAM(result), on_request, open_to_all),
    SD_BUS_METHOD_WITH_NAMES("Release", "as", SD_BUS_PARAM(grants), "", , on_release, open_to_all),
    SD_BUS_METHOD_WITH_NAMES("OpenRenderNode", "", , "h", SD_BUS_PARAM(node), on_open, open_to_all),
    SD_BUS_METHOD_WITH_NAMES("OpenDisplay", "", , "h", SD_BUS_PARAM(connection), on_open, open_to_all),
    SD_BUS_METHOD_WITH_NAMES("OpenSound", "", , "h", SD_BUS_PARAM(connection), on_open, open_to_all),
    SD_BUS_METHOD_WITH_NAMES("OpenIpcNamespace", "", , "h", SD_BUS_PARAM(namespace), on_open, open_to_all),
    SD_BUS_METHOD_WITH_NAMES("Run", "sasa{sv}", SD_BUS_PARAM(app) SD_BUS_PARAM(argv) SD_BUS_PARAM(options), "s",
                             SD_BUS_PARAM(client), on_run, open_to_all),
    SD_BUS_METHOD_WITH_NAMES("Environment", "", , "a{ss}", SD_BUS_PARAM(environment), on_environment, open_to_all),
    SD_BUS_METHOD_WITH_NAMES("SessionReady", "a{sv}", SD_BUS_PARAM(facts), "", , on_session_ready, open_to_all),
    SD_BUS_VTABLE_END,
};

#pragma GCC diagnostic pop

/// Who is at the other end (unix(7)); another user namespace's users are the host's users behind them.
std::uint32_t peer_uid(const UniqueFd& socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    const bool told = ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
    return told ? peer.uid : model::Caller{}.uid;
}

/// A call as it must be to be answered later: its number and method, and nothing of what the container wrote into it,
/// since that may be megabytes.
OwnedMessage bare_copy(sd_bus_message* call) {
    std::uint64_t number = 0;
    check(sd_bus_message_get_cookie(call, &number), "a call's number");
    sd_bus_message* raw = nullptr;
    check(sd_bus_message_new_method_call(sd_bus_message_get_bus(call), &raw, nullptr, names::self_path,
                                         names::self_interface, sd_bus_message_get_member(call)),
          "keeping a call");
    OwnedMessage copy{raw};
    check(sd_bus_message_set_expect_reply(raw, sd_bus_message_get_expect_reply(call)), "keeping a call");
    check(sd_bus_message_seal(raw, number, 0), "keeping a call");
    return copy;
}

int send_error(sd_bus_message* call, const std::string& name, const std::string& message) {
    return sd_bus_reply_method_errorf(call, name.c_str(), "%s", bus_text(message).c_str());
}

int send_environment(sd_bus_message* call, const SelfService::Texts& environment) {
    return reply_with(call, "{sv}", [&](sd_bus_message* reply) {
        check(sd_bus_message_open_container(reply, 'e', "sv"), making_a_reply);
        check(sd_bus_message_append(reply, "s", "environment"), making_a_reply);
        check(sd_bus_message_open_container(reply, 'v', "a{ss}"), making_a_reply);
        check(sd_bus_message_open_container(reply, 'a', "{ss}"), making_a_reply);
        append_texts(reply, environment);
        for (int open = 0; open < 3; ++open) {
            check(sd_bus_message_close_container(reply), making_a_reply);
        }
    });
}

int send_descriptor(sd_bus_message* call, const UniqueFd& opened) {
    return opened ? sd_bus_reply_method_return(call, "h", opened.get()) // which copies it
                  : send_error(call, bus_error_name(ErrorCode::failed), "nothing was opened");
}

int send_success(sd_bus_message* call, const SelfService::Texts& environment, const UniqueFd& opened) {
    if (opened_by(sd_bus_message_get_member(call))) {
        return send_descriptor(call, opened);
    }
    const bool gives = std::string{sd_bus_message_get_member(call)} == request_member;
    return gives ? send_environment(call, environment) : sd_bus_reply_method_return(call, "");
}

int send_answer(sd_bus_message* call, const model::Reply& reply, const UniqueFd& opened) {
    return std::visit(
        Overloaded{
            [&](std::monostate) { return send_success(call, {}, opened); },
            [&](const SelfService::Texts& environment) { return send_success(call, environment, opened); },
            [&](const model::Refused& refused) {
                return send_error(call, bus_error_name(refused.refusal), refused.message);
            },
            [&](const model::Failure& failure) {
                return send_error(call, bus_error_name(failure.code), failure.message);
            },
            [&](const model::ClientId& client) { return sd_bus_reply_method_return(call, "s", client.value.c_str()); },
            [&](const auto&) { // a job: of calls that no container makes
                return send_error(call, bus_error_name(ErrorCode::failed), "the answer is no container's");
            },
        },
        reply.answer);
}

/// The number that the next descriptor of this process will have.
int next_descriptor(int any) {
    const UniqueFd next{::fcntl(any, F_DUPFD_CLOEXEC, 0)};
    return next ? next.get() : std::numeric_limits<int>::max(); // none is left
}

/// What the kernel knows of who connected.
SelfPeer peer_of(const UniqueFd& socket, SelfService& service, unsigned number) {
    return SelfPeer{number, peer_uid(socket), service.find_peer(socket.get())};
}

OwnedBus make_server(SelfClient* client, UniqueFd socket, bool passes_descriptors) {
    sd_bus* bus = nullptr;
    check(sd_bus_new(&bus), "sd_bus_new");
    OwnedBus owned{bus};
    sd_id128_t id{};
    check(sd_id128_randomize(&id), "sd_id128_randomize");
    check(sd_bus_set_fd(bus, socket.get(), socket.get()), "sd_bus_set_fd");
    static_cast<void>(socket.release()); // the bus closes it from here on
    check(sd_bus_set_server(bus, 1, id), "sd_bus_set_server");
    // Who calls is where the call came in; a client from another user namespace can only be anonymous.
    check(sd_bus_set_anonymous(bus, 1), "sd_bus_set_anonymous");
    check(sd_bus_negotiate_fds(bus, passes_descriptors ? 1 : 0), "sd_bus_negotiate_fds");
    check(sd_bus_add_filter(bus, nullptr, on_any_message, client), "sd_bus_add_filter");
    check(sd_bus_add_object_vtable(bus, nullptr, names::self_path, names::self_interface, self_vtable, client),
          "sd_bus_add_object_vtable");
    check(sd_bus_add_object_vtable(bus, nullptr, names::driver_path, names::driver, self_driver_vtable(), client),
          "sd_bus_add_object_vtable");
    check(sd_bus_start(bus), "sd_bus_start");
    return owned;
}

} // namespace

SelfClient::SelfClient(boost::asio::io_context& io, UniqueFd socket, SelfService& service, unsigned number,
                       AsioBus::Lost on_end)
    : service_{service}, peer_{peer_of(socket, service, number)},
      bus_{make_server(this, std::move(socket), service.passes_descriptors())},
      loop_{std::make_unique<AsioBus>(
          io, AsioBus::Source{[this] { return poll_request(bus_.get()); }, [this] { return process(); }, steps_a_turn},
          std::move(on_end))} {}

SelfClient::~SelfClient() = default;

int SelfClient::ask(sd_bus_message* call, sd_bus_error* error, SelfAsk what) {
    const auto token = service_.admit(peer_, waiting_.size(), what);
    if (!token) {
        return refuse(error, token.error());
    }
    if (!*token) {
        return sd_bus_error_set(error, limits_exceeded, "too many calls wait, or too many came at once: try later");
    }
    waiting_.emplace(**token, bare_copy(call));
    service_.ask(**token, peer_, std::move(what));
    return 1;
}

void SelfClient::answer(const model::Reply& reply, const UniqueFd& opened) {
    auto waiting = waiting_.extract(reply.token);
    if (waiting.empty()) {
        return;
    }
    try {
        check(send_answer(waiting.mapped().get(), reply, opened), "answering a container");
    } catch (const std::exception& error) {
        log::debug(std::string{"an answer did not go out: "} + error.what(), {{"BERTH_CLIENT", service_.name()}});
    }
    loop_->rearm();
}

bool SelfClient::process() {
    ++steps_without_message_;
    const int fd = check(sd_bus_get_fd(bus_.get()), "sd_bus_get_fd");
    const int before = next_descriptor(fd);
    const int r = sd_bus_process(bus_.get(), nullptr);
    check(r, "sd_bus_process");
    // Who takes descriptors may send some, and sd-bus keeps what came with a message that is not whole yet: a client
    // could use up all that berthd may have. No method here takes one.
    if (service_.passes_descriptors() && next_descriptor(fd) > before) {
        throw std::runtime_error{"the client sends descriptors"};
    }
    if (steps_without_message_ > max_steps_without_message) {
        throw std::runtime_error{"the client sends something that does not become a message"};
    }
    std::uint64_t unread = 0;
    check(sd_bus_get_n_queued_write(bus_.get(), &unread), "sd_bus_get_n_queued_write");
    if (unread > max_unread_replies) {
        throw std::runtime_error{"the client does not read its replies"};
    }
    return r > 0;
}

} // namespace berth::bus
