#pragma once

#include "bus/calls.hpp"
#include "bus/client_options.hpp"
#include "bus/client_view.hpp"

#include <dbus-glue/client_adaptor.hpp>
#include <map>
#include <string>
#include <vector>

namespace berth::bus {

/// "/org/berth/Berth1/clients/" and the name, escaped as sd_bus_path_encode(3) does.
std::string client_path(const std::string& client);

/// org.berth.Berth1.Client of one client container.
class ClientObject final : public sdbus::AdaptorInterfaces<org::berth::Berth1::Client_adaptor,
                                                           sdbus::ManagedObject_adaptor, sdbus::Properties_adaptor> {
  public:
    ClientObject(BusConnection& bus, Calls& calls, ClientView view);
    ~ClientObject();
    ClientObject(const ClientObject&) = delete;
    ClientObject& operator=(const ClientObject&) = delete;
    ClientObject(ClientObject&&) = delete;
    ClientObject& operator=(ClientObject&&) = delete;

    [[nodiscard]] const ClientView& view() const noexcept { return view_; }

    /// PropertiesChanged for what differs, and for nothing else.
    void update(ClientView view);

    /// InterfacesRemoved; the object goes right after.
    void announce_removal();

  private:
    using JobResult = Calls::JobResult;
    using PlainResult = Calls::PlainResult;
    using Texts = std::vector<std::string>;
    using TextMap = std::map<std::string, std::string>;

    void Grant(Calls::ValuesResult&& result, Texts grants, Options options) override;
    void Revoke(PlainResult&& result, Texts grants) override;
    void Exec(JobResult&& result, Texts argv, Options options, std::vector<sdbus::UnixFd> stdio) override;
    void Stop(JobResult&& result, std::uint32_t timeout_ms) override;
    void Signal(PlainResult&& result, std::int32_t signal) override;
    void Freeze(PlainResult&& result) override;
    void Thaw(PlainResult&& result) override;
    void Snapshot(JobResult&& result, std::string tag) override;
    void Logs(JobResult&& result, Options options, std::vector<sdbus::UnixFd> stdio) override;

    std::string Name() override;
    std::string App() override;
    std::string Image() override;
    Texts Command() override;
    std::string ContainerId() override;
    sdbus::ObjectPath Seat() override;
    std::string State() override;
    Texts Grants() override;
    Texts MayAsk() override;
    std::map<std::string, std::uint64_t> GrantsUntil() override;
    TextMap GrantsWith() override;
    TextMap Revocations() override;
    TextMap Environment() override;
    bool Spc() override;
    bool Foreign() override;
    bool Kept() override;
    std::uint32_t Pid() override;
    std::int32_t ExitCode() override;
    std::uint64_t Since() override;

    [[nodiscard]] std::string sender() const;

    BusConnection& bus_;
    Calls& calls_;
    ClientView view_;
    model::ClientId id_;
};

} // namespace berth::bus
