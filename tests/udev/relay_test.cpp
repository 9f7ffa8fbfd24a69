#include "bus/waiting.hpp"
#include "udev/host_udevd.hpp"
#include "udev/made_messages.hpp"
#include "udev/network_listener.hpp"
#include "udev_relay/relay.hpp"

#include <gmock/gmock.h>

#include <optional>

namespace berth::udev_relay {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::run_until;
using udev_events::made_device;
using udev_events::made_message;
using Network = NetworkListener::Network;

/// The relay in the host's place, and the test as the host's udevd.
class RelayTest : public NetworkTest {
  protected:
    void start(const std::string& seat = "seat0") {
        relay.emplace(io, seat,
                      Relay::Settings{.withhold_cards = withhold_cards,
                                      .devices = [this] { return devices; },
                                      .is_there = [this](std::string_view path) { return there == path; },
                                      .quiet = std::chrono::milliseconds{10}});
        container = std::make_unique<NetworkListener>(io, Network::own);
        ASSERT_TRUE(container->is_ready());
        relay->attach(container->connect().get());
        ASSERT_TRUE(relay->is_relaying());
    }

    /// Everything that was said before this has been dealt with when it is heard.
    bool hears_the_last() {
        udevd_says(made_message("add", "input", "/the/last", relay_seat));
        return run_until(
            io, [&] { return !container->heard.empty() && container->heard.back().starts_with("add /the/last"); });
    }

    std::string relay_seat{"seat0"};
    bool withhold_cards{false};
    std::string there; ///< the path of a device that sysfs and udev's database have
    std::vector<udev_events::Device> devices;
    std::optional<Relay> relay;
    std::unique_ptr<NetworkListener> container;
};

TEST_F(RelayTest, WithoutTheRelayNothingIsHeardInTheOtherNetwork) {
    NetworkListener alone{io, Network::own};
    NetworkListener here{io, Network::ours};
    ASSERT_TRUE(alone.is_ready() && here.is_ready());
    udevd_says(made_message("add", "input"));
    ASSERT_TRUE(run_until(io, [&] { return !here.heard.empty(); })) << "the test's udevd is heard where it speaks";
    EXPECT_THAT(alone.heard, IsEmpty());
}

TEST_F(RelayTest, WhatUdevdSaysOfTheSeatIsHeardInTheOtherNetworkInItsOrder) {
    start();
    udevd_says(made_message("add", "input", "/devices/keyboard/event5"));
    udevd_says(made_message("change", "drm", "/devices/gpu/card0", "seat0"));
    udevd_says(made_message("change", "power_supply", "/devices/battery"));
    udevd_says(made_message("remove", "input", "/devices/keyboard/event5"));
    ASSERT_TRUE(run_until(io, [&] { return container->heard.size() >= 4; }));
    EXPECT_THAT(container->heard,
                ElementsAre("add /devices/keyboard/event5 input -", "change /devices/gpu/card0 drm seat0",
                            "change /devices/battery power_supply -", "remove /devices/keyboard/event5 input -"));
    EXPECT_EQ(relay->sent(), 4U);
}

TEST_F(RelayTest, AnotherSeatsDevicesAndThoseOfNoUseAreWithheld) {
    start();
    udevd_says(made_message("add", "input", "/devices/theirs", "seat1"));
    udevd_says(made_message("add", "drm", "/devices/their/card1", "seat1"));
    udevd_says(made_message("add", "block", "/devices/disk"));
    ASSERT_TRUE(hears_the_last());
    EXPECT_THAT(container->heard, ElementsAre("add /the/last input seat0"));
    EXPECT_EQ(relay->sent(), 1U) << "a filter of the listener's would hide what was sent";
}

TEST_F(RelayTest, ASecondSeatHearsOfItsOwnDevicesAndOfTheBattery) {
    relay_seat = "seat1";
    start("seat1");
    udevd_says(made_message("add", "input", "/devices/of/seat0"));
    udevd_says(made_message("add", "input", "/devices/own", "seat1"));
    udevd_says(made_message("change", "power_supply", "/devices/battery"));
    ASSERT_TRUE(hears_the_last());
    EXPECT_THAT(container->heard, ElementsAre("add /devices/own input seat1", "change /devices/battery power_supply -",
                                              "add /the/last input seat1"));
}

TEST_F(RelayTest, WhatDoesNotComeFromRootInUdevsGroupIsNotBelieved) {
    start();
    udevd_says(made_message("add", "input", "/by/nobody"), udev_group, 0, 65534);
    udevd_says(made_message("add", "input", "/to/the/kernels/group"), 1);
    // Its socket has this process's number, as the first that was bound (netlink(7)).
    udevd_says(made_message("add", "input", "/to/the/socket/alone"), 0, static_cast<std::uint32_t>(::getpid()));
    udevd_says("no message of udev's");
    udevd_says("");
    ASSERT_TRUE(hears_the_last());
    EXPECT_THAT(container->heard, ElementsAre("add /the/last input seat0"));
    EXPECT_EQ(relay->sent(), 1U);
}

TEST_F(RelayTest, WhoSaysInUdevsNameThatADeviceIsGoneWhichIsThereIsNotBelieved) {
    there = "/devices/keyboard/event5";
    start();
    udevd_says(made_message("remove", "input", there)); // root in a container that has the host's network, say
    udevd_says(made_message("change", "input", there));
    udevd_says(made_message("remove", "input", "/devices/keyboard/event6"));
    ASSERT_TRUE(hears_the_last());
    EXPECT_THAT(container->heard, ElementsAre("change /devices/keyboard/event5 input -",
                                              "remove /devices/keyboard/event6 input -", "add /the/last input seat0"));
}

TEST_F(RelayTest, AMessageThatIsTooLongIsLeftOutAndTheNextIsRelayed) {
    start();
    auto device = made_device("input", "/devices/talkative");
    device.properties.emplace_back("PADDING", std::string(udev_events::longest_message, 'x'));
    udevd_says(write_message("add", device));
    ASSERT_TRUE(hears_the_last());
    EXPECT_THAT(container->heard, ElementsAre("add /the/last input seat0"));
}

TEST_F(RelayTest, InTheHostsOwnNetworkNothingIsRelayed) {
    relay.emplace(io, "seat0");
    const NetworkListener program{io, Network::ours};
    ASSERT_TRUE(program.is_ready());
    relay->attach(program.connect().get());
    EXPECT_FALSE(relay->is_relaying());
    relay->detach();
}

TEST_F(RelayTest, AContainerThatHasGoneIsNoFailureAndTheNextOneIsToldAgain) {
    start();
    ASSERT_TRUE(hears_the_last());
    container->end();
    udevd_says(made_message("add", "input"));
    ASSERT_TRUE(run_until(io, [&] { return relay->sent() == 2; })) << "into a network where nobody is left";
    relay->detach();
    EXPECT_FALSE(relay->is_relaying());
    udevd_says(made_message("add", "input", "/while/nobody/was/there"));
    start();
    ASSERT_TRUE(hears_the_last());
    EXPECT_THAT(container->heard, ElementsAre("add /the/last input seat0"));
}

TEST_F(RelayTest, NothingIsReadAfterTheContainerHasGoneThoughEventsAreThere) {
    start();
    int ends[2] = {-1, -1};
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    boost::asio::posix::stream_descriptor first{io, ends[0]};
    first.async_wait(boost::asio::posix::descriptor_base::wait_read,
                     [this](const boost::system::error_code&) { relay->detach(); });
    const UniqueFd write_end{ends[1]};
    ASSERT_EQ(::write(write_end.get(), "x", 1), 1);
    udevd_says(made_message("add", "input")); // both are ready in the same turn, the pipe first
    ASSERT_TRUE(run_until(io, [&] { return !relay->is_relaying(); }));
    io.poll();
    EXPECT_EQ(relay->sent(), 0U);
}

TEST_F(RelayTest, AListenerThatWentBeforeItWasLookedAtIsTold) {
    relay.emplace(io, "seat0");
    NetworkListener gone{io, Network::own};
    ASSERT_TRUE(gone.is_ready());
    const UniqueFd connected = gone.connect();
    gone.end();
    ::testing::internal::CaptureStderr();
    relay->attach(connected.get());
    relay->attach(connected.get());
    const std::string told = ::testing::internal::GetCapturedStderr();
    EXPECT_FALSE(relay->is_relaying());
    const std::string sentence = "the desktop will not hear of devices that are plugged";
    EXPECT_NE(told.find(sentence), std::string::npos) << told;
    EXPECT_EQ(told.find(sentence), told.rfind(sentence)) << "once";
}

TEST_F(RelayTest, WhenEventsWereLostItSaysSoAndTellsOfEveryDeviceOfTheSeatAgain) {
    start();
    auto keyboard = made_device("input", "/devices/keyboard/event5", "seat0");
    auto card = made_device("drm", "/devices/gpu/card0");
    devices = {keyboard, card, made_device("power_supply", "/devices/battery")};
    // More than its socket's buffer takes while it does not read: each message counts for its memory, and a bit.
    auto disk = made_device("block", "/devices/disk");
    disk.properties.emplace_back("PADDING", std::string(udev_events::longest_message - 1024, 'x'));
    const std::string long_one = write_message("add", disk);
    for (int i = 0; i < 1000; ++i) {
        udevd_says(long_one);
    }
    ::testing::internal::CaptureStderr();
    const bool all = run_until(io, [&] { return container->heard.size() >= 3; });
    EXPECT_NE(::testing::internal::GetCapturedStderr().find("some are lost"), std::string::npos);
    ASSERT_TRUE(all);
    EXPECT_THAT(container->heard,
                ElementsAre("add /devices/keyboard/event5 input seat0", "change /devices/gpu/card0 drm -",
                            "change /devices/battery power_supply -"));
    EXPECT_TRUE(hears_the_last()) << "and it goes on";
}

TEST_F(RelayTest, ACardThatComesLaterIsWithheldWithItsOutputsAndNothingElseIs) {
    withhold_cards = true;
    devices = {made_device("drm", "/devices/a/drm/card0"), made_device("drm", "/devices/a/drm/card0/card0-DP-1"),
               made_device("input", "/devices/drm/card7/event1")};
    start();
    udevd_says(made_message("add", "drm", "/devices/b/drm/card1"));
    udevd_says(made_message("change", "drm", "/devices/b/drm/card1/card1-DP-1"));
    udevd_says(made_message("remove", "drm", "/devices/b/drm/card1"));
    udevd_says(made_message("add", "drm", "/devices/c/drm/card10"));
    udevd_says(made_message("add", "drm", "/devices/b/drm/renderD129"));
    udevd_says(made_message("add", "input", "/devices/drm/card1/event5"));
    udevd_says(made_message("change", "drm", "/devices/a/drm/card0"));
    udevd_says(made_message("remove", "drm", "/devices/a/drm/card0/card0-DP-1"));
    ASSERT_TRUE(hears_the_last());
    EXPECT_THAT(container->heard,
                ElementsAre("add /devices/b/drm/renderD129 drm -", "add /devices/drm/card1/event5 input -",
                            "change /devices/a/drm/card0 drm -", "remove /devices/a/drm/card0/card0-DP-1 drm -",
                            ::testing::StartsWith("add /the/last")));
}

} // namespace
} // namespace berth::udev_relay
