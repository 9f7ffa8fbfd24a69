#include "recording/serials.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace berth::recording {
namespace {

using ::testing::HasSubstr;

std::string attribute_of(const Device& device, const std::string& name) {
    const std::string* const value = value_of(device.attributes, name);
    return value == nullptr ? "(none)" : *value;
}

std::string property_of(const Device& device, const std::string& name) {
    const std::string* const value = value_of(device.properties, name);
    return value == nullptr ? "(none)" : *value;
}

Device hidden(Device device) {
    return SerialHider{}.hide({std::move(device)}).front();
}

/// A block of an EDID with a number, and with a descriptor of the given tag at 54.
std::string an_edid(const std::string& number, char tag, const std::string& text) {
    std::string edid(128, '\x11');
    edid.replace(0, 8, std::string{"\0\xff\xff\xff\xff\xff\xff\0", 8});
    edid.replace(12, 4, number);
    edid.replace(54, 5, std::string{"\0\0\0", 3} + tag + std::string{"\0", 1});
    edid.replace(59, 13, text + std::string(13 - text.size(), ' '));
    return edid;
}

unsigned sum_of(const std::string& bytes) {
    return std::accumulate(bytes.begin(), bytes.end(), 0U,
                           [](unsigned sum, char byte) { return (sum + static_cast<unsigned char>(byte)) & 0xffU; });
}

const std::string no_number{"\0\0\0\0", 4};

TEST(SerialHider, ASerialNumberIsAWordAndTheSameNumberTheSameWord) {
    SerialHider hider;
    const auto devices = hider.hide({{.path = "/devices/usb1/1-2", .attributes = {{"serial", "0123"}}},
                                     {.path = "/devices/usb1/1-3", .attributes = {{"serial", "77"}}}});
    EXPECT_EQ(attribute_of(devices[0], "serial"), "serial1");
    EXPECT_EQ(attribute_of(devices[1], "serial"), "serial2");
    const Event event = hider.hide(
        Event{.at_ms = 5,
              .action = "add",
              .path = "/devices/usb1/1-4",
              .devices = {{.path = "/devices/usb1/1-4", .attributes = {{"serial", "77"}, {"unique_id", "c0-ffee"}}}}});
    EXPECT_EQ(attribute_of(event.devices[0], "serial"), "serial2") << "the stick came back at another port";
    EXPECT_EQ(attribute_of(event.devices[0], "unique_id"), "serial3");
    EXPECT_EQ(event.path, "/devices/usb1/1-4");
}

TEST(SerialHider, UdevsCopiesOfItAreWordsToo) {
    const Device device = hidden({.path = "/devices/usb1/1-2",
                                  .properties = {{"ID_MODEL", "Dock"},
                                                 {"ID_SERIAL", "Lenovo_Dock_0123"},
                                                 {"ID_SERIAL_SHORT", "0123"},
                                                 {"NAME", "\"Lenovo 0123\""},
                                                 {"UNIQ", "\"0123\""}},
                                  .attributes = {{"idVendor", "0123"}, {"serial", "0123"}}});
    EXPECT_EQ(attribute_of(device, "serial"), "serial1");
    EXPECT_EQ(property_of(device, "ID_SERIAL"), "serial2");
    EXPECT_EQ(property_of(device, "ID_SERIAL_SHORT"), "serial1");
    EXPECT_EQ(property_of(device, "UNIQ"), "\"serial1\"");
    EXPECT_EQ(property_of(device, "ID_MODEL"), "Dock");
    EXPECT_EQ(attribute_of(device, "idVendor"), "0123") << "a short one is one only where a serial number belongs";
    EXPECT_EQ(property_of(device, "NAME"), "\"Lenovo 0123\"");
}

TEST(SerialHider, ALongOneIsFoundInAnyText) {
    const Device device = hidden({.path = "/devices/usb1/1-2",
                                  .node = "by/S3CR3T-99",
                                  .properties = {{"NAME", "\"Dock S3CR3T-99 (S3CR3T-99)\""}},
                                  .attributes = {{"product", "S3CR3T-99"}, {"serial", "S3CR3T-99"}},
                                  .links = {{"a", "../S3CR3T-99"}}});
    EXPECT_EQ(device.node, "by/serial1");
    EXPECT_EQ(property_of(device, "NAME"), "\"Dock serial1 (serial1)\"");
    EXPECT_EQ(attribute_of(device, "product"), "serial1");
    EXPECT_EQ(device.links, (Pairs{{"a", "../serial1"}}));
}

TEST(SerialHider, TheLongerOfTwoIsTakenFirst) {
    SerialHider hider;
    const auto devices = hider.hide({{.path = "/devices/a", .attributes = {{"serial", "ABCDEFGH"}}},
                                     {.path = "/devices/b", .attributes = {{"serial", "ABCDEFGH-2"}}},
                                     {.path = "/devices/c", .attributes = {{"product", "ABCDEFGH-2 ABCDEFGH"}}}});
    EXPECT_EQ(attribute_of(devices[2], "product"), "serial2 serial1");
}

TEST(SerialHider, AnAddressIsHiddenInTheNamesThatAreMadeOfIt) {
    const std::string path = "/devices/usb1/1-2/net/enx00e04c680001";
    SerialHider hider;
    const Event came = hider.hide(Event{.action = "add",
                                        .path = path,
                                        .devices = {{.path = path,
                                                     .properties = {{"ID_NET_NAME_MAC", "enx00e04c680001"},
                                                                    {"ID_NET_NAME_PATH", "enp0s20u2"},
                                                                    {"INTERFACE", "enx00e04c680001"}},
                                                     .attributes = {{"address", "00:e0:4c:68:00:01"}}}}});
    EXPECT_EQ(came.path, "/devices/usb1/1-2/net/enxserial1");
    EXPECT_EQ(came.devices[0].path, came.path);
    EXPECT_EQ(property_of(came.devices[0], "INTERFACE"), "enxserial1");
    EXPECT_EQ(property_of(came.devices[0], "ID_NET_NAME_MAC"), "enxserial1");
    EXPECT_EQ(property_of(came.devices[0], "ID_NET_NAME_PATH"), "enp0s20u2");
    EXPECT_EQ(attribute_of(came.devices[0], "address"), "serial1");
    EXPECT_EQ(hider.hide(Event{.action = "remove", .path = path}).path, came.path);
}

TEST(SerialHider, AnAddressIsOneWhereverItStands) {
    const Device device =
        hidden({.path = "/devices/a", .properties = {{"PHYS", "\"a0:b1:c2:d3:e4:f5\""}, {"SUBSYSTEM", "input"}}});
    EXPECT_THAT(property_of(device, "PHYS"), HasSubstr("serial1"));
    EXPECT_EQ(property_of(device, "SUBSYSTEM"), "input");
}

TEST(SerialHider, WhatIsNoSecretStays) {
    const Device before{.path = "/devices/pci0000:00/0000:00:14.0/usb1",
                        .properties = {{"SUBSYSTEM", "usb"}, {"UNIQ", "\"\""}},
                        .attributes = {{"address", "00:00:00:00:00:00"},
                                       {"serial", "0000:00:14.0"}, // the controller's place, by the kernel's word
                                       {"uniq", ""},
                                       {"unique_id", "000"}}};
    EXPECT_EQ(hidden(before), before);
}

TEST(SerialHider, AWordIsOfUseInAnIdentity) {
    const Device device = hidden({.path = "/devices/a", .attributes = {{"serial", "a b/c"}}});
    EXPECT_EQ(attribute_of(device, "serial").find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"),
              std::string::npos);
}

TEST(SerialHider, AScreenIsToldFromAnotherByANumberOfOurs) {
    SerialHider hider;
    const auto devices =
        hider.hide({{.path = "/devices/a", .attributes = {{"edid", an_edid("\x01\x02\x03\x04", '\xff', "CN0ABC")}}},
                    {.path = "/devices/b", .attributes = {{"edid", an_edid("\x01\x02\x03\x05", '\xfc', "DELL U27")}}},
                    {.path = "/devices/c", .attributes = {{"edid", an_edid("\x01\x02\x03\x04", '\xff', "CN0ABC")}}}});
    const std::string first = attribute_of(devices[0], "edid");
    EXPECT_EQ(first.substr(12, 4), (std::string{"\x01\0\0\0", 4}));
    EXPECT_EQ(first.substr(59, 13), "serial1\n     ");
    EXPECT_EQ(first.substr(16, 38), std::string(38, '\x11')) << "the rest is the screen's model";
    EXPECT_EQ(sum_of(first), 0U) << "else no program takes it";
    const std::string other = attribute_of(devices[1], "edid");
    EXPECT_EQ(other.substr(12, 4), (std::string{"\x02\0\0\0", 4}));
    EXPECT_EQ(other.substr(59, 13), "DELL U27     ");
    EXPECT_EQ(sum_of(other), 0U);
    EXPECT_EQ(attribute_of(devices[2], "edid"), first);
}

TEST(SerialHider, OfAnEdidTheFirstBlockStays) {
    std::string edid = an_edid(no_number, '\xfc', "DELL U27");
    edid[126] = '\x01';
    const Device device = hidden({.path = "/devices/a", .attributes = {{"edid", edid + std::string(128, '\x70')}}});
    const std::string left = attribute_of(device, "edid");
    EXPECT_EQ(left.size(), 128U);
    EXPECT_EQ(left[126], '\0');
    EXPECT_EQ(left.substr(0, 126), edid.substr(0, 126));
    EXPECT_EQ(sum_of(left), 0U);
}

TEST(SerialHider, WhatIsTooShortForAnEdidStays) {
    for (const std::string& edid : {std::string{}, std::string{"\0\xff", 2}, std::string(127, '\0')}) {
        const Device before{.path = "/devices/a", .attributes = {{"edid", edid}}};
        EXPECT_EQ(hidden(before), before);
    }
}

} // namespace
} // namespace berth::recording
