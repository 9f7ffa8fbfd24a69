#include "bus/client_object.hpp"

#include "bus/guard.hpp"
#include "bus/names.hpp"
#include "bus/object_path.hpp"
#include "bus/seat_object.hpp"

#include <utility>

namespace berth::bus {

std::string client_path(const std::string& client) {
    return encoded_path(names::clients_path, client);
}

ClientObject::ClientObject(BusConnection& bus, Calls& calls, ClientView view)
    : AdaptorInterfaces{bus.raw(), sdbus::ObjectPath{client_path(view.name)}}, bus_{bus}, calls_{calls},
      view_{std::move(view)}, id_{view_.name} {
    registerAdaptor();
    emitInterfacesAddedSignal();
    bus_.rearm();
}

ClientObject::~ClientObject() {
    unregisterAdaptor();
}

void ClientObject::announce_removal() {
    emitInterfacesRemovedSignal();
    bus_.rearm();
}

void ClientObject::update(ClientView view) {
    const auto changed = changed_properties(view_, view);
    view_ = std::move(view);
    if (!changed.empty()) {
        getObject().emitPropertiesChangedSignal(Client_adaptor::INTERFACE_NAME, compat::property_names(changed));
        bus_.rearm();
    }
}

std::string ClientObject::sender() const {
    return compat::sender_of(getObject());
}

void ClientObject::Grant(Calls::ValuesResult&& result, Texts grants, Options options) {
    guarded(result, [&] { calls_.accept(std::move(result), sender(), grant_request(id_, grants, options)); });
}

void ClientObject::Revoke(PlainResult&& result, Texts grants) {
    guarded(result, [&] { calls_.accept(std::move(result), sender(), revoke_request(id_, grants)); });
}

void ClientObject::Exec(JobResult&& result, Texts argv, Options options, std::vector<sdbus::UnixFd> stdio) {
    guarded(result,
            [&] { calls_.accept_streamed(std::move(result), sender(), exec_request(id_, argv, options, stdio)); });
}

void ClientObject::Stop(JobResult&& result, std::uint32_t timeout_ms) {
    guarded(result, [&] {
        calls_.accept(std::move(result), sender(), model::Request{model::StopRequest{id_, timeout_ms}});
    });
}

void ClientObject::Signal(PlainResult&& result, std::int32_t signal) {
    guarded(result, [&] {
        calls_.accept(std::move(result), sender(), model::Request{model::SignalRequest{id_, signal}});
    });
}

void ClientObject::Freeze(PlainResult&& result) {
    guarded(result, [&] {
        calls_.accept(std::move(result), sender(), model::Request{model::FreezeClientRequest{id_, true}});
    });
}

void ClientObject::Thaw(PlainResult&& result) {
    guarded(result, [&] {
        calls_.accept(std::move(result), sender(), model::Request{model::FreezeClientRequest{id_, false}});
    });
}

void ClientObject::Snapshot(JobResult&& result, std::string tag) {
    guarded(result, [&] {
        calls_.accept(std::move(result), sender(), model::Request{model::SnapshotClientRequest{id_, std::move(tag)}});
    });
}

void ClientObject::Logs(JobResult&& result, Options options, std::vector<sdbus::UnixFd> stdio) {
    guarded(result, [&] { calls_.accept_streamed(std::move(result), sender(), logs_request(id_, options, stdio)); });
}

std::string ClientObject::Name() {
    return guarded_value([&] { return view_.name; });
}

std::string ClientObject::App() {
    return guarded_value([&] { return view_.app; });
}

std::string ClientObject::Image() {
    return guarded_value([&] { return view_.image; });
}

std::vector<std::string> ClientObject::Command() {
    return guarded_value([&] { return view_.command; });
}

std::string ClientObject::ContainerId() {
    return guarded_value([&] { return view_.container_id; });
}

sdbus::ObjectPath ClientObject::Seat() {
    return guarded_value([&] { return sdbus::ObjectPath{seat_path(view_.seat)}; });
}

std::string ClientObject::State() {
    return guarded_value([&] { return view_.state; });
}

std::vector<std::string> ClientObject::Grants() {
    return guarded_value([&] { return view_.grants; });
}

std::vector<std::string> ClientObject::MayAsk() {
    return guarded_value([&] { return view_.may_ask; });
}

std::map<std::string, std::uint64_t> ClientObject::GrantsUntil() {
    return guarded_value([&] { return view_.until; });
}

std::map<std::string, std::string> ClientObject::GrantsWith() {
    return guarded_value([&] { return view_.with; });
}

std::map<std::string, std::string> ClientObject::Revocations() {
    return guarded_value([&] { return view_.revocations; });
}

std::map<std::string, std::string> ClientObject::Environment() {
    return guarded_value([&] { return view_.environment; });
}

bool ClientObject::Spc() {
    return view_.spc;
}

bool ClientObject::Foreign() {
    return view_.foreign;
}

bool ClientObject::Kept() {
    return view_.kept;
}

std::uint32_t ClientObject::Pid() {
    return view_.pid;
}

std::int32_t ClientObject::ExitCode() {
    return view_.exit_code;
}

std::uint64_t ClientObject::Since() {
    return view_.since;
}

} // namespace berth::bus
