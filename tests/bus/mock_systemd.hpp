#pragma once

#include "bus/test_client.hpp"

#include <systemd/sd-bus.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace berth::testing {

/// What berthd calls and hears of the service manager (org.freedesktop.systemd1(5)), on the test's bus and io_context:
/// jobs that the test ends, and units with an exit status. As the real one, it tells nobody who did not subscribe.
class MockSystemd {
  public:
    /// How a unit's main process ended; `code` as in waitid(2): 0 it never ran, 1 exited, 2 killed.
    struct Exit {
        int code{1};
        int status{0};
    };

    MockSystemd(boost::asio::io_context& io, const std::string& address) : client_{io, address} {
        static const sd_bus_vtable manager[] = {
            SD_BUS_VTABLE_START(0),
            SD_BUS_METHOD("RestartUnit", "ss", "o", on_job, SD_BUS_VTABLE_UNPRIVILEGED),
            SD_BUS_METHOD("StopUnit", "ss", "o", on_job, SD_BUS_VTABLE_UNPRIVILEGED),
            SD_BUS_METHOD("Subscribe", "", "", on_subscribe, SD_BUS_VTABLE_UNPRIVILEGED),
            SD_BUS_METHOD("SetUnitProperties", "sba(sv)", "", on_set, SD_BUS_VTABLE_UNPRIVILEGED),
            SD_BUS_PROPERTY("SystemState", "s", on_get_system, 0, 0),
            SD_BUS_VTABLE_END};
        static const sd_bus_vtable unit[] = {
            SD_BUS_VTABLE_START(0), SD_BUS_PROPERTY("ActiveState", "s", on_get_state, 0, 0), SD_BUS_VTABLE_END};
        static const sd_bus_vtable service[] = {
            SD_BUS_VTABLE_START(0), SD_BUS_PROPERTY("ExecMainCode", "i", on_get, 0, 0),
            SD_BUS_PROPERTY("ExecMainStatus", "i", on_get, 0, 0), SD_BUS_VTABLE_END};
        static const sd_bus_vtable scope[] = {
            SD_BUS_VTABLE_START(0), SD_BUS_PROPERTY("DevicePolicy", "s", on_get_devices, 0, 0),
            SD_BUS_PROPERTY("DeviceAllow", "a(ss)", on_get_devices, 0, 0), SD_BUS_VTABLE_END};
        if (sd_bus_add_object_vtable(client_.raw(), nullptr, "/org/freedesktop/systemd1",
                                     "org.freedesktop.systemd1.Manager", manager, this) < 0 ||
            sd_bus_add_fallback_vtable(client_.raw(), nullptr, unit_prefix, "org.freedesktop.systemd1.Service", service,
                                       nullptr, this) < 0 ||
            sd_bus_add_fallback_vtable(client_.raw(), nullptr, unit_prefix, "org.freedesktop.systemd1.Scope", scope,
                                       nullptr, this) < 0 ||
            sd_bus_add_fallback_vtable(client_.raw(), nullptr, unit_prefix, unit_interface, unit, nullptr, this) < 0) {
            throw std::runtime_error{"a vtable of the mock was refused"};
        }
        client_.call("/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                     [](sd_bus_message* m) { sd_bus_message_append(m, "su", "org.freedesktop.systemd1", 0U); });
    }

    MockSystemd(const MockSystemd&) = delete;
    MockSystemd& operator=(const MockSystemd&) = delete;

    /// DevicePolicy= and DeviceAllow= of a scope, each entry "NODE ACCESS".
    struct Devices {
        std::string policy{"strict"};
        std::vector<std::string> allowed;
    };

    std::optional<std::string> result{"done"}; ///< how a job ends, at once; absent: it runs until end_job()
    std::optional<std::string> error;          ///< answer with this error instead
    bool one_job{false};                       ///< every call gets the job that runs already
    std::map<std::string, Exit> exits;         ///< by the unit; of others nothing is known
    std::map<std::string, std::string> states; ///< ActiveState by the unit; of others nothing is known
    std::map<std::string, Devices> devices;    ///< by the scope; of others nothing is known
    bool silent{false};                        ///< SetUnitProperties is not answered
    std::string system_state{"running"};
    std::vector<std::string> calls; ///< "RestartUnit UNIT MODE"
    std::string caller;             ///< bus name of who called last
    int questions{0};               ///< how often a unit's exit was asked for

    /// The job that was made last.
    [[nodiscard]] std::string job() const { return "/org/freedesktop/systemd1/job/" + std::to_string(last_job_); }

    void end_job(const std::string& how) { remove_job(job(), last_unit_, how); }

    void remove_job(const std::string& path, const std::string& unit, const std::string& how) {
        if (!subscribers_.empty()) {
            send_job_removed(client_, nullptr, path, unit, how);
        }
    }

    void unit_becomes(const std::string& unit, const std::string& state) {
        if (!subscribers_.empty()) {
            send_state(client_, nullptr, unit, state);
        }
    }

    /// A change of the unit without an ActiveState that is a text.
    void unit_changes_otherwise(const std::string& unit) {
        send(client_, nullptr, path_of(unit), "org.freedesktop.DBus.Properties", "PropertiesChanged",
             [](sd_bus_message* m) {
                 sd_bus_message_append(m, "sa{sv}as", unit_interface, 1, "ActiveState", "u", 3U, 0);
             });
        send(client_, nullptr, path_of(unit), "org.freedesktop.DBus.Properties", "PropertiesChanged",
             [](sd_bus_message* m) {
                 sd_bus_message_append(m, "sa{sv}as", unit_interface, 1, "SubState", "s", "failed", 0);
             });
    }

    /// The same from any connection, to one bus name (null: to all who listen).
    static void send_job_removed(TestClient& from, const char* to, const std::string& path, const std::string& unit,
                                 const std::string& how) {
        send(from, to, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "JobRemoved",
             [&](sd_bus_message* m) { sd_bus_message_append(m, "uoss", 1U, path.c_str(), unit.c_str(), how.c_str()); });
    }

    static void send_state(TestClient& from, const char* to, const std::string& unit, const std::string& state) {
        send(from, to, path_of(unit), "org.freedesktop.DBus.Properties", "PropertiesChanged", [&](sd_bus_message* m) {
            sd_bus_message_append(m, "sa{sv}as", unit_interface, 1, "ActiveState", "s", state.c_str(), 0);
        });
    }

  private:
    static constexpr const char* unit_prefix = "/org/freedesktop/systemd1/unit";
    static constexpr const char* unit_interface = "org.freedesktop.systemd1.Unit";

    static std::string path_of(const std::string& unit) {
        char* path = nullptr;
        if (sd_bus_path_encode(unit_prefix, unit.c_str(), &path) < 0) {
            throw std::runtime_error{"no path for " + unit};
        }
        const std::unique_ptr<char, decltype(&std::free)> owned{path, std::free};
        return owned.get();
    }

    static void send(TestClient& from, const char* to, const std::string& path, const char* interface,
                     const char* member, const TestClient::Fill& fill) {
        sd_bus_message* signal = nullptr;
        if (sd_bus_message_new_signal(from.raw(), &signal, path.c_str(), interface, member) < 0) {
            throw std::runtime_error{"sd_bus_message_new_signal failed"};
        }
        fill(signal);
        const int sent = sd_bus_send_to(from.raw(), signal, to, nullptr);
        sd_bus_message_unref(signal);
        if (sent < 0) {
            throw std::runtime_error{"a signal was not sent"};
        }
        from.rearm();
    }

    static int on_subscribe(sd_bus_message* m, void* userdata, sd_bus_error* error) {
        auto& self = *static_cast<MockSystemd*>(userdata);
        self.caller = sd_bus_message_get_sender(m);
        if (!self.subscribers_.insert(self.caller).second) {
            return sd_bus_error_set(error, "org.freedesktop.systemd1.AlreadySubscribed", "mock");
        }
        return sd_bus_reply_method_return(m, "");
    }

    static int on_job(sd_bus_message* m, void* userdata, sd_bus_error* error) {
        auto& self = *static_cast<MockSystemd*>(userdata);
        const char* unit = nullptr;
        const char* mode = nullptr;
        if (sd_bus_message_read(m, "ss", &unit, &mode) < 0) {
            return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "not what a job is asked with");
        }
        self.calls.push_back(std::string{sd_bus_message_get_member(m)} + " " + unit + " " + mode);
        if (self.error) {
            return sd_bus_error_set(error, self.error->c_str(), "mock");
        }
        self.last_job_ += self.one_job && self.last_job_ > 0 ? 0U : 1U;
        self.last_unit_ = unit;
        const int replied = sd_bus_reply_method_return(m, "o", self.job().c_str());
        if (self.result) {
            self.end_job(*self.result);
        }
        return replied;
    }

    static int on_get(sd_bus*, const char* path, const char*, const char* property, sd_bus_message* reply,
                      void* userdata, sd_bus_error* error) {
        auto& self = *static_cast<MockSystemd*>(userdata);
        ++self.questions;
        for (const auto& [unit, exit] : self.exits) {
            if (path_of(unit) == path) {
                const bool code = std::string{property} == "ExecMainCode";
                return sd_bus_message_append(reply, "i", code ? exit.code : exit.status);
            }
        }
        return sd_bus_error_set(error, "org.freedesktop.systemd1.NoSuchUnit", "mock");
    }

    static int on_get_state(sd_bus*, const char* path, const char*, const char*, sd_bus_message* reply, void* userdata,
                            sd_bus_error* error) {
        for (const auto& [unit, state] : static_cast<MockSystemd*>(userdata)->states) {
            if (path_of(unit) == path) {
                return sd_bus_message_append(reply, "s", state.c_str());
            }
        }
        return sd_bus_error_set(error, "org.freedesktop.systemd1.NoSuchUnit", "mock");
    }

    static int on_get_system(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply, void* userdata,
                             sd_bus_error*) {
        return sd_bus_message_append(reply, "s", static_cast<MockSystemd*>(userdata)->system_state.c_str());
    }

    static int on_get_devices(sd_bus*, const char* path, const char*, const char* property, sd_bus_message* reply,
                              void* userdata, sd_bus_error* error) {
        auto& self = *static_cast<MockSystemd*>(userdata);
        ++self.questions;
        for (const auto& [unit, found] : self.devices) {
            if (path_of(unit) != path) {
                continue;
            }
            if (std::string{property} == "DevicePolicy") {
                return sd_bus_message_append(reply, "s", found.policy.c_str());
            }
            sd_bus_message_open_container(reply, 'a', "(ss)");
            for (const std::string& entry : found.allowed) {
                const auto space = entry.find(' ');
                sd_bus_message_append(reply, "(ss)", entry.substr(0, space).c_str(), entry.substr(space + 1).c_str());
            }
            return sd_bus_message_close_container(reply);
        }
        return sd_bus_error_set(error, "org.freedesktop.systemd1.NoSuchUnit", "mock");
    }

    /// As the real one: an empty list empties it, any other is added.
    static int on_set(sd_bus_message* m, void* userdata, sd_bus_error* error) {
        auto& self = *static_cast<MockSystemd*>(userdata);
        const char* unit = nullptr;
        int runtime = 0;
        const char* property = nullptr;
        if (sd_bus_message_read(m, "sb", &unit, &runtime) < 0 || sd_bus_message_enter_container(m, 'a', "(sv)") < 0) {
            return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "not what properties are set with");
        }
        std::string call = std::string{"SetUnitProperties "} + unit + (runtime != 0 ? " runtime" : "");
        std::vector<std::string> list = self.devices[unit].allowed;
        while (sd_bus_message_enter_container(m, 'r', "sv") > 0) {
            sd_bus_message_read(m, "s", &property);
            sd_bus_message_enter_container(m, 'v', "a(ss)");
            sd_bus_message_enter_container(m, 'a', "(ss)");
            const char* node = nullptr;
            const char* access = nullptr;
            std::string entries;
            while (sd_bus_message_read(m, "(ss)", &node, &access) > 0) {
                entries += (entries.empty() ? "" : ", ") + std::string{node} + " " + access;
                list.push_back(std::string{node} + " " + access);
            }
            if (entries.empty()) {
                list.clear();
            }
            call += std::string{" "} + property + "=[" + entries + "]";
            sd_bus_message_exit_container(m);
            sd_bus_message_exit_container(m);
            sd_bus_message_exit_container(m);
        }
        self.calls.push_back(call);
        if (self.error) {
            return sd_bus_error_set(error, self.error->c_str(), "mock");
        }
        self.devices[unit].allowed = list;
        return self.silent ? 1 : sd_bus_reply_method_return(m, "");
    }

    TestClient client_;
    std::set<std::string> subscribers_;
    std::uint32_t last_job_{0};
    std::string last_unit_;
};

} // namespace berth::testing
