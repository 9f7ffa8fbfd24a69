#include "linux/directories.hpp"
#include "linux/seat_states.hpp"
#include "support/filled.hpp"
#include "support/sanitizers.hpp"
#include "support/shortage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <unistd.h>

/// No descriptor, no room on the disk: what berthd keeps of its seats is whole all the same, and what it cannot do it
/// says.
namespace berth::os {
namespace {

using model::Seat;
using model::SeatName;
using test::FewDescriptors;
using test::FullDisk;
using test::read_file;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// More than any of these calls has open at a time.
constexpr unsigned enough_descriptors = 8;

Seat a_seat(const std::string& display) {
    Seat seat = test::filled_world().seats.begin()->second;
    seat.name = SeatName{"seat0"};
    seat.facts["display"] = display;
    return seat;
}

bool is_mounted_at(const std::string& path) {
    struct statx status {};

    return ::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_TYPE, &status) == 0 &&
           (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

class ShortageTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (BERTH_ASAN == 1) {
            GTEST_SKIP() << "the sanitizers themselves need descriptors";
        }
        if (::geteuid() != 0) {
            GTEST_SKIP() << "mounting needs root";
        }
    }

    static Seat seat_to_open() {
        Seat seat;
        seat.name = SeatName{"seat0"};
        seat.plan = model::UpPlan{};
        seat.plan->profile.name = "gnome";
        return seat;
    }

    test::ScratchFolder scratch;
};

TEST_F(ShortageTest, WhateverDescriptorIsMissingAKeptSeatIsTheOldOneOrTheNewOne) {
    const std::string folder = scratch.path() + "/state";
    SeatStates states{folder};
    states.keep(a_seat("before"));
    unsigned failed = 0;
    for (unsigned left = 0; left < enough_descriptors; ++left) {
        const std::string fresh = "with-" + std::to_string(left);
        const auto old = SeatStates{folder}.kept();
        {
            const FewDescriptors shortage{left};
            states.keep(a_seat(fresh));
        }
        const auto kept = SeatStates{folder}.kept();
        ASSERT_EQ(kept.size(), 1U) << left;
        EXPECT_TRUE(kept == old || kept[0] == a_seat(fresh)) << left;
        failed += kept == old ? 1 : 0;
    }
    EXPECT_GT(failed, 0U) << "nothing was missing: the test tests nothing";
    EXPECT_THAT(SeatStates{folder}.kept(), ElementsAre(a_seat("with-7"))) << "with enough of them it is kept again";
}

TEST_F(ShortageTest, OnAFullDiskTheOldSeatStaysWholeAndTheNextOneIsKeptWhenThereIsRoom) {
    const FullDisk disk;
    ASSERT_TRUE(disk.is_there());
    const std::string folder = disk.path() + "/state";
    SeatStates states{folder};
    disk.make_room();
    states.keep(a_seat("before"));
    disk.fill();
    states.keep(a_seat("after"));
    EXPECT_THAT(SeatStates{folder}.kept(), ElementsAre(a_seat("before")));
    disk.make_room();
    states.keep(a_seat("after")); // though it did not change since
    EXPECT_THAT(SeatStates{folder}.kept(), ElementsAre(a_seat("after")));
}

TEST_F(ShortageTest, AFolderThatCannotBeReadIsNotTakenForAnEmptyOne) {
    const std::string folder = scratch.path() + "/state";
    SeatStates{folder}.keep(a_seat("kept"));
    SeatStates next{folder};
    for (unsigned left = 0; left < 3; ++left) { // folder, its list, the file
        ::testing::internal::CaptureStderr();
        {
            const FewDescriptors shortage{left};
            EXPECT_TRUE(next.kept().empty());
        }
        EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("Too many open files")) << left;
    }
    EXPECT_THAT(next.kept(), ElementsAre(a_seat("kept")));
}

TEST_F(ShortageTest, WhateverDescriptorIsMissingADoorOpensOrSaysWhyAndAlwaysCloses) {
    const std::string runtime = scratch.path() + "/run";
    const std::string state = scratch.path() + "/var";
    Directories directories{runtime, state};
    const auto first = directories.open(seat_to_open(), {});
    ASSERT_TRUE(first.has_value()) << first.error().message;
    ASSERT_TRUE(directories.close(SeatName{"seat0"}).has_value());
    unsigned failed = 0;
    for (unsigned left = 0; left < enough_descriptors; ++left) {
        {
            const FewDescriptors shortage{left};
            const auto door = directories.open(seat_to_open(), {});
            failed += door.has_value() ? 0 : 1;
            EXPECT_TRUE(door.has_value() || door.error().message.find("Too many open files") != std::string::npos)
                << door.error().message;
        }
        EXPECT_EQ(read_file(state + "/seats/seat0/machine-id"), first->machine_id + "\n") << left;
        EXPECT_TRUE(directories.close(SeatName{"seat0"}).has_value()) << left;
        EXPECT_FALSE(is_mounted_at(runtime + "/seats/seat0/door")) << left;
        EXPECT_NE(::access((runtime + "/seats/seat0").c_str(), F_OK), 0) << left;
    }
    EXPECT_GT(failed, 0U);
    EXPECT_LT(failed, enough_descriptors);
}

TEST_F(ShortageTest, OnAFullDiskADoorSaysSoAndIsClosedWithoutATrace) {
    const FullDisk disk;
    ASSERT_TRUE(disk.is_there());
    Directories directories{disk.path() + "/run", scratch.path() + "/var"};
    const auto door = directories.open(seat_to_open(), {});
    ASSERT_FALSE(door.has_value());
    EXPECT_THAT(door.error().message, HasSubstr("No space left on device"));
    EXPECT_TRUE(directories.close(SeatName{"seat0"}).has_value());
    EXPECT_FALSE(is_mounted_at(disk.path() + "/run/seats/seat0/door"));
    disk.make_room();
    EXPECT_TRUE(directories.open(seat_to_open(), {}).has_value());
    EXPECT_TRUE(directories.close(SeatName{"seat0"}).has_value());
}

} // namespace
} // namespace berth::os
