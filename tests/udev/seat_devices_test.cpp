#include "udev_relay/seat_devices.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <umockdev.h>

namespace berth::udev_relay {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using udev_events::Device;

/// A sysfs and a udev database of the test's own (umockdev), seen by this process alone.
class SeatDevicesTest : public ::testing::Test {
  protected:
    void SetUp() override {
        const char* preloaded = std::getenv("LD_PRELOAD"); // NOLINT(concurrency-mt-unsafe): one thread
        if (preloaded == nullptr || std::string{preloaded}.find("umockdev") == std::string::npos) {
            GTEST_SKIP() << "runs only under umockdev-wrapper";
        }
        testbed = umockdev_testbed_new();
    }

    void TearDown() override { g_clear_object(&testbed); }

    void add(const char* subsystem, const char* name, const char* seat = "") {
        const char* const of_seat = *seat == '\0' ? nullptr : "ID_SEAT"; // the first null ends the list
        g_free(umockdev_testbed_add_device(testbed, subsystem, name, nullptr, nullptr, "DEVNAME", name, of_seat, seat,
                                           nullptr));
    }

    static std::vector<std::string> names(const std::vector<Device>& devices) {
        std::vector<std::string> result;
        for (const Device& device : devices) {
            for (const auto& [key, value] : device.properties) {
                if (key == "DEVPATH") {
                    result.push_back(value.substr(value.rfind('/') + 1));
                }
            }
        }
        return result;
    }

    UMockdevTestbed* testbed{nullptr};
};

TEST_F(SeatDevicesTest, OnAHostWithoutDevicesThereAreNone) {
    EXPECT_THAT(devices_of("seat0"), IsEmpty());
}

TEST_F(SeatDevicesTest, ASeatsDevicesAreItsOwnAndTheBattery) {
    add("input", "event0");
    add("input", "event1", "seat1");
    add("drm", "card0", "seat0");
    add("power_supply", "BAT0");
    add("block", "sda");
    EXPECT_THAT(names(devices_of("seat0")), UnorderedElementsAre("event0", "card0", "BAT0"));
    EXPECT_THAT(names(devices_of("seat1")), UnorderedElementsAre("event1", "BAT0"));
}

TEST_F(SeatDevicesTest, WhatSysfsHasNotIsNotThere) {
    EXPECT_FALSE(is_there("/devices/event7"));
    EXPECT_FALSE(is_there(""));
    EXPECT_FALSE(is_there("/../etc"));
}

TEST_F(SeatDevicesTest, ADeviceComesWithAllThatUdevKnowsOfIt) {
    add("input", "event7", "seat1");
    const auto devices = devices_of("seat1");
    ASSERT_THAT(names(devices), ElementsAre("event7"));
    EXPECT_THAT(devices.front().properties, Contains(Pair("SUBSYSTEM", "input")));
    EXPECT_THAT(devices.front().properties, Contains(Pair("ID_SEAT", "seat1")));
    EXPECT_THAT(devices.front().properties, Contains(Pair("DEVNAME", "/dev/event7")));
}

} // namespace
} // namespace berth::udev_relay
