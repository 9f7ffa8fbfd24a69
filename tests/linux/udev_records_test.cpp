#include "base/unique_fd.hpp"
#include "linux/udev_records.hpp"
#include "support/scratch_folder.hpp"
#include "udev_events/client_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <atomic>
#include <fcntl.h>
#include <random>
#include <thread>
#include <unistd.h>

namespace berth::os {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

constexpr const char* full = "c1:7"; // /dev/full, which every Linux has

/// udev's run-time folder, made by the test.
class UdevRecordsTest : public ::testing::Test {
  protected:
    UdevRecordsTest() { fs::create_directory(scratch.path() + "/data"); }

    [[nodiscard]] std::string path(const std::string& id) const { return scratch.path() + "/data/" + id; }

    void write(const std::string& id, const std::string& text) const { test::write_file(path(id), text); }

    /// The sentence of a record that is refused.
    [[nodiscard]] std::string refusal(const std::string& id) const {
        const auto found = records.find(id);
        return found ? "none" : found.error().message;
    }

    test::ScratchFolder scratch;
    UdevRecords records{scratch.path()};
};

TEST_F(UdevRecordsTest, ARecordIsFoundAsAClientMaySeeIt) {
    write(full, "S:disk/x\nE:ID_INPUT=1\nE:ID_SEAT=seat1\nG:seat\nV:1\n");
    const auto found = records.find(full);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(*found, "E:ID_INPUT=1\nV:1\n");
    write(full, "");
    EXPECT_EQ(*records.find(full), "") << "there is one, and it is empty";
}

TEST_F(UdevRecordsTest, WhereThereIsNoneOrNoUdevThereIsNothingAndNoError) {
    EXPECT_EQ(*records.find(full), std::nullopt);
    EXPECT_EQ(*UdevRecords{scratch.path() + "/no/such"}.find(full), std::nullopt);
}

TEST_F(UdevRecordsTest, ANameThatIsNoDevicesIsRefused) {
    write("n3", "E:A=1\n");
    for (const char* id : {"../c1:7", "", "n3", "c1:7/", "/etc/passwd"}) {
        const auto found = records.find(id);
        ASSERT_FALSE(found) << id;
        EXPECT_EQ(found.error().code, ErrorCode::invalid_argument) << id;
    }
}

TEST_F(UdevRecordsTest, ALinkIsNotFollowed) {
    test::write_file(scratch.path() + "/secret", "E:SECRET=1\n");
    fs::create_symlink(scratch.path() + "/secret", path(full));
    EXPECT_THAT(refusal(full), HasSubstr("/data/c1:7: it is a link"));
}

TEST_F(UdevRecordsTest, WhatIsNoFileIsRefusedAndNotWaitedFor) {
    ASSERT_EQ(::mkfifo(path(full).c_str(), 0600), 0);
    EXPECT_THAT(refusal(full), HasSubstr("no regular file"));
    fs::create_directory(path("c1:8"));
    EXPECT_THAT(refusal("c1:8"), HasSubstr("no regular file"));
}

TEST_F(UdevRecordsTest, ARecordOfAMegabyteIsRefused) {
    write(full, std::string(std::size_t{1024} * 1024, 'x'));
    EXPECT_THAT(refusal(full), HasSubstr("longer than any"));
    write(full, "E:A=" + std::string(udev_events::longest_record - 5, 'x') + "\n");
    EXPECT_TRUE(records.find(full)) << "the longest that is read";
    write(full, "E:A=" + std::string(udev_events::longest_record - 4, 'x') + "\n");
    EXPECT_THAT(refusal(full), HasSubstr("longer than any"));
}

/// Replaces the record again and again, while `look` looks.
template <class Replace, class Look>
void while_replaced(Replace&& replace, Look&& look) {
    std::atomic<bool> over{false};
    std::atomic<int> rounds{0};
    std::thread writer{[&] {
        for (int round = 0; !over; ++round) {
            replace(round);
            rounds = round;
        }
    }};
    for (int looks = 0; looks < 2'000 || rounds < 100; ++looks) {
        look();
    }
    over = true;
    writer.join();
}

TEST_F(UdevRecordsTest, ARecordThatUdevReplacesWhileItIsReadIsOneOrTheOther) {
    const std::string one = "E:WHICH=one\nE:PADDING=" + std::string(20'000, '1') + "\n";
    const std::string other = "E:WHICH=other\nE:PADDING=" + std::string(30'000, '2') + "\n";
    write(full, one);
    while_replaced(
        [&](int round) { // as udev does: a new file, and its name last
            test::write_file(scratch.path() + "/new", round % 2 == 0 ? other : one);
            fs::rename(scratch.path() + "/new", path(full));
        },
        [&] {
            if (const auto found = records.find(full)) {
                ASSERT_TRUE(*found == one || *found == other) << (*found ? (*found)->size() : 0);
            } else {
                EXPECT_THAT(found.error().message, HasSubstr("faster than it can be read"));
            }
        });
}

TEST_F(UdevRecordsTest, ARecordThatIsWrittenInPlaceIsNeverHalfALine) {
    std::string text;
    for (int line = 0; line < 500; ++line) {
        text += "E:KEY=1234567890\n";
    }
    write(full, text);
    while_replaced([&](int) { write(full, text); },
                   [&] {
                       const auto found = records.find(full);
                       if (found && *found) {
                           EXPECT_EQ((*found)->size() % std::string{"E:KEY=1234567890\n"}.size(), 0U);
                       }
                   });
}

TEST_F(UdevRecordsTest, WhateverBytesARecordHasWhatIsLeftIsWholeLines) {
    std::mt19937 random{20240611}; // NOLINT(cert-msc51-cpp): the same bytes each time
    std::uniform_int_distribution<int> letter{0, 7};
    constexpr std::string_view alphabet{"EG:=\n\0S1", 8};
    for (int round = 0; round < 300; ++round) {
        std::string text;
        for (int at = 0; at < 200; ++at) {
            text.push_back(alphabet[static_cast<std::size_t>(letter(random))]);
        }
        write(full, text);
        const auto found = records.find(full);
        ASSERT_TRUE(found) << found.error().message;
        EXPECT_EQ((*found)->find('\0'), std::string::npos);
        EXPECT_TRUE((*found)->empty() || (*found)->back() == '\n');
        EXPECT_EQ(udev_events::record_for_client(**found), **found) << "there is nothing more to leave out";
    }
}

TEST_F(UdevRecordsTest, ADeviceIsWhatSysfsAndItsRecordSay) {
    if (!fs::exists("/sys/dev/char/1:7")) {
        GTEST_SKIP() << "there is no /sys/dev/char/1:7";
    }
    EXPECT_FALSE(records.device(full)) << "udev is not through with it";
    write(full, "E:ID_MODEL=hole\nE:ID_SEAT=seat1\nG:own\nG:seat\nV:1\n");
    const auto device = records.device(full);
    ASSERT_TRUE(device);
    EXPECT_THAT(device->properties, Contains(Pair("DEVPATH", "/devices/virtual/mem/full")));
    EXPECT_THAT(device->properties, Contains(Pair("SUBSYSTEM", "mem")));
    EXPECT_THAT(device->properties, Contains(Pair("DEVNAME", "/dev/full")));
    EXPECT_THAT(device->properties, Contains(Pair("ID_MODEL", "hole")));
    EXPECT_THAT(device->properties, Contains(Pair("TAGS", ":own:")));
    EXPECT_THAT(device->properties, Not(Contains(Key("ID_SEAT"))));
    EXPECT_THAT(device->tags, ::testing::ElementsAre("own"));
    EXPECT_EQ(udev_events::id_of(*device), full);
}

TEST_F(UdevRecordsTest, ADeviceThatIsNotThereIsNone) {
    write("c4095:77", "E:A=1\n");
    EXPECT_FALSE(records.device("c4095:77"));
    EXPECT_FALSE(records.device("no device"));
}

/// A client's copies.
class UdevRecordsCopied : public UdevRecordsTest {
  protected:
    test::ScratchFolder door;
    UniqueFd folder{::open(door.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    std::string copy = door.path() + "/c1:7";
};

TEST_F(UdevRecordsCopied, ACopyIsKeptAsTheHostsRecordIs) {
    write(full, "E:A=1\nG:seat\n");
    ASSERT_TRUE(records.renew(folder.get(), full, true));
    EXPECT_EQ(test::read_file(copy), "E:A=1\n");
    EXPECT_EQ(fs::status(copy).permissions(), fs::perms{0644});
    write(full, "E:A=2\n");
    ASSERT_TRUE(records.renew(folder.get(), full, true));
    EXPECT_EQ(test::read_file(copy), "E:A=2\n");
    const auto written = fs::last_write_time(copy);
    ASSERT_TRUE(records.renew(folder.get(), full, true));
    EXPECT_EQ(fs::last_write_time(copy), written) << "what is right is left alone";
    fs::remove(path(full));
    ASSERT_TRUE(records.renew(folder.get(), full, true));
    EXPECT_FALSE(fs::exists(copy));
}

TEST_F(UdevRecordsCopied, ACopyThatIsNotToBeShownGoes) {
    write(full, "E:A=1\n");
    ASSERT_TRUE(records.renew(folder.get(), full, true));
    ASSERT_TRUE(records.renew(folder.get(), full, false));
    EXPECT_FALSE(fs::exists(copy));
    EXPECT_TRUE(records.renew(folder.get(), full, false)) << "and is gone";
}

TEST_F(UdevRecordsCopied, ARecordThatIsRefusedIsAnErrorAndTheCopyStays) {
    write(full, "E:A=1\n");
    ASSERT_TRUE(records.renew(folder.get(), full, true));
    write(full, std::string(std::size_t{1024} * 1024, 'x'));
    EXPECT_FALSE(records.renew(folder.get(), full, true));
    EXPECT_EQ(test::read_file(copy), "E:A=1\n");
    EXPECT_FALSE(records.renew(folder.get(), "../c1:7", true));
}

} // namespace
} // namespace berth::os
