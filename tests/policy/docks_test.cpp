#include "policy/docks.hpp"
#include "support/script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace berth;
using namespace berth::model;
using berth::policy::docks_of;
using berth::test::Script;
using berth::test::seat0;
using berth::test::seat1;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Which of the host's devices are docks.
namespace {

const std::string port = "/devices/pci0/usb1/1-2";
const std::string fast_port = "/devices/pci0/usb2/2-2";

Device device(const std::string& path, DeviceKind kind, const std::string& node = {}) {
    return {.path = path, .kind = kind, .seat = seat0, .node = node};
}

Device hub(const std::string& path, const std::string& id) {
    return {.path = path, .kind = DeviceKind::hub, .seat = seat0, .id = id, .name = "Hub " + id};
}

/// A hub with a keyboard, a sound card, a network and a stick.
std::vector<Device> a_dock(const std::string& at = port, const std::string& id = "usb:1:2") {
    return {hub(at, id), device(at + "/1-2.1/input/input9/event9", DeviceKind::keyboard, "/dev/input/event9"),
            device(at + "/1-2.2/sound/card1/controlC1", DeviceKind::sound, "/dev/snd/controlC1"),
            device(at + "/1-2.3/net/eth1", DeviceKind::network),
            device(at + "/1-2.4/block/sda", DeviceKind::storage, "/dev/sda")};
}

std::vector<Device> with(std::vector<Device> devices, const std::vector<Device>& more) {
    devices.insert(devices.end(), more.begin(), more.end());
    return devices;
}

std::vector<std::string> ids_of(const std::vector<Dock>& docks) {
    std::vector<std::string> ids;
    for (const Dock& dock : docks) {
        ids.push_back(dock.id);
    }
    return ids;
}

/// The docks that the effects tell of: "+id" came, "-id" went.
std::vector<std::string> told(const Script& script) {
    std::vector<std::string> lines;
    for (const Effect& effect : script.effects()) {
        if (const auto* const dock = std::get_if<PublishDock>(&effect)) {
            lines.push_back(dock->seat.value + (dock->docked ? " +" : " -") + dock->dock.id);
        }
    }
    return lines;
}

} // namespace

TEST(Docks, AHubWithSoundOrANetworkIsOneAndSaysWhatIsBehindIt) {
    const std::vector<Dock> docks = docks_of(a_dock(), seat0);
    ASSERT_THAT(docks, SizeIs(1));
    EXPECT_EQ(docks[0].id, "usb:1:2");
    EXPECT_EQ(docks[0].name, "Hub usb:1:2");
    EXPECT_EQ(docks[0].path, port);
    EXPECT_THAT(docks[0].has,
                ElementsAre(DeviceKind::keyboard, DeviceKind::sound, DeviceKind::network, DeviceKind::storage));
    EXPECT_THAT(docks[0].nodes, ElementsAre("/dev/input/event9", "/dev/sda", "/dev/snd/controlC1"));
}

TEST(Docks, AHubWithKeyboardsAndSticksAloneIsAHub) {
    EXPECT_THAT(docks_of({hub(port, "usb:1:2"), device(port + "/1-2.1/x/event9", DeviceKind::keyboard),
                          device(port + "/1-2.2/block/sda", DeviceKind::storage)},
                         seat0),
                IsEmpty());
}

TEST(Docks, WhatStandsBesideAHubIsNotBehindIt) {
    const std::vector<Device> devices{hub(port, "usb:1:2"), device(port + "0/sound/card1/controlC1", DeviceKind::sound),
                                      device("/devices/pci0/net/eth0", DeviceKind::network)};
    EXPECT_THAT(docks_of(devices, seat0), IsEmpty()) << "1-20 is another port than 1-2";
}

TEST(Docks, AHubBehindAHubIsAPartOfTheDock) {
    const std::vector<Device> devices{hub(port, "usb:1:2"), hub(port + "/1-2.1", "usb:3:4"),
                                      device(port + "/1-2.1/1-2.1.1/net/eth1", DeviceKind::network)};
    EXPECT_THAT(ids_of(docks_of(devices, seat0)), ElementsAre("usb:1:2"));
}

TEST(Docks, TheTwoHubsOfOnePlugAreOneDock) {
    std::vector<Device> devices = a_dock();
    devices.push_back(hub(fast_port, "usb:1:3"));
    devices.push_back(device(fast_port + "/2-2.1/drm/card1", DeviceKind::gpu, "/dev/dri/card1"));
    EXPECT_THAT(ids_of(docks_of(devices, seat0)), ElementsAre("usb:1:2", "usb:1:3")) << "nothing ties them";
    for (const bool said_by_the_first : {true, false}) {
        std::vector<Device> tied = devices;
        (said_by_the_first ? tied[0].companion : tied[5].companion) = said_by_the_first ? fast_port : port;
        const std::vector<Dock> docks = docks_of(tied, seat0);
        ASSERT_THAT(ids_of(docks), ElementsAre("usb:1:2"));
        EXPECT_THAT(docks[0].has, ElementsAre(DeviceKind::keyboard, DeviceKind::sound, DeviceKind::network,
                                              DeviceKind::storage, DeviceKind::gpu));
        EXPECT_TRUE(belongs_to(fast_port + "/2-2.1/drm/card1", docks[0]));
        EXPECT_FALSE(belongs_to("/devices/pci0/usb2", docks[0]));
    }
}

TEST(Docks, WhatIsBuiltInIsNone) {
    std::vector<Device> devices = a_dock();
    devices[0].built_in = true;
    EXPECT_THAT(docks_of(devices, seat0), IsEmpty()) << "a laptop's own hub, with its own camera";
    devices.push_back(hub(port + "/1-2.5", "usb:5:6"));
    devices.push_back(device(port + "/1-2.5/1-2.5.1/net/eth2", DeviceKind::network));
    EXPECT_THAT(ids_of(docks_of(devices, seat0)), ElementsAre("usb:5:6")) << "one that is plugged into it";
}

TEST(Docks, AThunderboltDeviceAndABaseAreOnesByThemselves) {
    Device thunderbolt = hub("/devices/pci0/domain0/0-0/0-1", "thunderbolt:7");
    thunderbolt.kind = DeviceKind::thunderbolt;
    Device base = hub("/devices/platform/dock.0", "base:dock.0");
    base.kind = DeviceKind::base;
    EXPECT_THAT(ids_of(docks_of({thunderbolt, base}, seat0)), ElementsAre("base:dock.0", "thunderbolt:7"));
}

TEST(Docks, WhatAThunderboltDevicesTunnelLeadsToIsBehindIt) {
    const std::string place = "/devices/pci0/0000:00:07.0/0000:05:00.0";
    Device thunderbolt = hub("/devices/pci0/domain0/0-0/0-1", "thunderbolt:7");
    thunderbolt.kind = DeviceKind::thunderbolt;
    const std::vector<Device> behind{hub(place + "/0000:06:02.0/usb3/3-1", "usb:1:2"),
                                     device(place + "/0000:06:02.0/usb3/3-1/x/controlC1", DeviceKind::sound),
                                     device(place + "/0000:06:03.0/net/eth1", DeviceKind::network)};
    std::vector<Device> all = behind;
    all.push_back(thunderbolt);
    EXPECT_THAT(ids_of(docks_of(all, seat0)), ElementsAre("thunderbolt:7", "usb:1:2")) << "nothing ties them";
    all.back().companion = place;
    const std::vector<Dock> docks = docks_of(all, seat0);
    ASSERT_THAT(ids_of(docks), ElementsAre("thunderbolt:7"));
    EXPECT_THAT(docks[0].has, ElementsAre(DeviceKind::sound, DeviceKind::network));
    EXPECT_TRUE(belongs_to(behind[0].path, docks[0]));
    EXPECT_FALSE(belongs_to("/devices/pci0/0000:00:07.0", docks[0])) << "the PC's own port";
}

Device screen(const std::string& output, const std::string& id, bool built_in = false) {
    return {.path = "/devices/pci0/drm/card0/card0-" + output,
            .kind = DeviceKind::display,
            .seat = seat0,
            .id = id,
            .name = "Screen on " + output,
            .built_in = built_in};
}

TEST(Docks, AnyScreenOfTheSeatMayBeOneOfThemButForAPanel) {
    std::vector<Device> devices = with(a_dock(), {screen("HDMI-A-1", "edid:SAM:1:2"), screen("DP-1", ""),
                                                  screen("DP-2", "edid:DEL:1"), screen("eDP-1", "edid:LEN:9", true)});
    devices.push_back(screen("DP-9", "edid:ACR:1"));
    devices.back().seat = seat1;
    const std::vector<Dock> docks = docks_of(devices, seat0);
    ASSERT_THAT(docks, SizeIs(1));
    EXPECT_THAT(docks[0].displays, ElementsAre("edid:DEL:1", "edid:SAM:1:2"));
    EXPECT_THAT(policy::displays_of(devices, seat0),
                ElementsAre(Display{"", "Screen on DP-1"}, Display{"edid:DEL:1", "Screen on DP-2"},
                            Display{"edid:SAM:1:2", "Screen on HDMI-A-1"}))
        << "one that does not say who it is, too";
}

TEST(Docks, AScreenThatIsPluggedInIsToldOfAndIsNoDock) {
    Script script;
    script.happens(HardwareChanged{a_dock()});
    script.happens(HardwareChanged{with(a_dock(), {screen("DP-1", "edid:DEL:1")})});
    EXPECT_EQ(script.seat().displays.size(), 1U);
    EXPECT_EQ(test::count<PublishSeat>(script.effects()), 1U) << "with the dock's own screens, in one";
    EXPECT_THAT(told(script), IsEmpty());
    script.happens(HardwareChanged{{screen("DP-1", "edid:DEL:1")}});
    script.happens(HardwareChanged{});
    EXPECT_TRUE(script.seat().displays.empty());
    EXPECT_EQ(test::count<PublishSeat>(script.effects()), 1U);
}

TEST(Docks, EachSeatHasItsOwn) {
    std::vector<Device> devices = with(a_dock(), a_dock("/devices/pci0/usb1/1-3", "usb:7:8"));
    devices[5].seat = seat1;
    EXPECT_THAT(ids_of(docks_of(devices, seat0)), ElementsAre("usb:1:2"));
    EXPECT_THAT(ids_of(docks_of(devices, seat1)), ElementsAre("usb:7:8"));
}

TEST(Docks, OneThatComesAndGoesIsToldOnceEachTime) {
    Script script;
    script.happens(HardwareChanged{a_dock()});
    EXPECT_THAT(told(script), ElementsAre("seat0 +usb:1:2"));
    EXPECT_EQ(test::count<PublishSeat>(script.effects()), 1U);
    EXPECT_EQ(test::count<ReadDocks>(script.effects()), 1U);
    EXPECT_EQ(test::count<PublishHardware>(script.effects()), 1U);
    EXPECT_THAT(ids_of(script.seat().docks), ElementsAre("usb:1:2"));
    script.happens(HardwareChanged{a_dock()});
    EXPECT_THAT(script.effects(), IsEmpty());
    script.happens(HardwareChanged{{}});
    EXPECT_THAT(told(script), ElementsAre("seat0 -usb:1:2"));
    EXPECT_THAT(script.seat().docks, IsEmpty());
}

TEST(Docks, WhatIsPluggedIntoADockIsNoNewDock) {
    Script script;
    script.happens(HardwareChanged{a_dock()});
    script.happens(HardwareChanged{with(a_dock(), {device(port + "/1-2.6/video4linux/video0", DeviceKind::camera)})});
    EXPECT_THAT(told(script), IsEmpty());
    EXPECT_EQ(test::count<PublishSeat>(script.effects()), 1U);
    EXPECT_THAT(script.seat().docks.at(0).has, ::testing::Contains(DeviceKind::camera));
}

TEST(Docks, OneThatMovesToAnotherPortGoesAndComes) {
    Script script;
    script.happens(HardwareChanged{a_dock()});
    script.happens(HardwareChanged{a_dock("/devices/pci0/usb1/1-4")});
    EXPECT_THAT(told(script), ElementsAre("seat0 -usb:1:2", "seat0 +usb:1:2"));
}

TEST(Docks, ASeatThatIsNewHasTheDocksThatAreThere) {
    Script script;
    std::vector<Device> devices = a_dock();
    devices[0].seat = seat1;
    script.happens(HardwareChanged{devices});
    EXPECT_THAT(told(script), IsEmpty());
    script.happens(SeatAppeared{seat1});
    EXPECT_THAT(told(script), ElementsAre("seat1 +usb:1:2"));
}

TEST(Docks, TheyOutliveTheDesktop) {
    Script script;
    script.happens(HardwareChanged{with(a_dock(), {screen("DP-1", "edid:DEL:1")})});
    script.becomes_seated();
    script.call(DownRequest{seat0, false});
    script.runs_to_rest();
    EXPECT_THAT(ids_of(script.seat().docks), ElementsAre("usb:1:2"));
    EXPECT_EQ(script.seat().displays.size(), 1U);
}

TEST(Docks, TheirProfilesAreNamedWhenTheyAreRead) {
    Script script;
    script.happens(HardwareChanged{a_dock()});
    EXPECT_EQ(script.seat().docks.at(0).rule, "");
    script.happens(DocksRead{{{.name = "desk", .description = {}, .match = {.id = "usb:1:*", .name = {}, .has = {}}}}});
    EXPECT_EQ(script.seat().docks.at(0).rule, "desk");
    EXPECT_EQ(test::count<PublishSeat>(script.effects()), 1U);
    EXPECT_THAT(told(script), IsEmpty());
    script.happens(DocksRead{});
    EXPECT_EQ(script.seat().docks.at(0).rule, "");
}
