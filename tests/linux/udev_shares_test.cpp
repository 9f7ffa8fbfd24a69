#include "linux/seat_shares.hpp"
#include "linux/udev_shares.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <umockdev.h>

namespace berth::os {
namespace {

using model::SeatName;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const SeatName first_seat{"seat0"};
const SeatName second_seat{"seat1"};

/// Cameras and USB devices of the test's own (umockdev), seen by this process alone.
class UdevSharesTest : public ::testing::Test {
  protected:
    void SetUp() override {
        const char* preloaded = std::getenv("LD_PRELOAD"); // NOLINT(concurrency-mt-unsafe): one thread
        if (preloaded == nullptr || std::string{preloaded}.find("umockdev") == std::string::npos) {
            GTEST_SKIP() << "runs only under umockdev-wrapper";
        }
        testbed = umockdev_testbed_new();
    }

    void TearDown() override { g_clear_object(&testbed); }

    /// As `umockdev-record` writes it: properties and attributes, one a line.
    void add(const std::string& record) {
        GError* error = nullptr;
        ASSERT_TRUE(umockdev_testbed_add_from_string(testbed, (record + "\n\n").c_str(), &error))
            << (error == nullptr ? "" : error->message);
    }

    void add_camera(const std::string& name, const std::string& properties) {
        add("P: /devices/virtual/video4linux/" + name + "\nN: " + name +
            "\nE: SUBSYSTEM=video4linux\nE: DEVNAME=/dev/" + name + properties);
    }

    void add_usb(const std::string& name, const std::string& node, const std::string& vendor,
                 const std::string& product, const std::string& device_class, const std::string& properties = {}) {
        add("P: /devices/pci0000:00/usb1/" + name + "\nN: bus/usb/" + node +
            "\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\nE: DEVNAME=/dev/bus/usb/" + node + properties +
            "\nA: idVendor=" + vendor + "\nA: idProduct=" + product + "\nA: bDeviceClass=" + device_class);
    }

    UdevShares shares_of(const SeatName& seat) {
        auto found = udev_shares(seat);
        EXPECT_TRUE(found.has_value()) << found.error().message;
        return found ? *found : UdevShares{};
    }

    UMockdevTestbed* testbed{nullptr};
};

TEST_F(UdevSharesTest, OnAHostWithoutDevicesThereIsNothing) {
    EXPECT_THAT(shares_of(first_seat).cameras, IsEmpty());
    EXPECT_THAT(shares_of(first_seat).usb, IsEmpty());
}

TEST_F(UdevSharesTest, ACameraIsWhatCaptures) {
    add_camera("video2", "\nE: ID_V4L_CAPABILITIES=:capture:");
    add_camera("video1", "\nE: ID_V4L_CAPABILITIES=:");
    add_camera("video0", "\nE: ID_V4L_CAPABILITIES=:capture:video_overlay:");
    add_camera("video3", "\nE: ID_V4L_CAPABILITIES=:video_output:");
    add_camera("video4", "");
    add_camera("v4l-subdev0", "");
    EXPECT_THAT(shares_of(first_seat).cameras, ElementsAre("/dev/video0", "/dev/video2", "/dev/video4"));
}

TEST_F(UdevSharesTest, AUsbDeviceIsFoundByItsOwnIdsAndAHubIsNot) {
    add_usb("1-0", "001/001", "1d6b", "0002", "09");
    add_usb("1-2", "001/005", "046d", "c52b", "00");
    add_usb("1-1", "001/003", "046d", "c52b", "00");
    add_usb("1-3", "001/004", "0781", "5581", "00");
    add("P: /devices/pci0000:00/usb1/1-3/1-3:1.0\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_interface");
    EXPECT_THAT(shares_of(first_seat).usb,
                ElementsAre(Pair("046d:c52b", ElementsAre("/dev/bus/usb/001/003", "/dev/bus/usb/001/005")),
                            Pair("0781:5581", ElementsAre("/dev/bus/usb/001/004"))));
}

TEST_F(UdevSharesTest, EachSeatHasItsOwn) {
    add_camera("video0", "\nE: ID_V4L_CAPABILITIES=:capture:");
    add_camera("video1", "\nE: ID_V4L_CAPABILITIES=:capture:\nE: ID_SEAT=seat1");
    add_usb("1-1", "001/003", "046d", "c52b", "00", "\nE: ID_SEAT=seat1");
    add_usb("1-2", "001/004", "0781", "5581", "00", "\nE: ID_SEAT=seat0");
    EXPECT_THAT(shares_of(first_seat).cameras, ElementsAre("/dev/video0"));
    EXPECT_THAT(shares_of(second_seat).cameras, ElementsAre("/dev/video1"));
    EXPECT_THAT(shares_of(first_seat).usb, ElementsAre(Pair("0781:5581", ElementsAre("/dev/bus/usb/001/004"))));
    EXPECT_THAT(shares_of(second_seat).usb, ElementsAre(Pair("046d:c52b", ElementsAre("/dev/bus/usb/001/003"))));
    EXPECT_THAT(shares_of(SeatName{"seat2"}).cameras, IsEmpty());
}

TEST_F(UdevSharesTest, TheirNodesAreKnownWithTheSeatsOwn) {
    add_camera("video0", "\nE: ID_V4L_CAPABILITIES=:capture:\nE: MAJOR=81\nE: MINOR=0\nA: dev=81:0");
    add_usb("1-1", "001/003", "046d", "c52b", "00", "\nE: MAJOR=189\nE: MINOR=2\nA: dev=189:2");
    add("P: /devices/virtual/input/event3\nN: input/event3\nE: SUBSYSTEM=input\nE: DEVNAME=/dev/input/event3\n"
        "A: dev=13:67");
    model::Seat seat;
    seat.name = first_seat;
    seat.devices = {"/dev/input/event3"};
    using enum model::GrantKind;
    const auto nodes = SeatShares{"/proc/no-such-folder"}.find(seat, {camera, usb, input}).nodes;
    EXPECT_EQ(nodes.at("/dev/video0").major, 81U);
    EXPECT_EQ(nodes.at("/dev/video0").minor, 0U);
    EXPECT_EQ(nodes.at("/dev/bus/usb/001/003").major, 189U);
    EXPECT_EQ(nodes.at("/dev/bus/usb/001/003").minor, 2U);
    EXPECT_EQ(nodes.at("/dev/input/event3").minor, 67U);
}

} // namespace
} // namespace berth::os
