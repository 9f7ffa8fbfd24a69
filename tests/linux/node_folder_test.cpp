#include "linux/mounts.hpp"
#include "linux/node_folder.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <array>
#include <fcntl.h>
#include <unistd.h>

namespace berth::os {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A folder of nodes, and another that stands for the host's /dev/snd, of nodes that anybody may open safely.
class NodeFolderTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (::geteuid() != 0) {
            GTEST_SKIP() << "needs root, to mount and to make nodes";
        }
        host = add_tmpfs("host");
        const UniqueFd parent{::open(scratch.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        const auto mounted = mount_node_folder(parent.get(), "snd");
        ASSERT_TRUE(mounted.has_value()) << mounted.error().message;
        ASSERT_TRUE(mount_node_folder(parent.get(), "snd").has_value()) << "and once more";
    }

    void TearDown() override {
        for (const std::string& path : {host, folder}) {
            ::umount2(path.c_str(), MNT_DETACH);
        }
    }

    std::string add_tmpfs(const std::string& name) {
        const std::string path = scratch.path() + "/" + name;
        EXPECT_EQ(::mkdir(path.c_str(), 0755), 0);
        EXPECT_EQ(::mount("test", path.c_str(), "tmpfs", 0, "size=64k"), 0);
        return path;
    }

    /// One of memory's devices under another name (mem(4)): 1:3 is null, 1:5 zero, 1:7 full.
    std::string add(const std::string& name, unsigned minor, mode_t mode = 0660) {
        const std::string path = host + "/" + name;
        EXPECT_EQ(::mknod(path.c_str(), S_IFCHR, makedev(1, minor)), 0) << "needs CAP_MKNOD";
        EXPECT_EQ(::chmod(path.c_str(), mode), 0);
        return path;
    }

    [[nodiscard]] struct stat status_of(const std::string& name) const {
        struct stat status {};

        EXPECT_EQ(::lstat((folder + "/" + name).c_str(), &status), 0) << name;
        return status;
    }

    test::ScratchFolder scratch;
    std::string host;
    std::string folder = scratch.path() + "/snd";
};

TEST_F(NodeFolderTest, HasTheNodesThatAreNamedWithTheirNumbersOwnersAndModes) {
    const std::string control = add("controlC0", 3);
    ASSERT_EQ(::chown(control.c_str(), 7, 29), 0);
    const std::string pcm = add("pcmC0D0p", 5, 0600);
    ASSERT_TRUE(fill_node_folder(folder, {control, pcm}).has_value());
    EXPECT_THAT(nodes_in_folder(folder), ElementsAre("controlC0", "pcmC0D0p"));
    EXPECT_EQ(status_of("controlC0").st_rdev, makedev(1, 3));
    EXPECT_EQ(status_of("controlC0").st_uid, 7U);
    EXPECT_EQ(status_of("controlC0").st_gid, 29U);
    EXPECT_EQ(status_of("controlC0").st_mode, S_IFCHR | mode_t{0660});
    EXPECT_EQ(status_of("pcmC0D0p").st_mode, S_IFCHR | mode_t{0600});
    const UniqueFd opened{::open((folder + "/pcmC0D0p").c_str(), O_RDONLY | O_CLOEXEC)};
    char byte = 'x';
    EXPECT_EQ(::read(opened.get(), &byte, 1), 1) << "it is no node that is only looked at";
    EXPECT_EQ(byte, '\0');
}

TEST_F(NodeFolderTest, FollowsWhatIsNamedAndLeavesTheRestAlone) {
    const std::string control = add("controlC0", 3);
    const std::string other = add("controlC1", 5);
    ASSERT_TRUE(fill_node_folder(folder, {control, other}).has_value());
    const auto before = status_of("controlC0").st_ino;
    ASSERT_TRUE(fill_node_folder(folder, {control}).has_value());
    EXPECT_THAT(nodes_in_folder(folder), ElementsAre("controlC0"));
    EXPECT_EQ(status_of("controlC0").st_ino, before) << "who waits for it is not woken";
    ASSERT_EQ(::unlink(control.c_str()), 0);
    add("controlC0", 7);
    ASSERT_TRUE(fill_node_folder(folder, {control}).has_value());
    EXPECT_EQ(status_of("controlC0").st_rdev, makedev(1, 7)) << "another device has the name now";
    ASSERT_TRUE(fill_node_folder(folder, {}).has_value());
    EXPECT_THAT(nodes_in_folder(folder), IsEmpty());
}

TEST_F(NodeFolderTest, WhatIsNoNodeIsLeftOut) {
    test::write_file(host + "/controlC5", "a file");
    ASSERT_EQ(::symlink("/dev/null", (host + "/controlC6").c_str()), 0);
    ASSERT_TRUE(fill_node_folder(folder, {host + "/controlC5", host + "/controlC6", host + "/gone"}).has_value());
    EXPECT_THAT(nodes_in_folder(folder), IsEmpty());
}

TEST_F(NodeFolderTest, WhoWaitsForAControlFindsTheOthersThere) {
    const UniqueFd waits{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    ASSERT_GE(::inotify_add_watch(waits.get(), folder.c_str(), IN_ATTRIB), 0);
    ASSERT_TRUE(fill_node_folder(folder, {add("controlC1", 3), add("pcmC1D0p", 5), add("hwC1D0", 7)}).has_value());
    alignas(inotify_event) std::array<char, 4096> buffer{};
    const auto length = ::read(waits.get(), buffer.data(), buffer.size());
    ASSERT_GT(length, 0);
    std::string last;
    for (std::size_t at = 0; at < static_cast<std::size_t>(length);) {
        const auto* const event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
        last = event->name;
        at += sizeof(inotify_event) + event->len;
    }
    EXPECT_EQ(last, "controlC1");
}

TEST_F(NodeFolderTest, AFolderThatIsNoneIsAnError) {
    EXPECT_FALSE(fill_node_folder(host + "/none", {}).has_value());
    const std::string plain = scratch.path() + "/plain";
    ASSERT_EQ(::mkdir(plain.c_str(), 0755), 0);
    EXPECT_FALSE(fill_node_folder(plain, {}).has_value()) << "nodes would be made on whatever is there";
    EXPECT_THAT(nodes_in_folder(host + "/none"), IsEmpty());
}

} // namespace
} // namespace berth::os
