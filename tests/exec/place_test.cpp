// Places below a root that somebody else may change: what is opened, what is made, what is refused.

#include "base/unique_fd.hpp"
#include "exec/place.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <string>

namespace berth::exec {
namespace {

namespace fs = std::filesystem;

TEST(PlacePath, IsAbsoluteAndStaysBelowItsRoot) {
    for (const char* path : {"/run", "/run/berth", "/tmp/.X11-unix", "/a/...", "/dev/bus/usb"}) {
        EXPECT_TRUE(is_plain(path)) << path;
    }
    const std::string long_part = "/" + std::string(256, 'x');
    std::string deep;
    for (unsigned part = 0; part <= most_parts; ++part) {
        deep += "/x";
    }
    for (const char* path : {"", "/", "run", "//run", "/run//berth", "/run/", "/run/.", "/run/..", "/../run", "/./run",
                             long_part.c_str(), deep.c_str()}) {
        EXPECT_FALSE(is_plain(path)) << path;
    }
}

class PlaceTest : public ::testing::Test {
  protected:
    Place open(const char* path) {
        Place place;
        open_ = open_place(root.get(), path, place, trouble);
        UniqueFd{place.fd}.reset();
        return place;
    }

    [[nodiscard]] std::string at(const std::string& path) const { return scratch.path() + path; }

    test::ScratchFolder scratch;
    UniqueFd root{::open(scratch.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    Trouble trouble;
    bool open_{false};
};

TEST_F(PlaceTest, WhatIsMissingIsMadeAndCounted) {
    fs::create_directories(at("/run"));
    EXPECT_EQ(open("/run/berth/deep").made, 2U);
    EXPECT_TRUE(open_);
    EXPECT_TRUE(fs::is_directory(at("/run/berth/deep")));
    EXPECT_EQ(open("/run/berth").made, 0U);
    unmake(root.get(), "/run/berth/deep", 2);
    EXPECT_FALSE(fs::exists(at("/run/berth")));
    EXPECT_TRUE(fs::exists(at("/run")));
}

TEST_F(PlaceTest, OnlyWhatIsEmptyIsUnmade) {
    open("/run/berth");
    test::write_file(at("/run/berth/theirs"), "a file");
    unmake(root.get(), "/run/berth", 2);
    EXPECT_TRUE(fs::exists(at("/run/berth/theirs")));
}

TEST_F(PlaceTest, NoLinkIsFollowedAndNothingIsMadeBehindIt) {
    fs::create_directories(at("/elsewhere"));
    fs::create_directory_symlink("elsewhere", at("/run"));
    fs::create_directory_symlink("/etc", at("/etc"));
    for (const char* path : {"/run/berth", "/run", "/etc/berth"}) {
        open(path);
        EXPECT_FALSE(open_) << path;
        EXPECT_TRUE(trouble.number == ELOOP || trouble.number == ENOTDIR)
            << path << ": " << std::strerror(trouble.number);
    }
    EXPECT_TRUE(fs::is_empty(at("/elsewhere")));
    EXPECT_FALSE(fs::exists("/etc/berth-was-here"));
}

TEST_F(PlaceTest, AFileOnTheWayIsNoDirectoryAndWhatWasMadeBeforeIsGone) {
    test::write_file(at("/file"), "text");
    open("/file/berth");
    EXPECT_FALSE(open_);
    EXPECT_EQ(trouble.number, ENOTDIR);
    EXPECT_STREQ(trouble.step, "open");
}

TEST_F(PlaceTest, TheKernelsOwnFileSystemsAreNoPlace) {
    const UniqueFd host{::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    for (const char* path : {"/proc/sys", "/sys/kernel"}) {
        Place place;
        EXPECT_FALSE(open_place(host.get(), path, place, trouble)) << path;
        EXPECT_EQ(trouble.number, EPERM) << path;
    }
}

TEST(MountNumber, IsThatOfTheMount) {
    const UniqueFd root{::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    const UniqueFd proc{::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    EXPECT_NE(mount_number(root.get()), 0U);
    EXPECT_NE(mount_number(proc.get()), mount_number(root.get()));
    EXPECT_EQ(mount_number(-1), 0U);
}

} // namespace
} // namespace berth::exec
