#pragma once

#include "bus/test_client.hpp"

#include <systemd/sd-bus.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace berth::testing {

/// polkit's two methods that berthd calls, on the test's bus and io_context.
class MockPolkit {
  public:
    struct Question {
        std::string subject; ///< the bus name
        std::string action;
        std::uint32_t flags{0};
        std::string cancellation_id;
    };

    MockPolkit(boost::asio::io_context& io, const std::string& address) : client_{io, address} {
        static const sd_bus_vtable vtable[] = {
            SD_BUS_VTABLE_START(0),
            SD_BUS_METHOD("CheckAuthorization", "(sa{sv})sa{ss}us", "(bba{ss})", on_check, SD_BUS_VTABLE_UNPRIVILEGED),
            SD_BUS_METHOD("CancelCheckAuthorization", "s", "", on_cancel, SD_BUS_VTABLE_UNPRIVILEGED),
            SD_BUS_VTABLE_END};
        if (sd_bus_add_object_vtable(client_.raw(), nullptr, "/org/freedesktop/PolicyKit1/Authority",
                                     "org.freedesktop.PolicyKit1.Authority", vtable, this) < 0) {
            throw std::runtime_error{"sd_bus_add_object_vtable failed"};
        }
        client_.call("/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                     [](sd_bus_message* m) { sd_bus_message_append(m, "su", "org.freedesktop.PolicyKit1", 0U); });
    }

    ~MockPolkit() { sd_bus_message_unref(waiting_); }

    MockPolkit(const MockPolkit&) = delete;
    MockPolkit& operator=(const MockPolkit&) = delete;

    std::optional<bool> verdict;      ///< absent: the question waits
    std::optional<std::string> error; ///< answer with this error instead
    std::vector<Question> questions;
    std::vector<std::string> cancelled;

    /// Answers the question that waits.
    void answer(bool allowed) {
        sd_bus_reply_method_return(waiting_, "(bba{ss})", allowed ? 1 : 0, 0, 0);
        client_.rearm();
    }

  private:
    static int on_check(sd_bus_message* m, void* userdata, sd_bus_error* error) {
        auto& self = *static_cast<MockPolkit*>(userdata);
        const char* kind = nullptr;
        const char* key = nullptr;
        const char* name = nullptr;
        const char* action = nullptr;
        const char* id = nullptr;
        Question question;
        if (sd_bus_message_read(m, "(sa{sv})s", &kind, 1, &key, "s", &name, &action) < 0 ||
            sd_bus_message_skip(m, "a{ss}") < 0 || sd_bus_message_read(m, "us", &question.flags, &id) < 0) {
            return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "not what polkit is asked");
        }
        question.subject = std::string{kind} + " " + key + " " + name;
        question.action = action;
        question.cancellation_id = id;
        self.questions.push_back(std::move(question));
        if (self.error) {
            return sd_bus_error_set(error, self.error->c_str(), "mock");
        }
        if (self.verdict) {
            return sd_bus_reply_method_return(m, "(bba{ss})", *self.verdict ? 1 : 0, 0, 0);
        }
        sd_bus_message_unref(self.waiting_);
        self.waiting_ = sd_bus_message_ref(m);
        return 1;
    }

    static int on_cancel(sd_bus_message* m, void* userdata, sd_bus_error*) {
        const char* id = nullptr;
        sd_bus_message_read(m, "s", &id);
        static_cast<MockPolkit*>(userdata)->cancelled.emplace_back(id);
        return sd_bus_reply_method_return(m, "");
    }

    TestClient client_;
    sd_bus_message* waiting_{nullptr};
};

} // namespace berth::testing
