#include "udev/made_messages.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <cstring>

namespace berth::udev_events {
namespace {

using ::testing::Optional;

/// One of struct monitor_netlink_header's words that are in the machine's own order.
void put_word(std::string& message, std::size_t at, std::uint32_t word) {
    std::memcpy(message.data() + at, &word, sizeof word);
}

constexpr std::size_t properties_at = 16;
constexpr std::size_t length_at = 20;
constexpr std::size_t header_size = 40;

TEST(UdevMessage, WhatDecidesIsRead) {
    const std::string message = made_message("add", "input", "/devices/usb/event5", "seat1");
    EXPECT_THAT(read_message(message), Optional(Summary{"add", "/devices/usb/event5", "input", "seat1"}));
}

TEST(UdevMessage, WithoutASeatTheSeatIsEmpty) {
    const std::string message = made_message("change", "drm");
    EXPECT_THAT(read_message(message), Optional(Summary{"change", "/devices/a/b", "drm", ""}));
}

TEST(UdevMessage, AMessageOfAPluggedKeyboardIsRead) {
    // Laid out by hand as struct monitor_netlink_header says, without this room's own writer.
    const unsigned char header[header_size] = {'l', 'i', 'b', 'u', 'd', 'e', 'v', 0, 0xfe, 0xed, 0xca, 0xfe};
    std::string message{reinterpret_cast<const char*>(header), header_size};
    put_word(message, 12, header_size);
    put_word(message, properties_at, header_size);
    using namespace std::string_view_literals;
    const std::string_view properties =
        "ACTION=add\0DEVPATH=/devices/pci0000:00/0000:00:03.0/usb2/2-4/input/input9/event6\0"
        "SUBSYSTEM=input\0DEVNAME=/dev/input/event6\0SEQNUM=3210\0ID_INPUT=1\0"
        "TAGS=:power-switch:\0"sv;
    message += properties;
    put_word(message, length_at, static_cast<std::uint32_t>(properties.size()));
    EXPECT_THAT(read_message(message),
                Optional(Summary{"add", "/devices/pci0000:00/0000:00:03.0/usb2/2-4/input/input9/event6", "input", ""}));
}

TEST(UdevMessage, TheKernelsOwnFormIsNone) {
    using namespace std::string_view_literals;
    EXPECT_FALSE(read_message("add@/devices/a/b\0ACTION=add\0DEVPATH=/devices/a/b\0SUBSYSTEM=input\0"sv));
}

TEST(UdevMessage, AWrongMagicIsNone) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{7}, std::size_t{8}, std::size_t{11}}) {
        std::string message = made_message("add", "input");
        message[at] = 'x';
        EXPECT_FALSE(read_message(message)) << "byte " << at;
    }
}

TEST(UdevMessage, OneThatIsCutOffIsNoneOrLacksNothingThatDecides) {
    const std::string whole = made_message("add", "input", "/devices/a", "seat1");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(read_message(std::string_view{whole}.substr(0, size))) << size << " bytes";
    }
}

TEST(UdevMessage, PropertiesOutsideOfItAreNone) {
    for (const std::uint32_t begin : {0U, 39U, 1000U, 0xffffffffU}) {
        std::string message = made_message("add", "input");
        put_word(message, properties_at, begin);
        EXPECT_FALSE(read_message(message)) << "at " << begin;
    }
    for (const std::uint32_t length : {0U, 1000U, 0xffffffffU, 0xffffffd8U}) {
        std::string message = made_message("add", "input");
        put_word(message, length_at, length);
        EXPECT_FALSE(read_message(message)) << length << " bytes long";
    }
}

TEST(UdevMessage, AHeaderThatANewerSystemdMadeLongerIsSteppedOver) {
    std::string message = made_message("add", "input");
    message.insert(header_size, 8, 'x');
    put_word(message, properties_at, header_size + 8);
    EXPECT_THAT(read_message(message), Optional(Summary{"add", "/devices/a/b", "input", ""}));
}

TEST(UdevMessage, EachOfTheThreeMustBeThere) {
    EXPECT_FALSE(read_message(write_message("", made_device("input"))));
    EXPECT_FALSE(read_message(write_message("add", made_device("", "/devices/a"))));
    EXPECT_FALSE(read_message(write_message("add", made_device("input", ""))));
    EXPECT_FALSE(read_message(write_message("add", Device{})));
}

TEST(UdevMessage, OnlyWholeNamesCount) {
    Device device = made_device("input");
    device.properties.emplace_back("BAD_ID_SEAT", "seat7");
    device.properties.emplace_back("ID_SEAT_OF_OLD", "seat8");
    EXPECT_THAT(read_message(write_message("add", device)), Optional(Summary{"add", "/devices/a/b", "input", ""}));
}

TEST(UdevMessage, AValueMayHaveEqualsSigns) {
    EXPECT_THAT(read_message(made_message("add", "input", "/devices/a=b=c")),
                Optional(Summary{"add", "/devices/a=b=c", "input", ""}));
}

TEST(UdevMessage, TheLastPropertyNeedsNoZeroByte) {
    std::string message = made_message("add", "input", "/devices/a", "seat1");
    message.pop_back();
    put_word(message, length_at, static_cast<std::uint32_t>(message.size() - header_size));
    EXPECT_THAT(read_message(message), Optional(Summary{"add", "/devices/a", "input", "seat1"}));
}

TEST(UdevMessage, OneThatIsTooLongIsNone) {
    Device device = made_device("input");
    device.properties.emplace_back("PADDING", std::string(longest_message, 'x'));
    EXPECT_FALSE(read_message(write_message("add", device)));
}

TEST(UdevMessage, WhatIsWrittenHasOneActionAndOneNumber) {
    Device device = made_device("input");
    device.properties.emplace_back("ACTION", "remove");
    device.properties.emplace_back("SEQNUM", "77");
    const std::string message = write_message("add", device);
    EXPECT_THAT(read_message(message), Optional(Summary{"add", "/devices/a/b", "input", ""}));
    EXPECT_EQ(message.find("SEQNUM=77"), std::string::npos);
    EXPECT_NE(message.find("SEQNUM=1"), std::string::npos);
}

} // namespace
} // namespace berth::udev_events
