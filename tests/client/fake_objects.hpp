#pragma once

#include "bus/sdbus_compat.hpp"
#include "client/contained_process.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <dbus-glue/client_adaptor.hpp>
#include <dbus-glue/job_adaptor.hpp>
#include <dbus-glue/manager_adaptor.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// The bus objects of a FakeBerthd (fake_berthd.hpp). Each call is told to it; what they are is in their `facts`.

namespace berth::testing {

class FakeBerthd;
using Values = std::map<std::string, sdbus::Variant>;
using Strings = std::vector<std::string>;
using JobResult = sdbus::Result<sdbus::ObjectPath>;
using PlainResult = sdbus::Result<>;

struct ClientFacts {
    std::string name;
    std::string app{"firefox"};
    std::string image{"localhost/firefox"};
    Strings command;
    std::string state{"running"};
    Strings grants;
    std::map<std::string, std::uint64_t> until{};
    std::map<std::string, std::string> with{};
    std::map<std::string, std::string> revocations{};
    std::map<std::string, std::string> environment;
    bool foreign{false};
    bool kept{false};
    std::int32_t exit_code{-1};
    std::uint64_t since{1'700'000'000'000'000};
};

struct JobFacts {
    unsigned number{0};
    std::string kind;
    std::string client{"/"}; ///< a path
    std::int32_t exit_code{-1};
    std::string error;
    std::string state{"running"};
};

template <class Object>
void tell_change(Object& object, const char* interface, const Strings& names) {
    object.emitPropertiesChangedSignal(interface, bus::compat::property_names(names));
}

class FakeJob final : public sdbus::AdaptorInterfaces<org::berth::Berth1::Job_adaptor, sdbus::ManagedObject_adaptor,
                                                      sdbus::Properties_adaptor> {
  public:
    FakeJob(FakeBerthd& berthd, sdbus::IConnection& connection, JobFacts job);
    ~FakeJob();
    FakeJob(const FakeJob&) = delete;
    FakeJob& operator=(const FakeJob&) = delete;
    FakeJob(FakeJob&&) = delete;
    FakeJob& operator=(FakeJob&&) = delete;

    /// Tells the exit code, then the end.
    void finish(const std::string& result, const std::string& error, int exit_code);

    JobFacts facts;
    std::unique_ptr<ContainedProcess> process;

  private:
    void Cancel(PlainResult&& result) override;
    void Resize(PlainResult&& result, std::uint32_t rows, std::uint32_t columns) override;

    std::string Kind() override { return facts.kind; }

    std::string State() override { return facts.state; }

    std::string Phase() override { return ""; }

    double Progress() override { return 0.5; }

    std::string Message() override { return ""; }

    sdbus::ObjectPath Seat() override { return sdbus::ObjectPath{"/org/berth/Berth1/seats/seat0"}; }

    sdbus::ObjectPath Client() override { return sdbus::ObjectPath{facts.client}; }

    std::int32_t ExitCode() override { return facts.exit_code; }

    std::string Error() override { return facts.error; }

    FakeBerthd& berthd_;
};

class FakeClient final : public sdbus::AdaptorInterfaces<org::berth::Berth1::Client_adaptor,
                                                         sdbus::ManagedObject_adaptor, sdbus::Properties_adaptor> {
  public:
    FakeClient(FakeBerthd& berthd, sdbus::IConnection& connection, std::string path, ClientFacts client);
    ~FakeClient();
    FakeClient(const FakeClient&) = delete;
    FakeClient& operator=(const FakeClient&) = delete;
    FakeClient(FakeClient&&) = delete;
    FakeClient& operator=(FakeClient&&) = delete;

    void become(const std::string& state);

    const std::string path;
    ClientFacts facts;

  private:
    void Grant(sdbus::Result<Values>&& result, Strings grants, Values options) override;
    void Revoke(PlainResult&& result, Strings grants) override;
    void Exec(JobResult&& result, Strings argv, Values options, std::vector<sdbus::UnixFd> stdio) override;
    void Stop(JobResult&& result, std::uint32_t timeout_ms) override;
    void Signal(PlainResult&& result, std::int32_t signal) override;
    void Freeze(PlainResult&& result) override;
    void Thaw(PlainResult&& result) override;
    void Snapshot(JobResult&& result, std::string tag) override;
    void Logs(JobResult&& result, Values options, std::vector<sdbus::UnixFd> stdio) override;

    std::string Name() override { return facts.name; }

    std::string App() override { return facts.app; }

    std::string Image() override { return facts.image; }

    Strings Command() override { return facts.command; }

    std::string ContainerId() override { return "c0ffee"; }

    sdbus::ObjectPath Seat() override { return sdbus::ObjectPath{"/org/berth/Berth1/seats/seat0"}; }

    std::string State() override { return facts.state; }

    Strings Grants() override { return facts.grants; }

    Strings MayAsk() override { return {}; }

    std::map<std::string, std::uint64_t> GrantsUntil() override { return facts.until; }

    std::map<std::string, std::string> GrantsWith() override { return facts.with; }

    std::map<std::string, std::string> Revocations() override { return facts.revocations; }

    std::map<std::string, std::string> Environment() override { return facts.environment; }

    bool Spc() override { return false; }

    bool Foreign() override { return facts.foreign; }

    bool Kept() override { return facts.kept; }

    std::uint32_t Pid() override { return 1; }

    std::int32_t ExitCode() override { return facts.exit_code; }

    std::uint64_t Since() override { return facts.since; }

    FakeBerthd& berthd_;
};

class FakeManager final : public sdbus::AdaptorInterfaces<org::berth::Berth1::Manager_adaptor,
                                                          sdbus::ObjectManager_adaptor, sdbus::Properties_adaptor> {
  public:
    FakeManager(FakeBerthd& berthd, sdbus::IConnection& connection);
    ~FakeManager();
    FakeManager(const FakeManager&) = delete;
    FakeManager& operator=(const FakeManager&) = delete;
    FakeManager(FakeManager&&) = delete;
    FakeManager& operator=(FakeManager&&) = delete;

  private:
    sdbus::ObjectPath GetSeat(const std::string& name) override;
    void Run(JobResult&& result, std::string app, Strings argv, Values options) override;
    void Attach(JobResult&& result, std::string container, Strings grants, Values options) override;
    sdbus::ObjectPath GetClient(const std::string& name) override;

    void Reload(PlainResult&& result) override { result.returnResults(); }

    void Restore(PlainResult&& result) override { result.returnResults(); }

    std::string Version() override { return "1.2.3"; }

    std::string Engine() override { return "podman 4.3.1"; }

    std::vector<sdbus::ObjectPath> Seats() override { return {}; }

    std::vector<sdbus::ObjectPath> Clients() override { return {}; }

    std::vector<sdbus::Struct<std::string, std::string, std::string, std::vector<std::string>, std::uint64_t>>
    KnownDocks() override {
        return {};
    }

    std::vector<sdbus::Struct<sdbus::ObjectPath, std::string, sdbus::ObjectPath, sdbus::ObjectPath, std::string,
                              std::string, std::int32_t, std::uint64_t>>
    EndedJobs() override {
        return {};
    }

    std::vector<sdbus::Struct<std::string, std::string, std::string, std::string, std::string>> Devices() override {
        return {{"keyboard", "seat0", "/dev/input/event3", "", "A Keyboard"},
                {"sound", "seat0", "/dev/snd/controlC1", "usb:17ef:30a9:7", "A Dock Audio"}};
    }

    FakeBerthd& berthd_;
};

} // namespace berth::testing
