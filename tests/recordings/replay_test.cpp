#include "linux/hardware.hpp"
#include "policy/docks.hpp"
#include "recording/serials.hpp"
#include "recording/text.hpp"
#include "recordings/testbed.hpp"
#include "support/scratch_folder.hpp"
#include "udev_handles/udev_handles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>

/// What berth makes of a recording: the docks of seat0 at its beginning and after each event.
namespace berth::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using recording::Event;
using recording::Recording;

class DockReplay : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!Testbed::is_possible()) {
            GTEST_SKIP() << "runs only under umockdev-wrapper";
        }
    }

    /// [identity, kinds by their names] of each dock, then [identity, [name]] of each screen.
    static json docks_of(udev* context) {
        const auto devices = os::read_hardware(context);
        EXPECT_TRUE(devices.has_value());
        json docks = json::array();
        for (const model::Dock& dock :
             policy::docks_of(devices ? *devices : std::vector<model::Device>{}, model::SeatName{"seat0"})) {
            std::vector<std::string> has;
            for (const model::DeviceKind kind : dock.has) {
                has.emplace_back(model::name_of(kind));
            }
            std::sort(has.begin(), has.end());
            docks.push_back(json::array({dock.id, has}));
        }
        for (const model::Display& screen :
             policy::displays_of(devices ? *devices : std::vector<model::Device>{}, model::SeatName{"seat0"})) {
            docks.push_back(json::array({screen.id, {screen.name}}));
        }
        return docks;
    }

    /// The docks over time, without those that are as they were before.
    static json states_of(const Recording& recording) {
        Testbed testbed;
        const UdevHandle<udev> context{udev_new()};
        testbed.put(recording.begin);
        json states = json::array({docks_of(context.get())});
        for (const Event& event : recording.events) {
            testbed.apply(event);
            json docks = docks_of(context.get());
            if (docks != states.back()) {
                states.push_back(std::move(docks));
            }
        }
        return states;
    }

    static Recording read(const fs::path& file) {
        auto recording = recording::parse(read_file(file.string()), file.filename().string());
        EXPECT_TRUE(recording.has_value()) << recording.error().message;
        return recording ? std::move(*recording) : Recording{};
    }

    static std::vector<fs::path> all_recordings() {
        std::vector<fs::path> files;
        for (const auto& entry : fs::directory_iterator{BERTH_RECORDINGS}) {
            if (entry.path().extension() == ".docks") {
                files.push_back(entry.path());
            }
        }
        std::sort(files.begin(), files.end());
        return files;
    }

    /// Without the identities.
    static json kinds_of(json states) {
        for (json& docks : states) {
            for (json& dock : docks) {
                dock.erase(0);
            }
        }
        return states;
    }
};

TEST_F(DockReplay, EachRecordingHasTheDocksThatItsExpectationSays) {
    const auto files = all_recordings();
    EXPECT_FALSE(files.empty()) << BERTH_RECORDINGS;
    for (const fs::path& file : files) {
        SCOPED_TRACE(file.filename().string());
        const fs::path expectation = fs::path{file}.replace_extension(".expected.json");
        const json expected = json::parse(read_file(expectation.string()), nullptr, false);
        const Recording recording = read(file);
        EXPECT_EQ(recording.torn_line, 0);
        const json states = states_of(recording);
        EXPECT_TRUE(expected.is_array()) << expectation << " is missing, or no list";
        EXPECT_TRUE(states == expected) << "the docks are\n" << states.dump(2);
    }
}

TEST_F(DockReplay, WhatCanBePublishedHasTheSameDocks) {
    for (const fs::path& file : all_recordings()) {
        SCOPED_TRACE(file.filename().string());
        const Recording recording = read(file);
        recording::SerialHider hider;
        Recording published{.begin = hider.hide(recording.begin)};
        for (const Event& event : recording.events) {
            published.events.push_back(hider.hide(event));
        }
        EXPECT_EQ(kinds_of(states_of(published)), kinds_of(states_of(recording)));
    }
}

/// A USB 3 dock: two hubs on one plug. Its network is at the fast one, its sound at the other.
class TwoSpeeds : public DockReplay {
  protected:
    static std::string device(const std::string& path, const std::string& lines) {
        return "P: /devices/pci0/" + path + "\n" + lines + "\n";
    }

    static std::string hub(const std::string& path, const std::string& product, const std::string& other = {}) {
        return device(path, "E: DEVTYPE=usb_device\nE: SUBSYSTEM=usb\nA: bDeviceClass=09\nA: idProduct=" + product +
                                "\nA: idVendor=17ef\n" + (other.empty() ? "" : "L: port/peer/device=" + other + "\n"));
    }

    static std::string event(const std::string& action, const std::string& path, const std::string& devices = {}) {
        return "# event 1 " + action + " /devices/pci0/" + path + "\n" + devices;
    }

    static Recording recording_of(const std::string& text) {
        auto recording = recording::parse(recording::begin_text() + text, "text");
        EXPECT_TRUE(recording.has_value()) << recording.error().message;
        return recording ? std::move(*recording) : Recording{};
    }

    const std::string slow = hub("usb1/1-2", "0001");
    const std::string fast = hub("usb2/2-2", "0002", "../../../../usb1/1-2");
    const std::string network = device("usb2/2-2/net/eth1", "E: INTERFACE=eth1\nE: SUBSYSTEM=net\n");
    const std::string sound = device("usb1/1-2/sound/controlC1", "E: SUBSYSTEM=sound\n");
};

TEST_F(TwoSpeeds, TheOtherHalfIsFoundByTheLinkThatTheRecordingHas) {
    EXPECT_EQ(states_of(recording_of(slow + fast + network + sound)),
              json::parse(R"([[["usb:17ef:0001", ["network", "sound"]]]])"));
    EXPECT_EQ(states_of(recording_of(slow + hub("usb2/2-2", "0002") + network + sound)),
              json::parse(R"([[["usb:17ef:0001", ["sound"]], ["usb:17ef:0002", ["network"]]]])"))
        << "without it they are two";
}

TEST_F(TwoSpeeds, ALinkThatComesLaterIsSeenAndItGoesWithItsDevice) {
    const json states =
        states_of(recording_of(hub("usb2/2-2", "0002") + network + event("add", "usb1/1-2", slow) +
                               event("add", "usb1/1-2/sound/controlC1", sound) + event("bind", "usb2/2-2", fast) +
                               event("remove", "usb2/2-2") + event("add", "usb2/2-2", fast)));
    EXPECT_EQ(states, json::parse(R"([[["usb:17ef:0002", ["network"]]],
                                      [["usb:17ef:0001", ["sound"]], ["usb:17ef:0002", ["network"]]],
                                      [["usb:17ef:0001", ["network", "sound"]]],
                                      [["usb:17ef:0001", ["sound"]]]])"));
}

TEST_F(TwoSpeeds, WhatIsNotToldOfAfterALossIsGoneAndWhatIsToldOfIsThere) {
    const json states =
        states_of(recording_of(slow + sound + "# overflow 7\n" + fast + network + "# overflow 8\n" + slow));
    EXPECT_EQ(states, json::parse(R"([[["usb:17ef:0001", ["sound"]]], [["usb:17ef:0002", ["network"]]], []])"));
}

TEST_F(TwoSpeeds, ADiskThatComesBackIsTakenAndANetworkThatIsRenamedIsOne) {
    const std::string disk = device("usb1/1-2/block/sda", "E: DEVNAME=/dev/sda\nE: DEVTYPE=disk\nE: SUBSYSTEM=block\n");
    const std::string renamed = device("usb1/1-2/net/enx1", "E: DEVPATH_OLD=/devices/pci0/usb1/1-2/net/eth0\n"
                                                            "E: INTERFACE=enx1\nE: SUBSYSTEM=net\n");
    const json states =
        states_of(recording_of(slow + device("usb1/1-2/net/eth0", "E: INTERFACE=eth0\nE: SUBSYSTEM=net\n") +
                               event("move", "usb1/1-2/net/enx1", renamed) + event("add", "usb1/1-2/block/sda", disk) +
                               event("remove", "usb1/1-2/block/sda") + event("add", "usb1/1-2/block/sda", disk) +
                               event("remove", "usb1/1-2/net/enx1")));
    EXPECT_EQ(states, json::parse(R"([[["usb:17ef:0001", ["network"]]],
                                      [["usb:17ef:0001", ["network", "storage"]]],
                                      [["usb:17ef:0001", ["network"]]],
                                      [["usb:17ef:0001", ["network", "storage"]]],
                                      []])"));
}

} // namespace
} // namespace berth::test
