#include "udev_events/audience.hpp"

#include <gmock/gmock.h>

namespace berth::udev_events {
namespace {

using ::testing::Contains;
using ::testing::Not;

Summary event(std::string_view subsystem, std::string_view seat = {}) {
    return Summary{.action = "add", .devpath = "/devices/a", .subsystem = subsystem, .seat = seat};
}

TEST(Audience, WhatUdevSaysNoSeatOfIsSeat0s) {
    for (const char* subsystem :
         {"drm", "input", "sound", "backlight", "leds", "video4linux", "media", "usb", "usbmisc"}) {
        EXPECT_TRUE(concerns(event(subsystem), "seat0")) << subsystem;
        EXPECT_FALSE(concerns(event(subsystem), "seat1")) << subsystem;
    }
}

TEST(Audience, ASeatThatIsNamedIsTheOnlyOne) {
    for (const std::string& subsystem : subsystems()) {
        EXPECT_TRUE(concerns(event(subsystem, "seat1"), "seat1")) << subsystem;
        EXPECT_FALSE(concerns(event(subsystem, "seat1"), "seat0")) << subsystem;
        EXPECT_FALSE(concerns(event(subsystem, "seat1"), "seat10")) << subsystem;
        EXPECT_TRUE(concerns(event(subsystem, "seat0"), "seat0")) << subsystem;
    }
}

TEST(Audience, ABatteryFeedsEverySeat) {
    EXPECT_TRUE(concerns(event("power_supply"), "seat0"));
    EXPECT_TRUE(concerns(event("power_supply"), "seat1"));
    EXPECT_FALSE(concerns(event("power_supply", "seat1"), "seat0")) << "a mouse's, and the mouse is seat1's";
}

TEST(Audience, WhatTheDesktopHasNoUseForIsWithheld) {
    for (const char* subsystem :
         {"block", "net", "tty", "hidraw", "rfkill", "pci", "module", "bdi", "queues", "inpu", "inputs", ""}) {
        EXPECT_FALSE(concerns(event(subsystem), "seat0")) << subsystem;
        EXPECT_FALSE(concerns(event(subsystem, "seat0"), "seat0")) << subsystem;
    }
}

TEST(Audience, TheActionAndThePathDoNotMatter) {
    for (const char* action : {"add", "change", "remove", "move", "bind", "unbind", "online"}) {
        EXPECT_TRUE(concerns({action, "/anything", "input", ""}, "seat0")) << action;
    }
}

TEST(Audience, EveryListedSubsystemIsSomebodys) {
    for (const std::string& subsystem : subsystems()) {
        EXPECT_TRUE(concerns(event(subsystem), "seat0")) << subsystem;
    }
    EXPECT_THAT(subsystems(), Contains("input"));
    EXPECT_THAT(subsystems(), Not(Contains("block")));
}

} // namespace
} // namespace berth::udev_events
