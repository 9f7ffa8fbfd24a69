#include "edid/made_edid.hpp"
#include "linux/hardware.hpp"
#include "linux/udev_devices.hpp"
#include "support/io_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <initializer_list>
#include <map>
#include <memory>
#include <umockdev.h>

namespace berth::os {
namespace {

using model::Device;
using model::DeviceKind;
using model::SeatName;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;

TEST(Hardware, ANameIsWhatCanBePrinted) {
    EXPECT_EQ(printable("  ThinkPad\tDock\n"), "ThinkPad Dock");
    EXPECT_EQ(printable(std::string("a\0b", 3)), "a b");
    EXPECT_EQ(printable("\x1b[31mred\xff"), "[31mred");
    EXPECT_EQ(printable(std::string(100, 'x')).size(), 64U);
    EXPECT_EQ(printable(" \x7f "), "");
}

TEST(Hardware, AnIdentityHasNoByteThatMeansAnything) {
    EXPECT_EQ(identity_part("17ef"), "17ef");
    EXPECT_EQ(identity_part("a:b*c d/../\xc3\xa9"), "a_b_c_d_..___");
    EXPECT_EQ(identity_part(std::string(100, '0')).size(), 64U);
    EXPECT_EQ(identity_part(""), "");
}

/// A sysfs and udev of the test's own (umockdev).
class HardwareTest : public test::IoTest {
  protected:
    using Pairs = std::initializer_list<const char*>; ///< names and values in turn

    void SetUp() override {
        const char* preloaded = std::getenv("LD_PRELOAD"); // NOLINT(concurrency-mt-unsafe): one thread
        if (preloaded == nullptr || std::string{preloaded}.find("umockdev") == std::string::npos) {
            GTEST_SKIP() << "runs only under umockdev-wrapper";
        }
        testbed = umockdev_testbed_new();
        context = udev_new();
    }

    void TearDown() override {
        devices.reset();
        if (context != nullptr) {
            udev_unref(context);
        }
        g_clear_object(&testbed);
    }

    static std::vector<char*> list(Pairs pairs) {
        std::vector<char*> result;
        for (const char* text : pairs) {
            result.push_back(const_cast<char*>(text)); // as umockdev wants it; it only reads
        }
        result.push_back(nullptr);
        return result;
    }

    /// Adds a device and sends "add"; returns its path in sysfs.
    std::string add(const char* subsystem, const char* name, const std::string& parent, Pairs attributes,
                    Pairs properties) {
        std::vector<char*> with_attributes = list(attributes);
        std::vector<char*> with_properties = list(properties);
        gchar* path = umockdev_testbed_add_devicev(testbed, subsystem, name, parent.empty() ? nullptr : parent.c_str(),
                                                   with_attributes.data(), with_properties.data());
        const std::string result{path};
        g_free(path);
        return result;
    }

    std::string add_hub(const char* name, Pairs attributes) {
        return add("usb", name, "", attributes, {"DEVTYPE", "usb_device"});
    }

    std::vector<Device> read() {
        auto all = read_hardware(context);
        EXPECT_TRUE(all.has_value());
        return all ? *all : std::vector<Device>{};
    }

    UMockdevTestbed* testbed{nullptr};
    udev* context{nullptr};
    std::unique_ptr<UdevDevices> devices;
};

TEST_F(HardwareTest, AHubIsKnownByItsNumbersAndSerial) {
    add_hub("1-2", {"bDeviceClass", "09", "idVendor", "17ef", "idProduct", "30a9", "serial", "7 x", "manufacturer",
                    "Lenovo", "product", "ThinkPad Dock"});
    add_hub("1-3", {"bDeviceClass", "09", "idVendor", "0409", "idProduct", "55aa", "removable", "fixed"});
    add_hub("usb1", {"bDeviceClass", "09", "idVendor", "1d6b", "idProduct", "0002"});
    add_hub("1-4", {"bDeviceClass", "00", "idVendor", "046d", "idProduct", "c52b"});
    const std::vector<Device> all = read();
    ASSERT_EQ(all.size(), 2U) << "the controller's own hub, and what is no hub, are left out";
    EXPECT_EQ(all[0].kind, DeviceKind::hub);
    EXPECT_EQ(all[0].id, "usb:17ef:30a9:7_x");
    EXPECT_EQ(all[0].name, "Lenovo ThinkPad Dock");
    EXPECT_EQ(all[0].seat, SeatName{"seat0"});
    EXPECT_FALSE(all[0].built_in);
    EXPECT_EQ(all[1].id, "usb:0409:55aa");
    EXPECT_EQ(all[1].name, "USB hub");
    EXPECT_TRUE(all[1].built_in);
}

TEST_F(HardwareTest, AMakersNameIsNotSaidTwice) {
    add_hub("1-2", {"bDeviceClass", "09", "manufacturer", "QEMU", "product", "QEMU USB Hub"});
    add_hub("1-3", {"bDeviceClass", "09", "manufacturer", "QEMU"});
    add_hub("1-4", {"bDeviceClass", "09", "product", "A Hub"});
    EXPECT_THAT(read(), ElementsAre(Field(&Device::name, "QEMU USB Hub"), Field(&Device::name, "QEMU"),
                                    Field(&Device::name, "A Hub")));
}

TEST_F(HardwareTest, WhatIsBehindOneBeginsWithItsPath) {
    const std::string hub = add_hub("1-2", {"bDeviceClass", "09", "idVendor", "1", "idProduct", "2"});
    add("input", "event9", hub, {},
        {"DEVNAME", "/dev/input/event9", "ID_INPUT_KEYBOARD", "1", "ID_MODEL", "A_Keyboard"});
    add("sound", "controlC1", hub, {}, {"DEVNAME", "/dev/snd/controlC1"});
    add("net", "eth1", hub, {}, {"INTERFACE", "eth1"});
    for (const Device& device : read()) {
        EXPECT_TRUE(device.kind == DeviceKind::hub ||
                    model::is_behind(device.path, hub.substr(std::string{"/sys"}.size())))
            << device.path;
    }
    EXPECT_THAT(read(),
                ElementsAre(Field(&Device::kind, DeviceKind::hub),
                            AllOf(Field(&Device::kind, DeviceKind::sound), Field(&Device::node, "/dev/snd/controlC1")),
                            AllOf(Field(&Device::kind, DeviceKind::network), Field(&Device::name, "eth1")),
                            AllOf(Field(&Device::kind, DeviceKind::keyboard), Field(&Device::name, "A_Keyboard"),
                                  Field(&Device::node, "/dev/input/event9"))));
}

TEST_F(HardwareTest, InputsAreKnownByWhatUdevFoundOfThem) {
    const std::vector<std::pair<const char*, DeviceKind>> rows{
        {"ID_INPUT_KEYBOARD", DeviceKind::keyboard}, {"ID_INPUT_MOUSE", DeviceKind::mouse},
        {"ID_INPUT_TOUCHPAD", DeviceKind::mouse},    {"ID_INPUT_TOUCHSCREEN", DeviceKind::touch},
        {"ID_INPUT_TABLET", DeviceKind::touch},      {"ID_INPUT_JOYSTICK", DeviceKind::joystick},
        {"ID_INPUT_SWITCH", DeviceKind::other}};
    int number = 0;
    for (const auto& [property, kind] : rows) {
        const std::string name = "event" + std::to_string(number++);
        const std::string path = add("input", name.c_str(), "", {}, {"ID_INPUT", "1", property, "1"});
        const std::vector<Device> all = read();
        ASSERT_EQ(all.size(), static_cast<std::size_t>(number));
        EXPECT_EQ(all.back().kind, kind) << property;
    }
    add("input", "input5", "", {}, {"ID_INPUT_MOUSE", "1"});
    EXPECT_EQ(read().size(), rows.size()) << "what has no event node is a part of what has";
}

TEST_F(HardwareTest, TheOtherKinds) {
    add("drm", "card2", "", {}, {"DEVNAME", "/dev/dri/card2", "ID_SEAT", "seat1"});
    add("drm", "card2-DP-1", "", {}, {});
    add("drm", "renderD129", "", {}, {"DEVNAME", "/dev/dri/renderD129"});
    add("video4linux", "video0", "", {}, {"DEVNAME", "/dev/video0"});
    add("block", "sda", "", {}, {"DEVNAME", "/dev/sda", "DEVTYPE", "disk"});
    add("block", "sda1", "", {}, {"DEVNAME", "/dev/sda1", "DEVTYPE", "partition"});
    add("sound", "card1", "", {}, {});
    add("thunderbolt", "0-0", "", {"unique_id", "host"}, {"DEVTYPE", "thunderbolt_device"});
    add("thunderbolt", "0-1", "", {"unique_id", "c0-ffee", "vendor_name", "CalDigit", "device_name", "TS4"},
        {"DEVTYPE", "thunderbolt_device"});
    add("platform", "dock.0", "", {"type", "dock_station", "docked", "1"}, {});
    add("platform", "dock.1", "", {"type", "dock_station", "docked", "0"}, {});
    std::map<DeviceKind, Device> found;
    for (const Device& device : read()) {
        EXPECT_TRUE(found.emplace(device.kind, device).second) << device.path;
    }
    ASSERT_EQ(found.size(), 5U);
    EXPECT_EQ(found.at(DeviceKind::gpu).seat, SeatName{"seat1"});
    EXPECT_EQ(found.at(DeviceKind::camera).node, "/dev/video0");
    EXPECT_EQ(found.at(DeviceKind::storage).node, "/dev/sda");
    EXPECT_EQ(found.at(DeviceKind::thunderbolt).id, "thunderbolt:c0-ffee");
    EXPECT_EQ(found.at(DeviceKind::thunderbolt).name, "CalDigit TS4");
    EXPECT_EQ(found.at(DeviceKind::base).id, "base:dock.0");
}

TEST_F(HardwareTest, AThunderboltDevicesTunnelLeadsToThePciDeviceThatMayBeTakenOff) {
    const auto of_pci = [this](const char* name, const std::string& parent, const char* removable) {
        return add("pci", name, parent, {"removable", removable}, {}).substr(4); // without "/sys"
    };
    const std::string port = of_pci("0000:00:07.0", "", "fixed");
    const std::string place = of_pci("0000:05:00.0", "/sys" + port, "removable");
    of_pci("0000:06:02.0", "/sys" + place, "removable");
    const std::string dock = add("thunderbolt", "0-1", "", {"unique_id", "c0-ffee"}, {"DEVTYPE", "thunderbolt_device"});
    add("thunderbolt", "0-301", dock, {"unique_id", "behind-it"}, {"DEVTYPE", "thunderbolt_device"});
    std::vector<Device> found = read();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].companion, place);
    EXPECT_EQ(found[1].companion, "") << "what is behind the first is";
    const std::string other = of_pci("0000:00:08.0", "", "removable");
    EXPECT_EQ(read()[0].companion, "") << "two places: nobody knows which";
    umockdev_testbed_remove_device(testbed, ("/sys" + other).c_str());
    EXPECT_EQ(read()[0].companion, place);
    add("thunderbolt", "1-1", "", {"unique_id", "on-another-port"}, {"DEVTYPE", "thunderbolt_device"});
    for (const Device& device : read()) {
        EXPECT_EQ(device.companion, "") << "two devices: nobody knows whose";
    }
}

/// What a file that is no text is set by.
void put_edid(UMockdevTestbed* testbed, const std::string& output, std::string edid) {
    umockdev_testbed_set_attribute_binary(testbed, output.c_str(), "edid", reinterpret_cast<guint8*>(edid.data()),
                                          static_cast<gint>(edid.size()));
}

TEST_F(HardwareTest, AScreenIsKnownByItsEdidAndHasTheSeatOfItsCard) {
    const std::string card = add("drm", "card2", "", {}, {"DEVNAME", "/dev/dri/card2", "ID_SEAT", "seat1"});
    const std::string output = add("drm", "card2-DP-1", card, {"status", "connected\n"}, {});
    std::string block = edid::made_edid();
    edid::put_text(block, 1, 0xfc, "DELL U2720Q");
    edid::put_text(block, 2, 0xff, "7MT:0187");
    put_edid(testbed, output, block + std::string(edid::block_size, '\1'));
    const std::vector<Device> all = read();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[1].kind, DeviceKind::display);
    EXPECT_EQ(all[1].id, "edid:DEL:a0b1:7MT_0187");
    EXPECT_EQ(all[1].name, "DELL U2720Q on DP-1");
    EXPECT_EQ(all[1].seat, SeatName{"seat1"});
    EXPECT_EQ(all[1].node, "");
    EXPECT_FALSE(all[1].built_in);
}

TEST_F(HardwareTest, AScreenThatSaysNothingOfItselfIsOneAndAnEmptyOutputIsNone) {
    const std::string card = add("drm", "card0", "", {}, {"DEVNAME", "/dev/dri/card0"});
    add("drm", "card0-HDMI-A-1", card, {"status", "disconnected\n"}, {});
    put_edid(testbed, add("drm", "card0-DP-1", card, {"status", "connected\n"}, {}), "no EDID");
    put_edid(testbed, add("drm", "card0-eDP-1", card, {"status", "connected\n"}, {}), edid::made_edid(0));
    EXPECT_THAT(read(), ElementsAre(Field(&Device::kind, DeviceKind::gpu),
                                    AllOf(Field(&Device::id, ""), Field(&Device::name, "Screen on DP-1"),
                                          Field(&Device::built_in, false)),
                                    AllOf(Field(&Device::id, "edid:DEL:a0b1"), Field(&Device::name, "DEL on eDP-1"),
                                          Field(&Device::built_in, true))));
}

TEST_F(HardwareTest, WhatNoHardwareIsBehindIsLeftOut) {
    for (const char* device : {"P: /devices/virtual/net/veth0\nE: SUBSYSTEM=net\n",
                               "P: /devices/virtual/block/loop0\nE: SUBSYSTEM=block\nE: DEVTYPE=disk\n"}) {
        ASSERT_TRUE(umockdev_testbed_add_from_string(testbed, device, nullptr));
    }
    EXPECT_THAT(read(), IsEmpty());
    ASSERT_TRUE(umockdev_testbed_add_from_string(testbed, "P: /devices/pci0/net/eth0\nE: SUBSYSTEM=net\n", nullptr));
    EXPECT_EQ(read().size(), 1U);
}

TEST_F(HardwareTest, AHubThatIsPluggedIsToldAndItsRemovalToo) {
    std::vector<Device> told{Device{}};
    int calls = 0;
    devices = std::make_unique<UdevDevices>(
        io, std::vector{SeatName{"seat0"}}, [](const SeatName&, const std::vector<std::string>&) {},
        UdevDevices::Settle{std::chrono::milliseconds{20}, std::chrono::milliseconds{200}});
    devices->follow_hardware([&](std::vector<Device> all) {
        ++calls;
        told = std::move(all);
    });
    ASSERT_TRUE(devices->start().has_value());
    ASSERT_TRUE(run_until([&] { return calls == 1; }));
    EXPECT_THAT(told, IsEmpty()) << "none is told, too";
    const std::string hub = add_hub("1-2", {"bDeviceClass", "09", "idVendor", "1", "idProduct", "2"});
    ASSERT_TRUE(run_until([&] { return calls == 2; }));
    EXPECT_THAT(told, ElementsAre(Field(&Device::id, "usb:1:2")));
    umockdev_testbed_uevent(testbed, hub.c_str(), "change");
    umockdev_testbed_uevent(testbed, hub.c_str(), "remove");
    umockdev_testbed_remove_device(testbed, hub.c_str());
    ASSERT_TRUE(run_until([&] { return calls == 3; }));
    EXPECT_THAT(told, IsEmpty());
}

} // namespace
} // namespace berth::os
