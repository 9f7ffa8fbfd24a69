#include "linux/mounts.hpp"
#include "linux/seat_shares.hpp"
#include "linux/shared_memory.hpp"
#include "support/cookies.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <unistd.h>

namespace berth::os {
namespace {

namespace fs = std::filesystem;
using model::GrantKind;
using model::SeatName;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;

const SeatName one_seat{"seat0"};
const ports::SeatShares::Kinds every_kind{GrantKind::gpu,   GrantKind::sound,  GrantKind::pulse, GrantKind::display,
                                          GrantKind::input, GrantKind::camera, GrantKind::usb,   GrantKind::kvm,
                                          GrantKind::tun,   GrantKind::shm};
const SeatName other_seat{"seat-kitchen2"};

/// A berthd's runtime folder; what is mounted in it goes with the test.
class SharedMemory : public ::testing::Test {
  protected:
    void SetUp() override {
        if (::geteuid() != 0) {
            GTEST_SKIP() << "needs root, to mount";
        }
        const auto made = shared_memory(scratch.path(), one_seat);
        ASSERT_TRUE(made.has_value()) << made.error().message;
        folder = *made;
    }

    void TearDown() override {
        for (const SeatName& seat : {one_seat, other_seat}) {
            ::umount2((scratch.path() + "/shm/" + seat.value).c_str(), MNT_DETACH);
        }
    }

    test::ScratchFolder scratch;
    std::string folder;
};

TEST_F(SharedMemory, IsForEveryoneInTheContainersAndForNobodyElseOnTheHost) {
    EXPECT_EQ(folder, scratch.path() + "/shm/seat0");
    EXPECT_EQ(fs::status(folder).permissions(), fs::perms{01777});
    EXPECT_EQ(fs::status(scratch.path() + "/shm").permissions(), fs::perms{0700});
}

TEST_F(SharedMemory, RunsNothingAndHasNoDevices) {
    struct statvfs status {};

    ASSERT_EQ(::statvfs(folder.c_str(), &status), 0);
    const unsigned long wanted = ST_NOSUID | ST_NODEV | ST_NOEXEC;
    EXPECT_EQ(status.f_flag & wanted, wanted);
    EXPECT_EQ(status.f_flag & ST_RDONLY, 0U);
}

TEST_F(SharedMemory, TakesAQuarterOfTheMemoryAtMost) {
    struct statvfs status {};

    struct sysinfo host {};

    ASSERT_EQ(::statvfs(folder.c_str(), &status), 0);
    ASSERT_EQ(::sysinfo(&host), 0);
    const auto size = static_cast<std::uint64_t>(status.f_blocks) * status.f_frsize;
    const auto memory = static_cast<std::uint64_t>(host.totalram) * host.mem_unit;
    EXPECT_LE(size, memory / 4 + status.f_frsize);
    EXPECT_GE(size, memory / 5);
    EXPECT_LE(status.f_files, 65'536U);
}

TEST_F(SharedMemory, StaysAsItIsForTheNextHolderAndTheNextBerthd) {
    test::write_file(folder + "/shared", "content");
    const auto again = shared_memory(scratch.path(), one_seat);
    ASSERT_TRUE(again.has_value()) << again.error().message;
    EXPECT_EQ(*again, folder);
    EXPECT_EQ(test::read_file(folder + "/shared"), "content");
    ASSERT_EQ(::umount2(folder.c_str(), MNT_DETACH), 0);
    EXPECT_FALSE(is_mount_point(folder)) << "one mount upon the other";
}

TEST_F(SharedMemory, IsEachSeatsOwn) {
    test::write_file(folder + "/shared", "content");
    const auto other = shared_memory(scratch.path(), other_seat);
    ASSERT_TRUE(other.has_value()) << other.error().message;
    EXPECT_NE(*other, folder);
    EXPECT_FALSE(fs::exists(*other + "/shared"));
}

TEST_F(SharedMemory, WhatIsInTheWayIsAnErrorAndStays) {
    test::ScratchFolder fresh;
    fs::create_directory(fresh.path() + "/shm");
    fs::create_directory_symlink("/tmp", fresh.path() + "/shm/seat0");
    EXPECT_FALSE(shared_memory(fresh.path(), one_seat).has_value());
    EXPECT_TRUE(fs::is_symlink(fresh.path() + "/shm/seat0"));

    const std::string taken = fresh.path() + "/shm/" + other_seat.value;
    fs::create_directory(taken);
    ASSERT_EQ(::mount("/proc", taken.c_str(), nullptr, MS_BIND, nullptr), 0);
    const auto refused = shared_memory(fresh.path(), other_seat);
    ::umount2(taken.c_str(), MNT_DETACH);
    ASSERT_FALSE(refused.has_value());
    EXPECT_THAT(refused.error().message, HasSubstr("tmpfs"));
}

TEST_F(SharedMemory, ANameThatClimbsIsNoSeats) {
    for (const char* name : {"", "..", "a/b", "../x"}) {
        const auto made = shared_memory(scratch.path(), SeatName{name});
        ASSERT_FALSE(made.has_value()) << name;
        EXPECT_EQ(made.error().code, ErrorCode::invalid_argument) << name;
    }
}

/// A seat whose desktop runs, as far as what it shares goes.
class SeatSharesOfADesktop : public SharedMemory {
  protected:
    SeatSharesOfADesktop() {
        seat.name = one_seat;
        seat.plan = model::UpPlan{};
        seat.plan->profile.user.uid = ::geteuid();
        seat.door = model::DoorPaths{};
        seat.door->runtime = runtime.path();
    }

    test::ScratchFolder runtime;
    model::Seat seat;
    SeatShares shares{scratch.path()};
};

TEST_F(SeatSharesOfADesktop, CookiesAreThoseOfItsMode) {
    test::write_file(runtime.path() + "/.mutter-Xwaylandauth.AAAAAA", test::local_cookie("xwayland"));
    test::write_file(runtime.path() + "/berth-xauthority", test::local_cookie("own"));
    EXPECT_EQ(shares.find(seat, {GrantKind::display}).xauthority, test::wild_cookie("xwayland"));
    seat.plan->mode = model::SeatMode::vt;
    EXPECT_EQ(shares.find(seat, {GrantKind::display}).xauthority, test::wild_cookie("own"));
    seat.plan->profile.user.uid += 1;
    EXPECT_EQ(shares.find(seat, {GrantKind::display}).xauthority, "") << "not the desktop's own";
    seat.plan.reset();
    EXPECT_EQ(shares.find(seat, {GrantKind::display}).xauthority, "") << "no desktop";
}

TEST_F(SeatSharesOfADesktop, WhatIsNotAskedForIsNeitherReadNorMade) {
    seat.devices = {"/dev/full"};
    test::write_file(runtime.path() + "/.mutter-Xwaylandauth.AAAAAA", test::local_cookie("xwayland"));
    EXPECT_EQ(shares.find(seat, {}), model::SeatShares{});
    test::ScratchFolder fresh;
    SeatShares unused{fresh.path()};
    EXPECT_EQ(shares.find(seat, {GrantKind::tun}).nodes.count("/dev/full"), 0U);
    for (const GrantKind kind : {GrantKind::gpu, GrantKind::sound, GrantKind::input}) {
        EXPECT_EQ(shares.find(seat, {kind}).nodes.count("/dev/full"), 1U);
    }
    static_cast<void>(unused.find(seat, {GrantKind::display}));
    const model::SeatShares all = unused.look(seat);
    EXPECT_EQ(all.xauthority, test::wild_cookie("xwayland"));
    EXPECT_EQ(all.nodes.count("/dev/full"), 1U);
    EXPECT_FALSE(fs::exists(fresh.path() + "/shm")) << "a look makes nothing";
    static_cast<void>(unused.find(seat, {GrantKind::shm}));
    EXPECT_TRUE(fs::exists(fresh.path() + "/shm"));
    ::umount2((fresh.path() + "/shm/seat0").c_str(), MNT_DETACH);
}

TEST_F(SeatSharesOfADesktop, MemoryIsThereWithoutADesktopToo) {
    seat.plan.reset();
    seat.door.reset();
    EXPECT_EQ(shares.find(seat, {GrantKind::shm}).shm, folder);
    EXPECT_EQ(shares.find(seat, every_kind).tmp, "") << "the engine knows";
}

TEST_F(SeatSharesOfADesktop, ANodeIsKnownByItsNumberAndGroup) {
    struct stat status {};

    ASSERT_EQ(::stat("/dev/full", &status), 0);
    seat.devices = {"/dev/full", "/dev/no-such", "/dev/shm", runtime.path()};
    const auto nodes = shares.find(seat, every_kind).nodes;
    ASSERT_THAT(nodes, Contains(Key("/dev/full")));
    EXPECT_EQ(nodes.at("/dev/full"),
              (model::NodeFacts{major(status.st_rdev), minor(status.st_rdev), status.st_gid, "c1:7", std::nullopt}));
    EXPECT_THAT(nodes, Not(Contains(Key("/dev/no-such"))));
    EXPECT_THAT(nodes, Not(Contains(Key("/dev/shm")))) << "no node";
    for (const char* node : {"/dev/kvm", "/dev/net/tun"}) {
        const bool is_there = ::stat(node, &status) == 0 && S_ISCHR(status.st_mode);
        EXPECT_EQ(nodes.contains(node), is_there) << node;
    }
}

TEST_F(SeatSharesOfADesktop, ANodeHasUdevsRecordWhereThereIsOne) {
    test::ScratchFolder udev;
    fs::create_directory(udev.path() + "/data");
    test::write_file(udev.path() + "/data/c1:7", "E:ID_MODEL=hole\nG:uaccess\n");
    SeatShares with_udev{scratch.path(), udev.path()};
    seat.devices = {"/dev/full", "/dev/zero"};
    EXPECT_EQ(with_udev.find(seat, {GrantKind::input}).nodes.at("/dev/full").record, "E:ID_MODEL=hole\n");
    EXPECT_EQ(with_udev.find(seat, {GrantKind::input}).nodes.at("/dev/zero").record, std::nullopt);
}

TEST_F(SeatSharesOfADesktop, ARecordThatIsRefusedIsNoneAndSaidOnce) {
    test::ScratchFolder udev;
    fs::create_directory(udev.path() + "/data");
    fs::create_symlink("/etc/passwd", udev.path() + "/data/c1:7");
    SeatShares with_udev{scratch.path(), udev.path()};
    seat.devices = {"/dev/full"};
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(with_udev.find(seat, {GrantKind::input}).nodes.at("/dev/full").record, std::nullopt);
    EXPECT_EQ(with_udev.find(seat, {GrantKind::input}).nodes.at("/dev/full").device, "c1:7");
    const std::string told = ::testing::internal::GetCapturedStderr();
    const auto at = told.find("Clients get no record of udev's of /dev/full of seat seat0");
    EXPECT_NE(at, std::string::npos) << told;
    EXPECT_EQ(told.find("Clients get no record", at + 1), std::string::npos) << told;
}

TEST_F(SeatSharesOfADesktop, WhatCannotBeHadIsEmptyAndTheRestIsThere) {
    test::write_file(scratch.path() + "/file", "x");
    SeatShares without{scratch.path() + "/file"};
    test::write_file(runtime.path() + "/.mutter-Xwaylandauth.AAAAAA", test::local_cookie("x"));
    const auto found = without.find(seat, every_kind);
    EXPECT_EQ(found.shm, "");
    EXPECT_EQ(found.xauthority, test::wild_cookie("x"));
    test::write_file(runtime.path() + "/.mutter-Xwaylandauth.AAAAAA", "no cookies");
    EXPECT_EQ(shares.find(seat, {GrantKind::display}).xauthority, "");
    EXPECT_EQ(shares.find(seat, {GrantKind::shm}).shm, folder);
}

} // namespace
} // namespace berth::os
