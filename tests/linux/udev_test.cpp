#include "linux/udev_devices.hpp"
#include "support/io_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <umockdev.h>

namespace berth::os {
namespace {

using model::SeatName;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const SeatName seat0{"seat0"};
const SeatName seat1{"seat1"};

/// A sysfs, a udev database and udev events of the test's own (umockdev), seen by this process alone.
class UdevDevicesTest : public test::IoTest {
  protected:
    void SetUp() override {
        const char* preloaded = std::getenv("LD_PRELOAD"); // NOLINT(concurrency-mt-unsafe): one thread
        if (preloaded == nullptr || std::string{preloaded}.find("umockdev") == std::string::npos) {
            GTEST_SKIP() << "runs only under umockdev-wrapper";
        }
        testbed = umockdev_testbed_new();
    }

    void TearDown() override {
        devices.reset();
        g_clear_object(&testbed);
    }

    /// Adds a device with a node; `seat` empty: udev says nothing of a seat. Returns its path in sysfs.
    std::string add(const char* subsystem, const char* name, const char* node, const char* seat = "",
                    const std::string& parent = {}) {
        const char* const above = parent.empty() ? nullptr : parent.c_str();
        const char* const of_node = *node == '\0' ? nullptr : "DEVNAME"; // the first null ends the list
        const char* const of_seat = *seat == '\0' ? nullptr : "ID_SEAT";
        gchar* path = umockdev_testbed_add_device(testbed, subsystem, name, above, nullptr, of_node, node, of_seat,
                                                  seat, nullptr);
        const std::string result{path};
        g_free(path);
        return result;
    }

    void begin(UdevDevices::Settle settle = {milliseconds{20}, milliseconds{200}}) {
        devices = std::make_unique<UdevDevices>(
            io, std::vector{seat0, seat1},
            [this](const SeatName& seat, std::vector<std::string> nodes) {
                ++calls;
                told[seat] = std::move(nodes);
            },
            settle);
        const auto started = devices->start();
        ASSERT_TRUE(started.has_value()) << started.error().message;
        EXPECT_EQ(calls, 0) << "called from inside the call";
        ASSERT_TRUE(run_until([&] { return devices->scans() == 1; }));
    }

    UMockdevTestbed* testbed{nullptr};
    std::unique_ptr<UdevDevices> devices;
    std::map<SeatName, std::vector<std::string>> told;
    int calls{0};
};

TEST_F(UdevDevicesTest, EachSeatHasItsNodesSortedAndSeat0HasThoseOfNobody) {
    add("input", "event3", "/dev/input/event3");
    add("drm", "card0", "/dev/dri/card0", "seat0");
    add("sound", "controlC0", "/dev/snd/controlC0");
    add("drm", "card1", "/dev/dri/card1", "seat1");
    add("input", "event9", "/dev/input/event9", "seat7");
    begin();
    EXPECT_THAT(told[seat0], ElementsAre("/dev/dri/card0", "/dev/input/event3", "/dev/snd/controlC0"));
    EXPECT_THAT(told[seat1], ElementsAre("/dev/dri/card1"));
    EXPECT_EQ(calls, 2);
}

TEST_F(UdevDevicesTest, ARenderNodeIsOfTheSeatOfItsGpusCard) {
    const std::string first = add("pci", "0000:00:01.0", "");
    const std::string second = add("pci", "0000:00:02.0", "");
    add("drm", "card0", "/dev/dri/card0", "", first);
    add("drm", "renderD128", "/dev/dri/renderD128", "", first);
    add("drm", "card1", "/dev/dri/card1", "seat1", second);
    add("drm", "renderD129", "/dev/dri/renderD129", "", second);
    add("drm", "renderD130", "/dev/dri/renderD130"); // of a GPU without a card
    begin();
    EXPECT_THAT(told[seat0], ElementsAre("/dev/dri/card0", "/dev/dri/renderD128", "/dev/dri/renderD130"));
    EXPECT_THAT(told[seat1], ElementsAre("/dev/dri/card1", "/dev/dri/renderD129"));
}

TEST_F(UdevDevicesTest, ASeatThatComesLaterIsToldOnceItIsFollowedAndAgainWhenItComesBack) {
    const SeatName seat7{"seat7"};
    add("input", "event9", "/dev/input/event9", "seat7");
    begin();
    EXPECT_FALSE(told.contains(seat7));
    for (int times = 1; times <= 2; ++times) {
        told.erase(seat7);
        devices->follow(seat7);
        devices->follow(seat7);
        EXPECT_FALSE(told.contains(seat7)) << "called from inside the call";
        ASSERT_TRUE(run_until([&] { return told.contains(seat7); }));
        EXPECT_THAT(told[seat7], ElementsAre("/dev/input/event9"));
        EXPECT_EQ(calls, 2 + times);
        EXPECT_EQ(devices->scans(), 1U + static_cast<unsigned>(times));
    }
}

TEST_F(UdevDevicesTest, WhatNoDesktopOpensIsLeftOut) {
    add("input", "mouse0", "/dev/input/mouse0");
    add("block", "sda", "/dev/sda");
    gchar* path = umockdev_testbed_add_device(testbed, "drm", "card0-HDMI-A-1", nullptr, nullptr, nullptr, nullptr);
    g_free(path); // a connector has no node
    begin();
    EXPECT_THAT(told[seat0], IsEmpty());
    EXPECT_EQ(calls, 2) << "an empty list is told, too";
}

TEST_F(UdevDevicesTest, APluggedDeviceIsToldAndItsRemovalToo) {
    begin();
    const std::string path = add("input", "event5", "/dev/input/event5"); // sends "add"
    ASSERT_TRUE(run_until([&] { return !told[seat0].empty(); }));
    EXPECT_THAT(told[seat0], ElementsAre("/dev/input/event5"));
    umockdev_testbed_uevent(testbed, path.c_str(), "remove");
    umockdev_testbed_remove_device(testbed, path.c_str());
    ASSERT_TRUE(run_until([&] { return told[seat0].empty(); }));
    EXPECT_EQ(calls, 4) << "seat1, whose list did not change, was told nothing";
}

TEST_F(UdevDevicesTest, AStormOfEventsIsOneLook) {
    begin({milliseconds{1'000}, milliseconds{60'000}, milliseconds{60'000}, milliseconds{1'000}});
    for (int i = 0; i < 200; ++i) {
        const std::string number = std::to_string(i);
        add("input", ("event" + number).c_str(), ("/dev/input/event" + number).c_str());
        run_ready(); // umockdev's socket holds few messages
    }
    ASSERT_TRUE(run_until([&] { return told[seat0].size() == 200; }, std::chrono::seconds{40}));
    EXPECT_EQ(devices->scans(), 2U);
    EXPECT_EQ(calls, 3);
}

TEST_F(UdevDevicesTest, AnEventThatComesAloneIsLookedAtSoon) {
    begin({milliseconds{60'000}, milliseconds{60'000}, milliseconds{60'000}, milliseconds{1}});
    add("input", "event5", "/dev/input/event5");
    EXPECT_TRUE(run_until([&] { return !told[seat0].empty(); }));
}

TEST_F(UdevDevicesTest, OnesThatComeInARowAreWaitedForTwiceTheirPause) {
    using Clock = std::chrono::steady_clock;
    const std::string path = add("input", "event0", "/dev/input/event0");
    begin({milliseconds{2'000}, milliseconds{60'000}, milliseconds{60'000}, milliseconds{1}});
    umockdev_testbed_uevent(testbed, path.c_str(), "change");
    ASSERT_TRUE(run_until([&] { return devices->scans() == 2; }));
    const auto first = Clock::now();
    ASSERT_FALSE(run_until([&] { return devices->scans() > 2; }, std::chrono::seconds{1})) << "a pause";
    const auto pause = Clock::now() - first;
    umockdev_testbed_uevent(testbed, path.c_str(), "change");
    const auto second = Clock::now();
    ASSERT_TRUE(run_until([&] { return devices->scans() == 3; }));
    EXPECT_GE(Clock::now() - second, pause) << "twice the pause, or what it is at most";
}

TEST_F(UdevDevicesTest, ACardThatGoesIsNotWaitedFor) {
    const milliseconds never{60'000};
    const std::string card = add("drm", "card0", "/dev/dri/card0");
    begin({never, never, never, never});
    umockdev_testbed_uevent(testbed, card.c_str(), "remove");
    umockdev_testbed_remove_device(testbed, card.c_str());
    EXPECT_TRUE(run_until([&] { return told[seat0].empty(); }));
    EXPECT_EQ(calls, 3);
}

TEST_F(UdevDevicesTest, AStormThatNeverEndsCannotPutTheLookOffForEver) {
    const std::string path = add("input", "event0", "/dev/input/event0");
    begin({milliseconds{50}, milliseconds{150}});
    const auto before = devices->scans();
    EXPECT_TRUE(run_until([&] {
        umockdev_testbed_uevent(testbed, path.c_str(), "change"); // never quiet for 50 ms
        run_ready();
        return devices->scans() > before;
    }));
}

TEST_F(UdevDevicesTest, AnEventThatChangesNothingTellsNothing) {
    const std::string path = add("drm", "card0", "/dev/dri/card0");
    begin();
    umockdev_testbed_uevent(testbed, path.c_str(), "change");
    ASSERT_TRUE(run_until([&] { return devices->scans() == 2; }));
    EXPECT_EQ(calls, 2);
}

TEST_F(UdevDevicesTest, ADeviceThatMovesToAnotherSeatIsToldToBoth) {
    const std::string path = add("input", "event1", "/dev/input/event1");
    begin();
    umockdev_testbed_set_property(testbed, path.c_str(), "ID_SEAT", "seat1");
    umockdev_testbed_uevent(testbed, path.c_str(), "change");
    ASSERT_TRUE(run_until([&] { return !told[seat1].empty(); }));
    EXPECT_THAT(told[seat0], IsEmpty());
    EXPECT_THAT(told[seat1], ElementsAre("/dev/input/event1"));
}

TEST_F(UdevDevicesTest, WhatChangedIsReadFirstAndAllOnceItIsQuiet) {
    const std::string silent = add("input", "event1", "/dev/input/event1");
    const std::string loud = add("input", "event2", "/dev/input/event2");
    begin({milliseconds{20}, milliseconds{200}, milliseconds{1'000}});
    umockdev_testbed_set_property(testbed, silent.c_str(), "ID_SEAT", "seat1");
    umockdev_testbed_set_property(testbed, loud.c_str(), "ID_SEAT", "seat1");
    umockdev_testbed_uevent(testbed, loud.c_str(), "change");
    ASSERT_TRUE(run_until([&] { return !told[seat1].empty(); }));
    EXPECT_THAT(told[seat1], ElementsAre("/dev/input/event2"));
    EXPECT_THAT(told[seat0], ElementsAre("/dev/input/event1")) << "nothing was said of it";
    ASSERT_TRUE(run_until([&] { return told[seat0].empty(); }));
    EXPECT_THAT(told[seat1], ElementsAre("/dev/input/event1", "/dev/input/event2"));
    EXPECT_EQ(devices->scans(), 3U);
}

TEST_F(UdevDevicesTest, AnotherChangePutsTheLookAtAllOff) {
    const std::string loud = add("input", "event2", "/dev/input/event2");
    begin({milliseconds{1}, milliseconds{1}, milliseconds{1'000}});
    const auto begun = std::chrono::steady_clock::now();
    for (unsigned changes = 1; std::chrono::steady_clock::now() - begun < milliseconds{1'500}; ++changes) {
        umockdev_testbed_uevent(testbed, loud.c_str(), "change");
        ASSERT_TRUE(run_until([&] { return devices->scans() == 1 + changes; }));
    }
    const auto looks = devices->scans();
    ASSERT_TRUE(run_until([&] { return devices->scans() == looks + 1; })) << "the look at all";
}

TEST_F(UdevDevicesTest, WhatIsBelowAChangedDeviceIsReadWithIt) {
    const std::string parent = add("input", "input7", "");
    begin({milliseconds{20}, milliseconds{200}, milliseconds{60'000}});
    const std::string node = add("input", "event7", "/dev/input/event7", "", parent);
    ASSERT_TRUE(run_until([&] { return !told[seat0].empty(); }));
    umockdev_testbed_set_property(testbed, node.c_str(), "ID_SEAT", "seat1");
    umockdev_testbed_uevent(testbed, parent.c_str(), "change");
    ASSERT_TRUE(run_until([&] { return !told[seat1].empty(); }));
    EXPECT_THAT(told[seat0], IsEmpty());
    umockdev_testbed_uevent(testbed, parent.c_str(), "remove");
    umockdev_testbed_remove_device(testbed, node.c_str());
    umockdev_testbed_remove_device(testbed, parent.c_str());
    ASSERT_TRUE(run_until([&] { return told[seat1].empty(); })) << "what goes takes what is below it along";
}

TEST_F(UdevDevicesTest, ADeviceThatIsMovedIsLookedForEverywhere) {
    const std::string old_place = add("input", "event1", "/dev/input/event1");
    const std::string mover = add("sound", "card1", "");
    begin({milliseconds{20}, milliseconds{200}, milliseconds{60'000}});
    umockdev_testbed_set_property(testbed, old_place.c_str(), "ID_SEAT", "seat1");
    umockdev_testbed_uevent(testbed, mover.c_str(), "move");
    ASSERT_TRUE(run_until([&] { return !told[seat1].empty(); }));
}

TEST_F(UdevDevicesTest, NothingIsToldAfterDestruction) {
    begin();
    add("input", "event5", "/dev/input/event5");
    devices.reset();
    run_ready();
    EXPECT_EQ(calls, 2);
}

} // namespace
} // namespace berth::os
