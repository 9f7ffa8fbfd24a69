#include "linux/hardware.hpp"
#include "recorder/recorder.hpp"
#include "recording/text.hpp"
#include "recordings/testbed.hpp"
#include "support/scratch_folder.hpp"
#include "udev_handles/udev_handles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>

namespace berth::recorder {
namespace {

using recording::Device;
using recording::Event;
using recording::Recording;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RecorderTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!test::Testbed::is_possible()) {
            GTEST_SKIP() << "runs only under umockdev-wrapper";
        }
        testbed = std::make_unique<test::Testbed>();
    }

    std::vector<Device> begin() {
        auto opened = Recorder::open();
        EXPECT_TRUE(opened.has_value());
        if (!opened) {
            return {};
        }
        recorder.emplace(std::move(*opened));
        auto devices = recorder->begin();
        EXPECT_TRUE(devices.has_value());
        return devices ? *devices : std::vector<Device>{};
    }

    /// All that has come.
    std::vector<Event> events(std::uint64_t at_ms = 0) {
        std::vector<Event> all;
        for (;;) {
            auto event = recorder->next(at_ms);
            EXPECT_TRUE(event.has_value()) << event.error().message;
            if (!event || !*event) {
                return all;
            }
            all.push_back(std::move(**event));
        }
    }

    static Recording read(const std::string& text) {
        auto recording = recording::parse(text, "text");
        EXPECT_TRUE(recording.has_value()) << recording.error().message;
        return recording ? std::move(*recording) : Recording{};
    }

    static Recording by_hand() { return read(test::read_file(BERTH_RECORDINGS "/by-hand-usb-hub.docks")); }

    static Device device(const std::string& path, recording::Pairs properties, recording::Pairs attributes = {}) {
        return {.path = path, .properties = std::move(properties), .attributes = std::move(attributes)};
    }

    std::unique_ptr<test::Testbed> testbed;
    std::optional<Recorder> recorder;
};

constexpr const char* hub_path = "/devices/pci0/usb1/1-2";

Device a_hub(const std::string& product = "Dock") {
    return {.path = hub_path,
            .properties = {{"DEVTYPE", "usb_device"}, {"SUBSYSTEM", "usb"}},
            .attributes = {{"bDeviceClass", "09"}, {"idProduct", "0002"}, {"idVendor", "17ef"}, {"product", product}}};
}

TEST_F(RecorderTest, WhatIsReadOfARecordingIsTheSameText) {
    const Recording recording = by_hand();
    testbed->put(recording.begin);
    EXPECT_EQ(text_of(Recording{.begin = begin()}), text_of(Recording{.begin = recording.begin}));
    EXPECT_THAT(events(), IsEmpty());
}

TEST_F(RecorderTest, EachMessageIsAnEventWithTheDeviceAsItIsThen) {
    const Recording recording = by_hand();
    testbed->put(recording.begin);
    begin();
    for (Event event : recording.events) {
        testbed->apply(event);
        event.at_ms = 42;
        const auto seen = events(42);
        ASSERT_THAT(seen, SizeIs(1)) << event.action << " " << event.path;
        EXPECT_EQ(text_of(seen[0]), text_of(event));
    }
}

TEST_F(RecorderTest, WhatADeviceStandsOnIsInFrontOfItAndIsDescribedOnce) {
    testbed->put({device("/devices/pci0", {{"SUBSYSTEM", "pci"}}), device("/devices/pci9", {{"SUBSYSTEM", "pci"}}),
                  a_hub(), device(std::string{hub_path} + "/sound/card1", {{"SUBSYSTEM", "sound"}})});
    EXPECT_THAT(begin(), ElementsAre(Field(&Device::path, "/devices/pci0"), Field(&Device::path, hub_path),
                                     Field(&Device::path, std::string{hub_path} + "/sound/card1")))
        << "nothing that is recorded stands on pci9";
    const std::string scsi = std::string{hub_path} + "/host1";
    const Device host = device(scsi, {{"SUBSYSTEM", "scsi"}});
    for (const char* name : {"sda", "sdb"}) {
        const Device disk =
            device(scsi + "/block/" + name, {{"DEVTYPE", "disk"}, {"SUBSYSTEM", "block"}}, {{"size", "8"}});
        const bool is_first = *(name + 2) == 'a';
        testbed->put(is_first ? std::vector{host, disk} : std::vector{disk});
        const auto seen = events();
        ASSERT_THAT(seen, SizeIs(1));
        EXPECT_EQ(seen[0].devices, (is_first ? std::vector{host, disk} : std::vector{disk}));
    }
}

TEST_F(RecorderTest, WhatCameBackIsDescribedAnewWithWhatItStandsOn) {
    const std::string hid = std::string{hub_path} + "/0003:1:2.1";
    const Device parent = device(hid, {{"SUBSYSTEM", "hid"}});
    const Device input = device(hid + "/input/input5", {{"SUBSYSTEM", "input"}});
    testbed->put({a_hub(), parent, input});
    EXPECT_THAT(begin(), SizeIs(3));
    testbed->apply(Event{.action = "remove", .path = hub_path});
    EXPECT_THAT(events(), ElementsAre(Field(&Event::path, input.path), Field(&Event::path, hub_path)))
        << "the kernel tells of each, the last first; nobody asked for hid";
    testbed->put({a_hub()});
    testbed->put({parent, input});
    const auto seen = events();
    ASSERT_THAT(seen, SizeIs(2));
    EXPECT_EQ(seen[0].devices, std::vector{a_hub()});
    EXPECT_EQ(seen[1].devices, (std::vector{parent, input}));
}

TEST_F(RecorderTest, OfACardThatChangesItsOutputsAreToldToo) {
    const std::string path = "/devices/pci0/drm/card0";
    const Device card = device(path, {{"DEVTYPE", "drm_minor"}, {"SUBSYSTEM", "drm"}});
    Device output = device(path + "/card0-DP-1", {{"DEVTYPE", "drm_connector"}, {"SUBSYSTEM", "drm"}},
                           {{"status", "disconnected"}});
    testbed->put({card, output});
    EXPECT_THAT(begin(), ElementsAre(card, output));
    output.attributes = {{"status", "connected"}};
    testbed->apply(Event{.action = "change", .path = path, .devices = {output, card}});
    const auto seen = events();
    ASSERT_THAT(seen, SizeIs(1)) << "the kernel tells of the card alone";
    EXPECT_EQ(seen[0].devices, (std::vector{output, card}));
}

TEST_F(RecorderTest, WhatIsNotRecordedIsNoEvent) {
    begin();
    testbed->put({device("/devices/virtual/net/veth0", {{"INTERFACE", "veth0"}, {"SUBSYSTEM", "net"}}),
                  device("/devices/platform/serial8250", {{"SUBSYSTEM", "platform"}}),
                  device("/devices/pci0/hid1", {{"SUBSYSTEM", "hid"}})});
    for (const char* path : {"/devices/virtual/net/veth0", "/devices/platform/serial8250"}) {
        testbed->apply(Event{.action = "remove", .path = path});
    }
    EXPECT_THAT(events(), IsEmpty());
}

TEST_F(RecorderTest, ABaseIsRecordedWhetherAPortableIsOnItOrNot) {
    const auto base = [](const std::string& docked) {
        return device("/devices/platform/dock.0", {{"SUBSYSTEM", "platform"}},
                      {{"docked", docked}, {"type", "dock_station"}});
    };
    testbed->put({base("0")});
    EXPECT_EQ(begin(), std::vector{base("0")});
    testbed->apply(Event{.action = "change", .path = base("1").path, .devices = {base("1")}});
    const auto seen = events();
    ASSERT_THAT(seen, SizeIs(1));
    EXPECT_EQ(seen[0].devices, std::vector{base("1")});
}

TEST_F(RecorderTest, BytesThatAreNoTextAreKeptInAttributesAndAreBlanksInProperties) {
    const std::string edid{"\0\xff\xff\n", 4};
    Device connector = device("/devices/pci0/drm/card0/card0-DP-1",
                              {{"DEVTYPE", "drm_connector"}, {"ID_MODEL", "Caf\xc3\xa9"}, {"SUBSYSTEM", "drm"}},
                              {{"edid", edid}, {"status", "connected\n"}, {"wwid", "nobody asked for it"}});
    testbed->put({connector});
    connector.properties[1].second = "Caf  ";
    connector.attributes = {{"edid", edid}, {"status", "connected"}};
    EXPECT_EQ(begin(), std::vector{connector});
}

TEST_F(RecorderTest, WhatBerthReadsOfTheRecordingIsWhatItReadOfTheHost) {
    const std::string other = "/devices/pci0/usb2/2-2";
    Device fast = device(other, {{"DEVTYPE", "usb_device"}, {"SUBSYSTEM", "usb"}},
                         {{"bDeviceClass", "09"}, {"idProduct", "0003"}, {"idVendor", "17ef"}, {"removable", "fixed"}});
    fast.links = {{"port/peer/device", "../../../../usb1/1-2"}};
    const recording::Pairs event{{"DEVNAME", "/dev/input/event5"}, {"ID_INPUT_MOUSE", "1"}, {"SUBSYSTEM", "input"}};
    testbed->put({a_hub("ThinkPad \"Dock\""), fast,
                  device(std::string{hub_path} + "/input/input5", {{"SUBSYSTEM", "input"}}, {{"name", "A mouse\\"}}),
                  device(std::string{hub_path} + "/input/input5/event5", event),
                  device("/devices/domain0/0-1", {{"DEVTYPE", "thunderbolt_device"}, {"SUBSYSTEM", "thunderbolt"}},
                         {{"device_name", "TS4"}, {"unique_id", "c0-ffee"}, {"vendor_name", "CalDigit"}}),
                  device("/devices/pci0/drm/card2",
                         {{"DEVNAME", "/dev/dri/card2"}, {"ID_SEAT", "seat1"}, {"SUBSYSTEM", "drm"}})});
    const UdevHandle<udev> context{udev_new()};
    const auto of_host = os::read_hardware(context.get());
    const std::string text = text_of(Recording{.begin = begin()});
    recorder.reset();
    testbed.reset(); // one at a time
    testbed = std::make_unique<test::Testbed>();
    testbed->put(read(text).begin);
    const auto of_recording = os::read_hardware(context.get());
    ASSERT_TRUE(of_host.has_value() && of_recording.has_value());
    EXPECT_THAT(*of_host, SizeIs(5));
    EXPECT_EQ(*of_recording, *of_host);
}

} // namespace
} // namespace berth::recorder
