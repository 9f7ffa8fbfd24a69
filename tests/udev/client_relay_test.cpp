#include "bus/waiting.hpp"
#include "udev/host_udevd.hpp"
#include "udev/made_messages.hpp"
#include "udev/network_listener.hpp"
#include "udev_events/client_view.hpp"
#include "udev_relay/client_relay.hpp"

#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <optional>

namespace berth::udev_relay {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::run_until;
using udev_events::Device;
using udev_events::made_node;
using udev_events::write_message;
using Network = NetworkListener::Network;
using Kind = udev_events::Order::Kind;

/// The relay in the place of berth-udev, the test as berthd and as the host's udevd.
class ClientRelayTest : public NetworkTest {
  protected:
    ClientRelayTest() {
        for (const auto& [id, path] :
             {std::pair{keyboard, "/devices/keyboard"}, std::pair{mouse, "/devices/mouse"}, std::pair{last, "/last"}}) {
            devices[id] = made_node("input", path, "13", id.substr(4));
        }
    }

    std::unique_ptr<NetworkListener> container(Network network = Network::own) {
        auto made = std::make_unique<NetworkListener>(io, network);
        EXPECT_TRUE(made->is_ready());
        return made;
    }

    void follows(const std::string& client, const NetworkListener& where, std::vector<std::string> held) {
        relay.obey({Kind::follow, client, std::move(held)}, where.process(), UniqueFd{});
    }

    void tells(const std::string& client, std::vector<std::string> held) {
        relay.obey({Kind::tell, client, std::move(held)}, UniqueFd{}, UniqueFd{});
    }

    void udevd_tells(const std::string& action, const std::string& id) {
        udevd_says(write_message(action, devices.at(id)));
    }

    /// Everything that was said before this has been dealt with when it is heard.
    bool hears_the_last(const NetworkListener& listener) {
        const std::size_t before = listener.heard.size();
        udevd_tells("change", last);
        return run_until(
            io, [&] { return listener.heard.size() > before && listener.heard.back() == "change /last input -"; });
    }

    const std::string keyboard{"c13:64"};
    const std::string mouse{"c13:65"};
    const std::string last{"c13:99"};
    std::map<std::string, Device> devices;
    std::vector<std::string> renewed; ///< "keep ID" and "remove ID"
    ClientRelay relay{
        io,
        {[this](const std::string& id) {
             const auto found = devices.find(id);
             return found == devices.end() ? std::nullopt : std::optional{found->second};
         },
         [this](int, const std::string& id, bool shown) { renewed.push_back((shown ? "keep " : "remove ") + id); }},
        std::chrono::milliseconds{10}};
};

TEST_F(ClientRelayTest, AClientHearsOfWhatItIsGivenAndOfWhatIsTaken) {
    const auto client = container();
    follows("vlc", *client, {last});
    tells("vlc", {keyboard, last});
    tells("vlc", {last});
    ASSERT_TRUE(hears_the_last(*client));
    EXPECT_THAT(client->heard, ElementsAre("add /devices/keyboard input -", "remove /devices/keyboard input -",
                                           "change /last input -"))
        << "and of what it held when it began, nothing";
}

TEST_F(ClientRelayTest, AClientHearsUdevdOnWhatItHoldsAndOnNothingElse) {
    const auto client = container();
    const auto other = container();
    follows("vlc", *client, {keyboard, last});
    follows("game", *other, {mouse, last});
    udevd_tells("change", keyboard);
    udevd_tells("change", mouse);
    udevd_says(write_message("add", udev_events::made_device("input", "/devices/parent/without/node")));
    udevd_says(write_message("add", made_node("block", "/devices/disk", "13", "64")));
    udevd_says(write_message("add", made_node("input", "/devices/nobodys", "13", "70")));
    ASSERT_TRUE(hears_the_last(*client) && hears_the_last(*other));
    EXPECT_THAT(client->heard, Contains("change /devices/keyboard input -"));
    EXPECT_THAT(other->heard, Contains("change /devices/mouse input -"));
    for (const auto* one : {client.get(), other.get()}) {
        std::erase(one == client.get() ? client->heard : other->heard, "change /last input -");
        EXPECT_EQ(one->heard.size(), 1U) << ::testing::PrintToString(one->heard);
    }
}

TEST_F(ClientRelayTest, WhatIsTakenIsNotHeardOfAnyMore) {
    const auto client = container();
    follows("vlc", *client, {keyboard, last});
    tells("vlc", {last});
    udevd_tells("change", keyboard);
    ASSERT_TRUE(hears_the_last(*client));
    EXPECT_THAT(client->heard, ElementsAre("remove /devices/keyboard input -", "change /last input -"));
}

TEST_F(ClientRelayTest, WhatIsUnpluggedAndPluggedAgainIsHeardOfOnceEach) {
    const auto client = container();
    follows("vlc", *client, {keyboard, last});
    udevd_tells("remove", keyboard);
    ASSERT_TRUE(hears_the_last(*client));
    tells("vlc", {last}); // it has gone already
    tells("vlc", {keyboard, last});
    tells("vlc", {keyboard, last});
    ASSERT_TRUE(hears_the_last(*client));
    udevd_tells("remove", keyboard);
    udevd_tells("add", keyboard);
    ASSERT_TRUE(hears_the_last(*client));
    std::erase(client->heard, "change /last input -");
    EXPECT_THAT(client->heard, ElementsAre("remove /devices/keyboard input -", "add /devices/keyboard input -",
                                           "remove /devices/keyboard input -", "add /devices/keyboard input -"));
}

TEST_F(ClientRelayTest, WhatIsHeldAndNotPluggedIsHeardOfWhenItIs) {
    const auto client = container();
    const Device unplugged = devices.at(keyboard);
    devices.erase(keyboard);
    follows("vlc", *client, {keyboard, last});
    EXPECT_EQ(renewed.front(), "remove " + keyboard) << "it went while its record was being shown";
    udevd_says(write_message("add", unplugged));
    ASSERT_TRUE(hears_the_last(*client));
    EXPECT_EQ(client->heard.front(), "add /devices/keyboard input -");
}

TEST_F(ClientRelayTest, TheHostsMeaningIsTakenOutOfAMessage) {
    const auto client = container();
    Device theirs = devices.at(keyboard);
    theirs.properties.emplace_back("ID_SEAT", "seat1");
    follows("vlc", *client, {keyboard, last});
    udevd_says(write_message("change", theirs));
    ASSERT_TRUE(hears_the_last(*client));
    EXPECT_EQ(client->heard.front(), "change /devices/keyboard input -") << "in there it is seat0's";
}

TEST_F(ClientRelayTest, TheCopyOfARecordIsKeptBeforeTheClientHears) {
    const auto client = container();
    follows("vlc", *client, {keyboard, last});
    EXPECT_THAT(renewed, ElementsAre("keep " + keyboard, "keep " + last)) << "it may have changed since it was shown";
    renewed.clear();
    udevd_tells("change", keyboard);
    udevd_tells("remove", keyboard);
    ASSERT_TRUE(run_until(io, [&] { return client->heard.size() == 2; }));
    EXPECT_THAT(renewed, ElementsAre("keep " + keyboard, "remove " + keyboard));
    tells("vlc", {keyboard});
    EXPECT_EQ(renewed.back(), "remove " + last) << "what berthd took away and an event brought back goes";
}

TEST_F(ClientRelayTest, AClientWithUsersOfItsOwnHearsAsWell) {
    const auto client = container(Network::own_with_users);
    follows("vlc", *client, {last});
    tells("vlc", {keyboard, last});
    ASSERT_TRUE(hears_the_last(*client));
    EXPECT_EQ(client->heard.front(), "add /devices/keyboard input -");
}

TEST_F(ClientRelayTest, AClientInTheHostsNetworkIsSentNothingSinceItHearsUdevd) {
    const auto client = container(Network::ours);
    follows("vlc", *client, {keyboard});
    tells("vlc", {keyboard, last});
    udevd_tells("change", keyboard);
    ASSERT_TRUE(hears_the_last(*client));
    EXPECT_THAT(client->heard, ElementsAre("change /devices/keyboard input -", "change /last input -")) << "once";
    EXPECT_THAT(renewed, Contains("keep " + keyboard)) << "its copies are kept all the same";
}

TEST_F(ClientRelayTest, AClientThatIsForgottenHearsNothing) {
    const auto client = container();
    const auto other = container();
    follows("vlc", *client, {keyboard, last});
    follows("game", *other, {keyboard, last});
    relay.obey({Kind::forget, "vlc", {}}, UniqueFd{}, UniqueFd{});
    tells("vlc", {mouse});
    udevd_tells("change", keyboard);
    ASSERT_TRUE(hears_the_last(*other));
    EXPECT_THAT(client->heard, IsEmpty());
    EXPECT_THAT(other->heard, Contains("change /devices/keyboard input -"));
}

TEST_F(ClientRelayTest, AnotherClientOfThatNameIsFollowedInItsPlace) {
    const auto first = container();
    const auto second = container();
    follows("vlc", *first, {keyboard, last});
    follows("vlc", *second, {last});
    udevd_tells("change", keyboard);
    ASSERT_TRUE(hears_the_last(*second));
    EXPECT_THAT(first->heard, IsEmpty());
    EXPECT_THAT(second->heard, ElementsAre("change /last input -"));
}

TEST_F(ClientRelayTest, AClientThatHasGoneIsNoFailureAndSaidOnce) {
    const auto client = container();
    const UniqueFd process = client->process();
    client->end();
    ::testing::internal::CaptureStderr();
    relay.obey({Kind::follow, "vlc", {keyboard}}, process, UniqueFd{});
    tells("vlc", {mouse});
    EXPECT_THAT(::testing::internal::GetCapturedStderr(),
                ::testing::HasSubstr("the client will not hear of its devices: the container's process has gone"));
}

TEST_F(ClientRelayTest, WhenEventsWereLostAllThatIsHeldIsLookedAtAgain) {
    const auto client = container();
    const Device back = devices.at(mouse);
    devices.erase(mouse);
    follows("vlc", *client, {keyboard, mouse, last});
    renewed.clear();
    devices[mouse] = back;   // plugged, and
    devices.erase(keyboard); // unplugged, while nobody could hear it
    auto disk = made_node("block", "/devices/disk", "8", "0");
    disk.properties.emplace_back("PADDING", std::string(udev_events::longest_message - 1024, 'x'));
    const std::string long_one = write_message("add", disk);
    for (int i = 0; i < 1000; ++i) { // more than the socket's buffer takes
        udevd_says(long_one);
    }
    ::testing::internal::CaptureStderr();
    const bool all = run_until(io, [&] { return client->heard.size() >= 3; });
    EXPECT_THAT(::testing::internal::GetCapturedStderr(), ::testing::HasSubstr("some are lost"));
    ASSERT_TRUE(all);
    EXPECT_THAT(client->heard,
                ElementsAre("remove /devices/keyboard input -", "add /devices/mouse input -", "add /last input -"));
    EXPECT_THAT(renewed, ElementsAre("remove " + keyboard, "keep " + mouse, "keep " + last));
}

} // namespace
} // namespace berth::udev_relay
