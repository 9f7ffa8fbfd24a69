// Which records of udev's database go with which node.

#include "grants/a_seat.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::grants {
namespace {

using test::a_full_seat;
using test::a_grant;
using test::told;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// A seat of which udev knows every device.
Surroundings a_known_seat() {
    Surroundings from = a_full_seat();
    const auto know = [&from](const std::string& node, const std::string& device) {
        from.shares.nodes[node].device = device;
        from.shares.nodes[node].record = "E:OF=" + node + "\n";
    };
    know("/dev/dri/card0", "c226:0");
    know("/dev/dri/renderD128", "c226:128");
    know("/dev/input/event0", "c13:64");
    know("/dev/snd/controlC0", "c116:2");
    know("/dev/video0", "c81:0");
    know("/dev/bus/usb/001/004", "c189:3");
    know("/dev/bus/usb/002/001", "c189:128");
    know("/dev/kvm", "c10:232");
    know("/dev/net/tun", "c10:200");
    return from;
}

struct Row {
    const char* grant;
    std::vector<std::string> records;
};

TEST(GrantRecords, EachNodeComesWithItsOwnRecordAndWithNoOthers) {
    const Surroundings from = a_known_seat();
    for (const Row& row : {Row{"gpu", {"text udev/data/c226:128 <-  + E:OF=/dev/dri/renderD128\n"}},
                           Row{"input", {"text udev/data/c13:64 <-  + E:OF=/dev/input/event0\n"}},
                           Row{"sound:alsa", {"text udev/data/c116:2 <-  + E:OF=/dev/snd/controlC0\n"}},
                           Row{"camera", {"text udev/data/c81:0 <-  + E:OF=/dev/video0\n"}},
                           Row{"usb:046d:c52b",
                               {"text udev/data/c189:3 <-  + E:OF=/dev/bus/usb/001/004\n",
                                "text udev/data/c189:128 <-  + E:OF=/dev/bus/usb/002/001\n"}},
                           Row{"kvm", {"text udev/data/c10:232 <-  + E:OF=/dev/kvm\n"}},
                           Row{"tun", {"text udev/data/c10:200 <-  + E:OF=/dev/net/tun\n"}}, Row{"sound", {}},
                           Row{"display", {}}, Row{"shm", {}}, Row{"host", {}}}) {
        const auto offered = offer(a_grant(row.grant), from);
        ASSERT_TRUE(offered) << offered.error().message;
        auto lines = told(offered->items);
        std::erase_if(lines, [](const std::string& line) { return line.find("udev/") == std::string::npos; });
        EXPECT_EQ(lines, row.records) << row.grant;
    }
}

TEST(GrantRecords, WhereUdevHasNoneTheNodeIsGivenAlone) {
    for (const char* grant : {"gpu", "input", "camera", "kvm", "usb:046d:c52b"}) {
        const auto offered = offer(a_grant(grant), a_full_seat());
        ASSERT_TRUE(offered) << offered.error().message;
        EXPECT_THAT(told(offered->items), Not(Contains(HasSubstr("udev")))) << grant;
    }
}

TEST(GrantRecords, TheListOfCamerasIsOfNodes) {
    const auto offered = offer(a_grant("camera"), a_known_seat());
    ASSERT_TRUE(offered);
    EXPECT_EQ(offered->environment.at("BERTH_CAMERAS"), "/run/berth/camera/video0:/run/berth/camera/video1");
}

TEST(GrantRecords, TheyAreSeenWhereLibudevLooks) {
    EXPECT_THAT(bindings(), Contains(Binding{"udev", "/run/udev"}));
    EXPECT_EQ(std::string{udev_records}, "udev/data");
    EXPECT_EQ(std::string{udev_control}, "udev/control");
}

TEST(GrantRecords, WhatTwoGrantsShareIsShownOnce) {
    Surroundings from = a_known_seat();
    from.shares.usb["1d6b:0002"] = {"/dev/bus/usb/001/004"};
    const auto all = offer_all({a_grant("usb:046d:c52b"), a_grant("usb:1d6b:0002")}, from);
    ASSERT_TRUE(all);
    const auto lines = told(all->items);
    EXPECT_EQ(std::count(lines.begin(), lines.end(), "text udev/data/c189:3 <-  + E:OF=/dev/bus/usb/001/004\n"), 1);
    EXPECT_THAT(all->nodes, ElementsAre("/dev/bus/usb/001/004", "/dev/bus/usb/002/001"));
}

} // namespace
} // namespace berth::grants
