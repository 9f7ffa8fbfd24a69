#pragma once

#include "bus/client_self_server.hpp"
#include "bus/test_client.hpp"
#include "bus/waiting.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace berth::testing {

/// Two clients' Self sockets in a folder of their own, and a policy that answers when the test does.
class ClientSelfFixture : public ::testing::Test {
  protected:
    static constexpr const char* object = "/org/berth/Berth1/self";
    static constexpr const char* interface = "org.berth.Berth1.Self";
    static constexpr const char* limits_exceeded = "org.freedesktop.DBus.Error.LimitsExceeded";

    ClientSelfFixture() {
        std::string name = "/tmp/berth-client-self-XXXXXX";
        folder = ::mkdtemp(name.data());
        listen(server);
    }

    ~ClientSelfFixture() override {
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }

    ClientSelfFixture(const ClientSelfFixture&) = delete;
    ClientSelfFixture& operator=(const ClientSelfFixture&) = delete;

    /// Whoever calls in these tests is in no container.
    static bus::PeerChecks trusting() {
        return {[](int) { return Result<UniqueFd>{UniqueFd{}}; },
                [](const UniqueFd&, const std::string&) { return Result<void>{}; }};
    }

    static model::Client client_named(const std::string& name) {
        model::Client client;
        client.id = model::ClientId{name};
        client.seat = model::SeatName{std::string{"seat0"}};
        client.plan.app.name = name.substr(0, name.find('-'));
        client.plan.app.may_ask = {{model::GrantKind::gpu, {}}, {model::GrantKind::usb, "046d:c52b"}};
        client.grants = {{model::GrantKind::display, {}}, {model::GrantKind::sound, {}}};
        client.door = model::ClientDoor{};
        client.door->parts["display"].environment = {{"WAYLAND_DISPLAY", "/run/berth/wayland-0"}};
        return client;
    }

    [[nodiscard]] std::string path_of(const model::Client& client) const { return folder + "/" + client.id.value; }

    [[nodiscard]] std::string address_of(const model::Client& client) const { return "unix:path=" + path_of(client); }

    void listen(bus::ClientSelfServer& on) {
        for (const model::Client& client : {chrome, vlc}) {
            const auto listening = on.listen(client, path_of(client));
            EXPECT_TRUE(listening) << listening.error().message;
        }
    }

    /// Request's arguments.
    static TestClient::Fill asking(const std::vector<std::string>& grants) {
        return [grants](sd_bus_message* m) {
            append_list(m, grants);
            sd_bus_message_append(m, "a{sv}", 0);
        };
    }

    /// Release's arguments.
    static TestClient::Fill releasing(const std::vector<std::string>& grants) {
        return [grants](sd_bus_message* m) { append_list(m, grants); };
    }

    std::shared_ptr<Answer> start_request(TestClient& from, const std::vector<std::string>& grants) {
        auto answer = std::make_shared<Answer>(Answer{"none yet", ""});
        from.start_call(object, interface, "Request", asking(grants), answer);
        return answer;
    }

    /// Until the policy has been asked `count` times.
    bool asked(std::size_t count) {
        return run_until(io, [&] { return calls.size() >= count; });
    }

    static bool is_answered(const std::shared_ptr<Answer>& answer) { return answer->error != "none yet"; }

    bool answered(const std::shared_ptr<Answer>& answer) {
        return run_until(io, [&] { return is_answered(answer); });
    }

    template <class What>
    bool reply(std::size_t call, What what) {
        return server.reply(model::Reply{calls.at(call).token, std::move(what)});
    }

    using Environment = std::map<std::string, std::string>;

    boost::asio::io_context io;
    std::vector<model::Called> calls;
    std::function<void(const model::Called&)> policy; ///< what it does at once
    bus::ClientSelfServer server{io, "1.2.3",
                                 [this](model::Happening what) {
                                     calls.push_back(std::get<model::Called>(std::move(what)));
                                     if (policy) {
                                         policy(calls.back());
                                     }
                                 },
                                 trusting()};
    model::Client chrome = client_named("chrome-1");
    model::Client vlc = client_named("vlc-1");
    std::string folder;
};

} // namespace berth::testing
