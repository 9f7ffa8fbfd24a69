#include "recording/text.hpp"

#include <gtest/gtest.h>

namespace berth::recording {
namespace {

Device a_keyboard() {
    return {.path = "/devices/usb1/1-2/input/event5",
            .node = "input/event5",
            .properties = {{"DEVNAME", "/dev/input/event5"}, {"SUBSYSTEM", "input"}},
            .attributes = {{"name", "A keyboard"}, {"phys", ""}},
            .links = {{"port/peer/device", "../../../../usb2/2-2"}}};
}

TEST(RecordingText, ADeviceIsAsUmockdevHasIt) {
    EXPECT_EQ(text_of(a_keyboard()), "P: /devices/usb1/1-2/input/event5\n"
                                     "N: input/event5\n"
                                     "E: DEVNAME=/dev/input/event5\n"
                                     "E: SUBSYSTEM=input\n"
                                     "A: name=A keyboard\n"
                                     "A: phys=\n"
                                     "L: port/peer/device=../../../../usb2/2-2\n"
                                     "\n");
}

TEST(RecordingText, WhatCannotBePrintedIsWrittenByItsNumberAndWhatHasAZeroByteInHexadecimal) {
    const Device device{
        .path = "/devices/a",
        .attributes = {{"edid", std::string{"\0\xff\x12", 3}}, {"name", "\\ \" \t\n\x7f\xc3\xa9"}, {"serial", "a=b"}}};
    EXPECT_EQ(text_of(device), "P: /devices/a\n"
                               "H: edid=00FF12\n"
                               "A: name=\\\\ \" \\011\\n\\177\\303\\251\n"
                               "A: serial=a=b\n"
                               "\n");
}

TEST(RecordingText, AMessageSaysWhenAndWhatAndLostOnesOnlyWhen) {
    EXPECT_EQ(text_of(Event{.at_ms = 1500, .action = "remove", .path = "/devices/a b"}),
              "# event 1500 remove /devices/a b\n");
    EXPECT_EQ(text_of(Event{.at_ms = 7}), "# overflow 7\n");
    EXPECT_EQ(text_of(Event{.at_ms = 0, .action = "add", .path = "/devices/a", .devices = {{.path = "/devices/a"}}}),
              "# event 0 add /devices/a\nP: /devices/a\n\n");
}

TEST(RecordingText, ARecordingIsItsBeginningAndItsEvents) {
    const Recording recording{.begin = {{.path = "/devices/a"}}, .events = {Event{.at_ms = 3}}};
    EXPECT_EQ(text_of(recording), "# berth dock recording 1\n# begin\nP: /devices/a\n\n# overflow 3\n");
    EXPECT_EQ(text_of(Recording{}), begin_text());
}

TEST(RecordingText, NoLineOfADescriptionBeginsAsThoseBetweenThem) {
    Device device = a_keyboard();
    device.attributes = {{"name", "\n# event 1 remove /devices/a\n"}, {"serial", std::string{"\n# begin\n\0", 10}}};
    EXPECT_EQ(text_of(device).find('#'), text_of(device).find("\\n# event") + 2) << "only in an attribute's line";
    EXPECT_EQ(text_of(device).find("\n#"), std::string::npos);
}

TEST(RecordingText, WhatIsWrittenIsRead) {
    std::string every_byte;
    for (int value = 0xff; value > 0; --value) {
        every_byte += static_cast<char>(value);
    }
    Device odd = a_keyboard();
    odd.path = "/devices/with a blank";
    odd.attributes = {{"a", every_byte}, {"b", every_byte + std::string{"\0", 1}}, {"c", "#"}};
    odd.properties.emplace_back("NAME", "\"a = # b\"");
    const Recording recording{
        .begin = {a_keyboard(), odd},
        .events = {Event{.at_ms = 1, .action = "change", .path = odd.path, .devices = {a_keyboard(), odd}},
                   Event{.at_ms = 18'446'744'073'709'551'615U, .action = "remove", .path = odd.path},
                   Event{.at_ms = 2, .devices = {odd}}}};
    const auto read = parse(text_of(recording), "FILE");
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(*read, recording);
}

TEST(RecordingText, AValueIsFoundByItsName) {
    const Pairs pairs{{"A", "1"}, {"B", ""}};
    ASSERT_NE(value_of(pairs, "B"), nullptr);
    EXPECT_EQ(*value_of(pairs, "A"), "1");
    EXPECT_EQ(value_of(pairs, "C"), nullptr);
}

} // namespace
} // namespace berth::recording
