#include "recording/selection.hpp"

#include <gtest/gtest.h>

#include <algorithm>

/// What berth reads is recorded, and what may say more of a person than of a dock is not.
namespace berth::recording {
namespace {

bool is_recorded_attribute(const std::string& name) {
    const std::vector<std::string>& all = recorded_attributes();
    return std::find(all.begin(), all.end(), name) != all.end();
}

TEST(RecordingSelection, WhatBerthReadsOfADeviceIsRecorded) { // daemon/linux/hardware.cpp
    for (const char* name : {"bDeviceClass", "idVendor", "idProduct", "serial", "manufacturer", "product", "removable",
                             "vendor_name", "device_name", "unique_id", "name", "type", "docked"}) {
        EXPECT_TRUE(is_recorded_attribute(name)) << name;
    }
    for (const char* name :
         {"SUBSYSTEM", "DEVTYPE", "DEVNAME", "INTERFACE", "ID_SEAT", "ID_MODEL", "ID_MODEL_FROM_DATABASE",
          "ID_INPUT_TOUCHSCREEN", "ID_INPUT_TABLET", "ID_INPUT_TOUCHPAD", "ID_INPUT_MOUSE", "ID_INPUT_JOYSTICK",
          "ID_INPUT_KEYBOARD", "ID_INPUT_KEY", "DEVPATH_OLD"}) {
        EXPECT_TRUE(is_recorded_property(name)) << name;
    }
}

TEST(RecordingSelection, WhatNobodyAskedForIsNot) {
    for (const char* name : {"ID_FS_LABEL", "ID_FS_UUID", "ID_PART_TABLE_UUID", "DEVLINKS", "ID_WWN", "ID_MM_CANDIDATE",
                             "SEQNUM", "ACTION", "DEVPATH", "USEC_INITIALIZED", "TAGS", "ID_MODE", "XID_SEAT", ""}) {
        EXPECT_FALSE(is_recorded_property(name)) << name;
    }
    for (const char* name : {"uevent", "wwid", "config", "descriptors", "vpd_pg80", "inquiry"}) {
        EXPECT_FALSE(is_recorded_attribute(name)) << name;
    }
}

TEST(RecordingSelection, AttributesAreSortedAndEachIsNamedOnce) {
    const std::vector<std::string>& all = recorded_attributes();
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
    EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
    for (const std::string& name : all) {
        EXPECT_FALSE(name.starts_with('/') || name.find("..") != std::string::npos) << name;
    }
}

TEST(RecordingSelection, DevicesOfTheSubsystemsThatBerthLooksAtAreRecorded) {
    struct Row {
        Traits device;
        bool recorded;
    };

    const std::vector<Row> rows{
        {{"/devices/usb1/1-2", "usb", "usb_device", ""}, true},
        {{"/devices/usb1/1-2/1-2:1.0", "usb", "usb_interface", ""}, true},
        {{"/devices/domain0/0-0/0-1", "thunderbolt", "thunderbolt_device", ""}, true},
        {{"/devices/usb1/input/input5", "input", "", ""}, true},
        {{"/devices/usb1/input/input5/event5", "input", "", ""}, true},
        {{"/devices/usb1/sound/card1/controlC1", "sound", "", ""}, true},
        {{"/devices/usb1/video4linux/video0", "video4linux", "", ""}, true},
        {{"/devices/usb1/net/eth1", "net", "", "1"}, true},
        {{"/devices/pci/drm/card0/card0-DP-1", "drm", "drm_connector", ""}, true},
        {{"/devices/usb1/block/sda", "block", "disk", ""}, true},
        {{"/devices/usb1/block/sda/sda1", "block", "partition", ""}, false},
        {{"/devices/platform/dock.0", "platform", "", "dock_station"}, true},
        {{"/devices/platform/serial8250", "platform", "", ""}, false},
        {{"/devices/virtual/net/veth0", "net", "", "1"}, false},
        {{"/devices/virtual/block/loop0", "block", "disk", ""}, false},
        {{"/devices/usb1/1-2/0003:046D:C31C.0001", "hid", "", ""}, false},
        {{"/devices/pci0000:00", "", "", ""}, false},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(is_recorded(row.device), row.recorded) << row.device.path;
    }
}

} // namespace
} // namespace berth::recording
