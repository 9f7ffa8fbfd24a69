#include "udev/made_messages.hpp"
#include "udev_events/client_view.hpp"

#include <gmock/gmock.h>

namespace berth::udev_events {
namespace {

using namespace std::string_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

TEST(ClientView, OfARecordWhatAProgramReadsIsLeft) {
    EXPECT_EQ(record_for_client("S:input/by-path/pci-0000:00:03.0-event-kbd\n"
                                "L:10\n"
                                "I:4711000\n"
                                "W:12\n"
                                "E:ID_INPUT=1\n"
                                "E:ID_INPUT_KEYBOARD=1\n"
                                "E:LIBINPUT_DEVICE_GROUP=3/46d/c52b:usb-1\n"
                                "G:power-switch\n"
                                "G:mutter-device-ignore\n"
                                "Q:power-switch\n"
                                "Q:mutter-device-ignore\n"
                                "V:1\n"),
              "I:4711000\n"
              "E:ID_INPUT=1\n"
              "E:ID_INPUT_KEYBOARD=1\n"
              "E:LIBINPUT_DEVICE_GROUP=3/46d/c52b:usb-1\n"
              "G:mutter-device-ignore\n"
              "Q:mutter-device-ignore\n"
              "V:1\n");
}

TEST(ClientView, WhatTheHostsServicesRuleByIsNotInIt) {
    for (const char* tag : {"uaccess", "xaccess", "seat", "master-of-seat", "systemd", "power-switch"}) {
        EXPECT_EQ(record_for_client("G:"s + tag + "\nQ:" + tag + "\n"), "") << tag;
    }
    for (const char* property :
         {"ID_SEAT=seat1", "SYSTEMD_WANTS=bluetooth.target", "SYSTEMD_ALIAS=/dev/x", "DEVLINKS=/dev/dri/by-path/x"}) {
        EXPECT_EQ(record_for_client("E:"s + property + "\n"), "") << property;
    }
    EXPECT_EQ(record_for_client("E:ID_SEATING=1\nG:seats\n"), "E:ID_SEATING=1\nG:seats\n") << "names are whole";
}

TEST(ClientView, ALineThatIsNoneIsLeftOut) {
    for (const std::string& line : {"E:\n"s, "E:=1\n"s, "E:NAME\n"s, "E\n"s, ":\n"s, "\n"s, "X:1\n"s, "EE:A=1\n"s,
                                    "E:A=\0\n"s, "E:A=\x1b[2J\n"s, "E:A=1\r\n"s}) {
        EXPECT_EQ(record_for_client(line), "") << ::testing::PrintToString(line);
    }
    EXPECT_EQ(record_for_client("E:A=1\nE:B=2"), "E:A=1\n") << "the last one is not whole";
    EXPECT_EQ(record_for_client(""), "");
}

TEST(ClientView, ARecordIsReadAsItStands) {
    const Device device = read_record("S:dri/x\nE:A=1=2\nE:ID_SEAT=seat1\nG:seat\nG:x\nQ:x\nV:1\n");
    EXPECT_THAT(device.properties, ElementsAre(Pair("A", "1=2"), Pair("ID_SEAT", "seat1")));
    EXPECT_THAT(device.tags, ElementsAre("seat", "x"));
}

TEST(ClientView, ADeviceHasTheTagsThatAreLeftAndItsOwnLists) {
    Device device = made_device("input", "/devices/a", "seat1");
    device.tags = {"seat", "own", "uaccess"};
    device.properties.emplace_back("TAGS", ":seat:own:uaccess:");
    device.properties.emplace_back("CURRENT_TAGS", ":uaccess:own:");
    device.properties.emplace_back("DEVLINKS", "/dev/input/by-id/x");
    const Device left = for_client(device);
    EXPECT_THAT(left.tags, ElementsAre("own"));
    EXPECT_THAT(left.properties, ElementsAre(Pair("DEVPATH", "/devices/a"), Pair("SUBSYSTEM", "input"),
                                             Pair("TAGS", ":own:"), Pair("CURRENT_TAGS", ":own:")));
    device.tags = {"seat"};
    std::erase_if(device.properties, [](const auto& property) { return property.first == "CURRENT_TAGS"; });
    device.properties.emplace_back("CURRENT_TAGS", ":seat:");
    EXPECT_THAT(for_client(device).properties, Not(Contains(Key("CURRENT_TAGS"))));
    EXPECT_THAT(for_client(device).properties, Not(Contains(Key("TAGS"))));
    EXPECT_EQ(for_client(left), left) << "once is enough";
}

TEST(ClientView, ADeviceIsNamedByItsNumber) {
    EXPECT_EQ(id_of(made_node("drm", "/devices/gpu", "226", "128")), "c226:128");
    EXPECT_EQ(id_of(made_node("block", "/devices/disk", "8", "0")), "b8:0");
    EXPECT_EQ(id_of(made_device("input", "/devices/input7")), "") << "a parent has no node";
    EXPECT_EQ(id_of(made_node("drm", "/devices/gpu", "226", "../..")), "");
    EXPECT_EQ(id_of(made_node("drm", "/devices/gpu", "", "1")), "");
    EXPECT_EQ(id_of(made_node("drm", "/devices/gpu", "1", "12345678901")), "") << "longer than a number can be";
}

TEST(ClientView, ADevicesNameStaysInItsFolder) {
    for (const char* id : {"c226:128", "b8:0", "c0:0"}) {
        EXPECT_TRUE(is_device_id(id)) << id;
    }
    for (const char* id : {"", "c", "c:", "c1", "c1:", "c:1", "x1:1", "c1:1/", "c1:../x", "n3", "+input:input7",
                           "c1:1 ", "c1:1:1", "c-1:1"}) {
        EXPECT_FALSE(is_device_id(id)) << id;
    }
}

TEST(ClientView, AnEventIsReadWithAllThatItSays) {
    Device device = made_node("input", "/devices/a/event5", "13", "69");
    device.tags = {"seat", "own"};
    device.properties.emplace_back("TAGS", ":seat:own:");
    const std::string message = write_message("change", device);
    const auto event = read_event(message);
    ASSERT_TRUE(event);
    EXPECT_EQ(event->action, "change");
    EXPECT_EQ(event->device.tags, device.tags);
    EXPECT_EQ(value_of(event->device, "DEVPATH"), "/devices/a/event5");
    EXPECT_EQ(id_of(event->device), "c13:69");
    EXPECT_EQ(write_message("change", event->device), message) << "nothing is lost but ACTION and SEQNUM, set anew";
}

TEST(ClientView, WhatIsNoEventIsNotRead) {
    EXPECT_FALSE(read_event("add@/devices/a"));
    EXPECT_FALSE(read_event(write_message("add", Device{})));
    Device device = made_device("input");
    device.properties.emplace_back("", "no name");
    const auto event = read_event(write_message("add", device));
    ASSERT_TRUE(event);
    EXPECT_THAT(event->device.properties, Not(Contains(Key(""))));
}

TEST(ClientView, TagsAreTakenApart) {
    EXPECT_THAT(split_tags(":seat:uaccess:"), ElementsAre("seat", "uaccess"));
    EXPECT_THAT(split_tags("a::b"), ElementsAre("a", "b"));
    EXPECT_THAT(split_tags(""), IsEmpty());
    EXPECT_THAT(split_tags(":::"), IsEmpty());
}

} // namespace
} // namespace berth::udev_events
