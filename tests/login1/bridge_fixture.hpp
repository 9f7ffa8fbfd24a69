#pragma once

#include "bus/private_bus.hpp"
#include "bus/waiting.hpp"
#include "login1/fake_logind.hpp"
#include "login1/own_session.hpp"
#include "login1_bus/bridge.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>

#include <sys/socket.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace berth::testing {

/// Two private buses, a fake logind on the host's, and the bridge between them.
class BridgeTest : public ::testing::Test {
  protected:
    /// The container's bus at the path that the bridge watches. dbus-daemon has bound and listens when it is moved in.
    void start_container_bus() {
        container_bus = std::make_unique<PrivateBus>();
        std::filesystem::rename(container_bus->folder() + "/socket", socket_path);
    }

    /// Finds the session; what came of it is in `found`.
    void find_session(const std::string& id = "3") {
        host.emplace(io, host_bus.address(),
                     login1::HostLogind::Callbacks{[this](sd_bus_message* signal) {
                                                       if (bridge) {
                                                           bridge->host_signal(signal);
                                                       }
                                                   },
                                                   [this](login1::End end, const std::string& sentence) {
                                                       ended = end;
                                                       end_sentence = sentence;
                                                   }});
        host->find(id, [this](const Result<login1::Session>& result) { found = result; });
        run_until(io, [&] { return found.has_value() || ended.has_value(); });
    }

    void start_bridge(const login1::Limits& limits = {}, const login1::Options& options = {}) {
        find_session();
        ASSERT_TRUE(found && *found) << end_sentence;
        bridge.emplace(io, *host, login1::Bridge::Settings{**found, socket_path, options, limits, pace},
                       login1::Bridge::Callbacks{[this](const std::string& status) { statuses.push_back(status); },
                                                 [this](const std::string& name) { hung.push_back(name); },
                                                 [this](int socket) { connected.push_back(type_of(socket)); },
                                                 [this] { ++lost; }});
    }

    /// Both buses, the bridge, and the name on the container's bus.
    void start_all(const login1::Limits& limits = {}, const login1::Options& options = {}) {
        start_bridge(limits, options);
        start_container_bus();
        ASSERT_TRUE(shows("bridged; nobody has control"));
    }

    /// Runs until the status is that one.
    bool shows(const std::string& status) {
        return run_until(io, [&] { return !statuses.empty() && statuses.back() == status; });
    }

    bool ends() {
        return run_until(io, [&] { return ended.has_value(); });
    }

    [[nodiscard]] std::string container_address() const { return "unix:path=" + socket_path; }

    std::unique_ptr<BusPeer> client() { return std::make_unique<BusPeer>(io, container_address()); }

    /// A client that has taken control.
    std::unique_ptr<BusPeer> controller() {
        auto made = client();
        const Answer taken = made->session_call("TakeControl", take_politely);
        EXPECT_EQ(taken.error, "") << taken.text;
        return made;
    }

    /// SOCK_STREAM where it is an open stream socket, else 0.
    static int type_of(int socket) {
        int type = 0;
        socklen_t size = sizeof type;
        return ::getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) == 0 ? type : 0;
    }

    static void take_politely(sd_bus_message* message) { sd_bus_message_append(message, "b", 0); }

    static BusPeer::Fill device(std::uint32_t major, std::uint32_t minor) {
        return [=](sd_bus_message* message) { sd_bus_message_append(message, "uu", major, minor); };
    }

    const login1::Session own{login1::own_session()};
    boost::asio::io_context io;
    PrivateBus host_bus;
    FakeLogind logind{io, host_bus.address()};
    test::ScratchFolder folder;
    std::string socket_path{folder.path() + "/system_bus_socket"};
    std::unique_ptr<PrivateBus> container_bus;
    std::optional<Result<login1::Session>> found;
    std::optional<login1::End> ended;
    std::string end_sentence;
    std::vector<std::string> statuses;
    login1::ControllerWatch::Pace pace;
    std::vector<std::string> hung; ///< controllers that were reported
    std::vector<int> connected;    ///< the types of the containers' sockets that were shown
    int lost{0};                   ///< how many of them were said to be gone
    std::optional<login1::HostLogind> host;
    std::optional<login1::Bridge> bridge;
};

} // namespace berth::testing
