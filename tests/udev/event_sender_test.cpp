#include "bus/waiting.hpp"
#include "udev/made_messages.hpp"
#include "udev/network_listener.hpp"
#include "udev_relay/event_sender.hpp"

#include <climits>
#include <gmock/gmock.h>

namespace berth::udev_relay {
namespace {

using ::testing::ElementsAre;
using testing::run_until;
using udev_events::made_message;
using Network = NetworkListener::Network;

std::string own_network() {
    std::array<char, PATH_MAX> name{};
    const ssize_t size = ::readlink("/proc/self/ns/net", name.data(), name.size());
    return size > 0 ? std::string{name.data(), static_cast<std::size_t>(size)} : std::string{};
}

class EventSenderTest : public NetworkTest {
  protected:
    template <typename Sender>
    void expect_heard(const NetworkListener& container, const Sender& sender) {
        ASSERT_TRUE(sender) << sender.error().message;
        ASSERT_TRUE(*sender);
        EXPECT_TRUE((*sender)->send(made_message("add", "input", "/devices/a/event5")));
        ASSERT_TRUE(run_until(io, [&] { return !container.heard.empty(); }));
        EXPECT_THAT(container.heard, ElementsAre("add /devices/a/event5 input -"));
    }
};

TEST_F(EventSenderTest, WhatItSendsIsHeardByLibudevInTheOtherNetwork) {
    NetworkListener container{io, Network::own};
    ASSERT_TRUE(container.is_ready());
    const auto sender = EventSender::to_peer_of(container.connect().get());
    ASSERT_TRUE(sender) << sender.error().message;
    ASSERT_TRUE(*sender);
    EXPECT_TRUE((*sender)->send(made_message("add", "input", "/devices/a/event5", "seat0")));
    ASSERT_TRUE(run_until(io, [&] { return !container.heard.empty(); }));
    EXPECT_THAT(container.heard, ElementsAre("add /devices/a/event5 input seat0"));
}

TEST_F(EventSenderTest, AProcessIsAsGoodAsASocketToIt) {
    NetworkListener container{io, Network::own};
    ASSERT_TRUE(container.is_ready());
    expect_heard(container, EventSender::to_network_of(container.process().get()));
}

TEST_F(EventSenderTest, AContainerWithAUserNamespaceOfItsOwnHearsItFromItsOwnRoot) {
    NetworkListener container{io, Network::own_with_users};
    ASSERT_TRUE(container.is_ready());
    expect_heard(container, EventSender::to_network_of(container.process().get()));
}

TEST_F(EventSenderTest, AProcessThatHasGoneIsAnError) {
    NetworkListener container{io, Network::own};
    ASSERT_TRUE(container.is_ready());
    const UniqueFd process = container.process();
    container.end();
    const auto sender = EventSender::to_network_of(process.get());
    ASSERT_FALSE(sender);
    EXPECT_EQ(sender.error().message, "the container's process has gone");
    EXPECT_FALSE(EventSender::to_network_of(-1));
}

TEST_F(EventSenderTest, AfterwardsThisProcessIsInItsOwnNetwork) {
    const std::string before = own_network();
    NetworkListener container{io, Network::own};
    ASSERT_TRUE(container.is_ready());
    ASSERT_TRUE(EventSender::to_peer_of(container.connect().get()));
    EXPECT_EQ(own_network(), before);
}

TEST_F(EventSenderTest, AMessageThatItWroteItselfPassesAFilterByTag) {
    NetworkListener container{io, Network::own, "power-switch"};
    ASSERT_TRUE(container.is_ready());
    const auto sender = EventSender::to_peer_of(container.connect().get());
    ASSERT_TRUE(sender && *sender);
    auto device = udev_events::made_device("input", "/devices/untagged");
    device.tags = {"seat"};
    EXPECT_TRUE((*sender)->send(write_message("add", device)));
    device = udev_events::made_device("input", "/devices/tagged");
    device.tags = {"seat", "power-switch"};
    device.properties.emplace_back("TAGS", ":seat:power-switch:");
    EXPECT_TRUE((*sender)->send(write_message("add", device)));
    ASSERT_TRUE(run_until(io, [&] { return !container.heard.empty(); }));
    EXPECT_THAT(container.heard, ElementsAre("add /devices/tagged input -"));
}

TEST_F(EventSenderTest, InTheOwnNetworkThereIsNothingToSend) {
    NetworkListener program{io, Network::ours};
    ASSERT_TRUE(program.is_ready());
    const auto sender = EventSender::to_peer_of(program.connect().get());
    ASSERT_TRUE(sender) << sender.error().message;
    EXPECT_FALSE(*sender);
}

TEST_F(EventSenderTest, AListenerThatHasGoneIsAnError) {
    NetworkListener container{io, Network::own};
    ASSERT_TRUE(container.is_ready());
    const UniqueFd connected = container.connect();
    const std::string before = own_network();
    container.end();
    EXPECT_FALSE(EventSender::to_peer_of(connected.get()));
    EXPECT_EQ(own_network(), before);
}

TEST_F(EventSenderTest, ASocketOfNobodyIsAnError) {
    const UniqueFd unconnected{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    EXPECT_FALSE(EventSender::to_peer_of(unconnected.get()));
    EXPECT_FALSE(EventSender::to_peer_of(-1));
}

TEST_F(EventSenderTest, ThatNobodyListensIsNoError) {
    NetworkListener container{io, Network::own};
    ASSERT_TRUE(container.is_ready());
    const auto sender = EventSender::to_peer_of(container.connect().get());
    ASSERT_TRUE(sender && *sender);
    container.end(); // the network lives on with the sender
    EXPECT_TRUE((*sender)->send(made_message("add", "input")));
}

} // namespace
} // namespace berth::udev_relay
