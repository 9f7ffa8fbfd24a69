#include "bus/test_client.hpp"

#include "bus/message_text.hpp"
#include "bus/waiting.hpp"

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace berth::testing {

namespace {

int check(int r, const char* what) {
    if (r < 0) {
        throw std::runtime_error{std::string{what} + " failed: " + std::to_string(r)};
    }
    return r;
}

struct Waiter {
    std::shared_ptr<Answer> answer;
    std::shared_ptr<bool> done;
};

int on_reply(sd_bus_message* message, void* userdata, sd_bus_error*) {
    const auto* const waiter = static_cast<Waiter*>(userdata);
    if (sd_bus_message_is_method_error(message, nullptr) > 0) {
        const sd_bus_error* error = sd_bus_message_get_error(message);
        *waiter->answer = Answer{error->name, error->message == nullptr ? "" : error->message};
    } else {
        *waiter->answer = Answer{"", text_of(message)};
    }
    *waiter->done = true;
    return 0;
}

int on_signal(sd_bus_message* message, void* userdata, sd_bus_error*) {
    static_cast<TestClient*>(userdata)->add_heard(
        Heard{sd_bus_message_get_path(message), sd_bus_message_get_member(message), text_of(message)});
    return 0;
}

} // namespace

bus::AsioBus::Source source_of(sd_bus* bus) {
    return {[bus] {
                bus::PollRequest request;
                request.fd = check(sd_bus_get_fd(bus), "sd_bus_get_fd");
                request.events = static_cast<short>(check(sd_bus_get_events(bus), "sd_bus_get_events"));
                std::uint64_t timeout = 0;
                if (check(sd_bus_get_timeout(bus, &timeout), "sd_bus_get_timeout") > 0) {
                    request.deadline = std::chrono::steady_clock::time_point{
                        std::chrono::microseconds{static_cast<std::int64_t>(timeout)}};
                }
                return request;
            },
            [bus] { return check(sd_bus_process(bus, nullptr), "sd_bus_process") > 0; }};
}

TestClient::TestClient(boost::asio::io_context& io, const std::string& address, bool bus) : io_{io} {
    check(sd_bus_new(&bus_), "sd_bus_new");
    check(sd_bus_set_address(bus_, address.c_str()), "sd_bus_set_address");
    check(sd_bus_set_bus_client(bus_, bus ? 1 : 0), "sd_bus_set_bus_client");
    check(sd_bus_start(bus_), "sd_bus_start");
    loop_ = std::make_unique<bus::AsioBus>(io, source_of(bus_), [this](const std::string&) { lost_ = true; });
    if (bus) {
        const char* rule = "type='signal',path_namespace='/org/berth/Berth1'";
        check(sd_bus_add_match_async(bus_, nullptr, rule, on_signal, nullptr, this), "sd_bus_add_match_async");
        call("/org/freedesktop/DBus", "org.freedesktop.DBus.Peer", "Ping"); // the rule is installed
    }
}

TestClient::~TestClient() {
    loop_.reset();
    sd_bus_close_unref(bus_);
}

void TestClient::start_call(const std::string& path, const std::string& interface, const std::string& member,
                            const Fill& fill, std::shared_ptr<Answer> answer) {
    const char* destination = "org.berth.Berth1";
    if (path == "/org/freedesktop/DBus") {
        destination = "org.freedesktop.DBus";
    }
    sd_bus_message* message = nullptr;
    check(sd_bus_message_new_method_call(bus_, &message, destination, path.c_str(), interface.c_str(), member.c_str()),
          "sd_bus_message_new_method_call");
    if (fill) {
        fill(message);
    }
    auto waiter = std::make_unique<Waiter>(Waiter{std::move(answer), std::make_shared<bool>(false)});
    sd_bus_slot* slot = nullptr;
    const int r = sd_bus_call_async(bus_, &slot, message, on_reply, waiter.get(), 0);
    sd_bus_message_unref(message);
    check(r, "sd_bus_call_async");
    // The waiter lives as long as the call: until its reply, or until the connection closes without one.
    check(sd_bus_slot_set_destroy_callback(slot, [](void* gone) { delete static_cast<Waiter*>(gone); }),
          "sd_bus_slot_set_destroy_callback");
    static_cast<void>(waiter.release());
    check(sd_bus_slot_set_floating(slot, 1), "sd_bus_slot_set_floating");
    sd_bus_slot_unref(slot);
    loop_->rearm();
}

Answer TestClient::call(const std::string& path, const std::string& interface, const std::string& member,
                        const Fill& fill) {
    const Answer none{"no answer", ""};
    const auto answer = std::make_shared<Answer>(none);
    start_call(path, interface, member, fill, answer);
    run_until(io_, [&] { return answer->error != none.error || lost_; });
    return *answer;
}

std::string TestClient::property(const std::string& path, const std::string& interface, const std::string& name) {
    return call(path, "org.freedesktop.DBus.Properties", "Get",
                [&](sd_bus_message* message) { sd_bus_message_append(message, "ss", interface.c_str(), name.c_str()); })
        .text;
}

bool TestClient::hear(const std::string& member, std::size_t count) {
    return run_until(io_, [&] {
        std::size_t found = 0;
        for (const Heard& each : heard_) {
            found += each.member == member ? 1 : 0;
        }
        return found >= count;
    });
}

std::string TestClient::unique_name() const {
    const char* name = nullptr;
    check(sd_bus_get_unique_name(bus_, &name), "sd_bus_get_unique_name");
    return name;
}

} // namespace berth::testing
