#pragma once

#include "lib/berth_client.hpp"
#include "lib/sdbus_compat.hpp"
#include "lib/variant_json.hpp"

#include <dbus-glue/client_proxy.hpp>
#include <dbus-glue/job_proxy.hpp>
#include <dbus-glue/manager_proxy.hpp>
#include <dbus-glue/seat_proxy.hpp>
#include <string>
#include <utility>

/// The generated proxies with one callback each. Signals are heard by one match for all objects, so none of them
/// subscribes (registerProxy is not called).
namespace berth::client {

inline constexpr const char* service = "org.berth.Berth1";
inline constexpr const char* manager_path = "/org/berth/Berth1";

inline CallFailed call_failed(const sdbus::Error& error) {
    const std::string& name = error.getName();
    const std::string prefix = "org.berth.Berth1.Error.";
    if (name == "org.freedesktop.DBus.Error.ServiceUnknown" || name == "org.freedesktop.DBus.Error.NameHasNoOwner") {
        return {"NoBerthd", "berthd is not running; start it with 'systemctl start berthd', or see 'berth doctor'"};
    }
    return {name.rfind(prefix, 0) == 0 ? name.substr(prefix.size()) : name, error.getMessage()};
}

/// Turns a reply into an Answer and hands it on.
class Replies {
  public:
    explicit Replies(BerthClient::Answered answered) : answered_{std::move(answered)} {}

  protected:
    void reply(const compat::CallError& error, const std::string& job = {}, Properties result = {}) const {
        Answer answer;
        answer.result = std::move(result);
        if (error) {
            answer.error = call_failed(*error);
        } else {
            answer.job = job;
        }
        answered_(answer);
    }

  private:
    BerthClient::Answered answered_;
};

class SeatProxy final : private Replies, public sdbus::ProxyInterfaces<org::berth::Berth1::Seat_proxy> {
  public:
    SeatProxy(sdbus::IConnection& connection, const std::string& path, BerthClient::Answered answered)
        : Replies{std::move(answered)},
          ProxyInterfaces{connection, compat::ServiceName{service}, sdbus::ObjectPath{path}} {}

  private:
    using Error = compat::CallError;

    void onStateChanged(const std::string&, const std::string&, const std::string&) override {}

    void onDockChanged(const bool&, const std::string&) override {}

    void onUpReply(const sdbus::ObjectPath& job, Error error) override { reply(error, job); }

    void onDownReply(const sdbus::ObjectPath& job, Error error) override { reply(error, job); }

    void onReseatReply(const sdbus::ObjectPath& job, Error error) override { reply(error, job); }

    void onSnapshotReply(const sdbus::ObjectPath& job, Error error) override { reply(error, job); }

    void onFreezeReply(Error error) override { reply(error); }

    void onThawReply(Error error) override { reply(error); }

    void onRestoreTtyReply(Error error) override { reply(error); }
};

class JobProxy final : private Replies, public sdbus::ProxyInterfaces<org::berth::Berth1::Job_proxy> {
  public:
    JobProxy(sdbus::IConnection& connection, const std::string& path, BerthClient::Answered answered)
        : Replies{std::move(answered)},
          ProxyInterfaces{connection, compat::ServiceName{service}, sdbus::ObjectPath{path}} {}

  private:
    void onFinished(const std::string&, const std::string&) override {}

    void onCancelReply(compat::CallError error) override { reply(error); }

    void onResizeReply(compat::CallError error) override { reply(error); }
};

class ClientProxy final : private Replies, public sdbus::ProxyInterfaces<org::berth::Berth1::Client_proxy> {
  public:
    ClientProxy(sdbus::IConnection& connection, const std::string& path, BerthClient::Answered answered)
        : Replies{std::move(answered)},
          ProxyInterfaces{connection, compat::ServiceName{service}, sdbus::ObjectPath{path}} {}

  private:
    using Error = compat::CallError;

    void onGrantReply(const std::map<std::string, sdbus::Variant>& result, Error error) override {
        reply(error, {}, json_of_named(result));
    }

    void onRevokeReply(Error error) override { reply(error); }

    void onExecReply(const sdbus::ObjectPath& job, Error error) override { reply(error, job); }

    void onStopReply(const sdbus::ObjectPath& job, Error error) override { reply(error, job); }

    void onSignalReply(Error error) override { reply(error); }

    void onFreezeReply(Error error) override { reply(error); }

    void onThawReply(Error error) override { reply(error); }

    void onSnapshotReply(const sdbus::ObjectPath& job, Error error) override { reply(error, job); }

    void onLogsReply(const sdbus::ObjectPath& job, Error error) override { reply(error, job); }
};

class ManagerProxy final
    : private Replies,
      public sdbus::ProxyInterfaces<org::berth::Berth1::Manager_proxy, sdbus::ObjectManager_proxy> {
  public:
    ManagerProxy(sdbus::IConnection& connection, BerthClient::Answered answered)
        : Replies{std::move(answered)},
          ProxyInterfaces{connection, compat::ServiceName{service}, sdbus::ObjectPath{manager_path}} {}

  private:
    using Interfaces = std::map<compat::InterfaceName, std::map<compat::PropertyName, sdbus::Variant>>;

    void onJobRemoved(const sdbus::ObjectPath&, const std::string&) override {}

    void onInterfacesAdded(const sdbus::ObjectPath&, const Interfaces&) override {}

    void onInterfacesRemoved(const sdbus::ObjectPath&, const std::vector<compat::InterfaceName>&) override {}

    void onRunReply(const sdbus::ObjectPath& job, compat::CallError error) override { reply(error, job); }

    void onAttachReply(const sdbus::ObjectPath& client, compat::CallError error) override {
        reply(error, {}, {{"client", std::string{client}}});
    }

    void onReloadReply(compat::CallError error) override { reply(error); }

    void onRestoreReply(compat::CallError error) override { reply(error); }
};

} // namespace berth::client
