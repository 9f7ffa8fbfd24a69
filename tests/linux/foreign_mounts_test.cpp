// Mounts in containers that berth did not make, by the real berth-exec, on mount namespaces with roots of their own.

#include "engine/await.hpp"
#include "linux/foreign_mounts.hpp"
#include "linux/mounts.hpp"
#include "support/mount_namespace.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <sys/syscall.h>

#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <optional>
#include <unistd.h>

namespace berth::os {
namespace {

using model::ForeignMount;
using test::MountNamespace;
using testing::HasSubstr;
using Mounts = std::vector<ForeignMount>;
using Wanted = ports::ForeignMounts::Wanted;
namespace fs = std::filesystem;

bool makes_directories(const std::string& root, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        std::error_code error;
        fs::create_directories(root + "/" + name, error);
        if (error) {
            return false;
        }
    }
    return true;
}

/// In the child: a root of its own, as an engine makes one, with /run, /tmp, /etc and the kernel's /proc.
bool pivot_into(const std::string& root) {
    return ::mount("root", root.c_str(), "tmpfs", 0, nullptr) == 0 &&
           makes_directories(root, {"run", "tmp", "etc", "proc", "old"}) &&
           ::mount("proc", (root + "/proc").c_str(), "proc", 0, nullptr) == 0 && ::chdir(root.c_str()) == 0 &&
           ::syscall(SYS_pivot_root, ".", "old") == 0 && ::chdir("/") == 0 && ::umount2("/old", MNT_DETACH) == 0;
}

std::string first_line(const std::string& path) {
    std::ifstream file{path};
    std::string line;
    std::getline(file, line);
    return line;
}

/// Questions that the container answers: "PATH=TEXT", the first line of a file; "!PATH", it is not there; "ln TARGET
/// LINK", "mount PATH" (a tmpfs), "ro" (its root can be written to no more), "hide PATH" (moves it away).
bool answer_inside(const std::string& question) {
    std::istringstream words{question};
    std::string verb;
    std::string first;
    std::string second;
    words >> verb >> first >> second;
    if (verb == "ln") {
        return ::rename(second.c_str(), (second + ".was").c_str()) == 0 &&
               ::symlink(first.c_str(), second.c_str()) == 0;
    }
    if (verb == "mount") {
        return ::mount("theirs", first.c_str(), "tmpfs", 0, nullptr) == 0;
    }
    if (verb == "ro") {
        return ::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0;
    }
    if (question.front() == '!') {
        return ::access(question.c_str() + 1, F_OK) != 0;
    }
    const std::size_t equals = question.find('=');
    return first_line(question.substr(0, equals)) == question.substr(equals + 1);
}

class ForeignMountsTest : public testing::Test {
  protected:
    void SetUp() override {
        if (::geteuid() != 0) {
            GTEST_SKIP() << "needs root";
        }
        fs::create_directories(root());
        fs::create_directories(door());
        ASSERT_TRUE(mount_door(door()));
        test::write_file(door() + "/greeting", "hello\n");
        container.emplace(answer_inside, [this] { return pivot_into(root()); });
        ASSERT_TRUE(container->ready());
    }

    void TearDown() override {
        container.reset();
        static_cast<void>(unmount_door(door()));
    }

    [[nodiscard]] std::string root() const { return scratch.path() + "/root"; }

    [[nodiscard]] std::string door() const { return scratch.path() + "/door"; }

    Result<Mounts> mount(const std::vector<Wanted>& wanted) {
        return test::await<Mounts>(io,
                                   [&](Done<Mounts> done) { mounts.mount(container->pid(), wanted, std::move(done)); });
    }

    Result<void> unmount(const Mounts& there) {
        return test::await<void>(io,
                                 [&](Done<void> done) { mounts.unmount(container->pid(), there, std::move(done)); });
    }

    [[nodiscard]] bool inside(const std::string& question) const { return container->ask(question); }

    test::ScratchFolder scratch;
    boost::asio::io_context io;
    ForeignMounts mounts{io, BERTH_EXEC_PROGRAM};
    std::optional<MountNamespace> container;
};

TEST_F(ForeignMountsTest, ADoorIsSeenAndWhatIsShownInItLater) {
    const auto there = mount({{door(), "/run/berth"}});
    ASSERT_TRUE(there) << there.error().message;
    EXPECT_TRUE(inside("/run/berth/greeting=hello"));
    fs::create_directories(scratch.path() + "/later");
    test::write_file(scratch.path() + "/later/word", "later\n");
    fs::create_directories(door() + "/folder");
    ASSERT_EQ(::mount((scratch.path() + "/later").c_str(), (door() + "/folder").c_str(), nullptr, MS_BIND, nullptr), 0);
    EXPECT_TRUE(inside("/run/berth/folder/word=later")) << "the container's door follows the host's";
    ASSERT_EQ(::umount2((door() + "/folder").c_str(), MNT_DETACH), 0);
    EXPECT_TRUE(inside("!/run/berth/folder/word"));
    EXPECT_TRUE(inside("mount /run/berth/folder"));
    EXPECT_FALSE(is_mount_point(door() + "/folder")) << "nothing comes back";
}

TEST_F(ForeignMountsTest, WhatWasPutThereIsTakenAwayWithTheDirectoriesThatWereMade) {
    const auto there = mount({{door(), "/run/berth"}, {door(), "/tmp/a/b/c"}});
    ASSERT_TRUE(there) << there.error().message;
    ASSERT_EQ(there->size(), 2U);
    EXPECT_EQ((*there)[0].path, "/run/berth");
    EXPECT_EQ((*there)[0].made, 1U);
    EXPECT_EQ((*there)[1].made, 3U);
    EXPECT_TRUE(inside("/tmp/a/b/c/greeting=hello"));
    const auto gone = unmount(*there);
    ASSERT_TRUE(gone) << gone.error().message;
    EXPECT_TRUE(inside("!/run/berth"));
    EXPECT_TRUE(inside("!/tmp/a"));
    EXPECT_TRUE(unmount(*there)) << "a second time: nothing is left";
}

TEST_F(ForeignMountsTest, OneThatFailsLeavesNothingOfTheOthers) {
    EXPECT_TRUE(inside("ln /etc /tmp"));
    const auto there = mount({{door(), "/run/berth"}, {door(), "/tmp/.X11-unix"}});
    ASSERT_FALSE(there);
    EXPECT_THAT(there.error().message, HasSubstr("/tmp/.X11-unix in the container: open: "));
    EXPECT_TRUE(inside("!/run/berth"));
    EXPECT_TRUE(inside("!/etc/.X11-unix")) << "nothing was made behind the link";
}

TEST_F(ForeignMountsTest, TheKernelsOwnFileSystemsAndAReadOnlyRootAreRefusedByName) {
    const auto over_proc = mount({{door(), "/proc/sys"}});
    ASSERT_FALSE(over_proc);
    EXPECT_THAT(over_proc.error().message, HasSubstr("kernel's own file systems"));
    EXPECT_TRUE(inside("ro"));
    const auto read_only = mount({{door(), "/run/berth"}});
    ASSERT_FALSE(read_only);
    EXPECT_THAT(read_only.error().message, HasSubstr("make a directory: Read-only file system"));
}

TEST_F(ForeignMountsTest, PathsThatClimbAreNotTried) {
    for (const char* path : {"run/berth", "/run/../etc", "/", "//run", "/run/", "/a/./b"}) {
        EXPECT_FALSE(mount({{door(), path}})) << path;
    }
}

TEST_F(ForeignMountsTest, WhatTheContainerMountedOverItStays) {
    const auto there = mount({{door(), "/run/berth"}});
    ASSERT_TRUE(there);
    EXPECT_TRUE(inside("mount /run/berth"));
    EXPECT_TRUE(unmount(*there));
    EXPECT_TRUE(inside("!/run/berth/greeting")) << "theirs is in front still, and hides what was ours";
}

TEST_F(ForeignMountsTest, AContainerThatIsGoneOrHasTheHostsMountsIsASentence) {
    const auto ours = test::await<Mounts>(io, [&](Done<Mounts> done) {
        mounts.mount(::getpid(), {{door(), "/run/berth"}}, std::move(done));
    });
    ASSERT_FALSE(ours);
    EXPECT_THAT(ours.error().message, HasSubstr("the host's mount namespace"));
    const auto nobody = test::await<Mounts>(io, [&](Done<Mounts> done) {
        mounts.mount(1 << 22, {{door(), "/run/berth"}}, std::move(done));
    });
    ASSERT_FALSE(nobody);
    EXPECT_THAT(nobody.error().message, HasSubstr("is gone"));
    const auto missing = mount({{scratch.path() + "/no-such-door", "/run/berth"}});
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message, HasSubstr("no-such-door"));
}

/// Every directory of the host's /etc and /run, as they were: names alone.
std::vector<std::string> names_below(const std::string& path) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator{path}) {
        names.push_back(entry.path());
    }
    std::sort(names.begin(), names.end());
    return names;
}

/// What the container does to its own /run for as long as the test lasts: now a directory, now a link that climbs.
void swap_for_ever() {
    for (;;) {
        ::rename("/run", "/run.was");
        static_cast<void>(::symlink("../../../../../../../../etc", "/run"));
        ::unlink("/run");
        ::rename("/run.was", "/run");
    }
}

TEST_F(ForeignMountsTest, AContainerThatSwapsItsDirectoriesGetsTheMountInsideOrNotAtAll) {
    const char* const lengthened = std::getenv("BERTH_RACES"); // NOLINT(concurrency-mt-unsafe): one thread
    const int races = lengthened == nullptr ? 100 : std::atoi(lengthened);
    const auto etc_before = names_below("/etc");
    const MountNamespace hostile{[](const std::string&) {
                                     if (::fork() == 0) {
                                         ::prctl(PR_SET_PDEATHSIG, SIGKILL);
                                         swap_for_ever();
                                     }
                                     return true;
                                 },
                                 [this] { return pivot_into(root()); }};
    ASSERT_TRUE(hostile.ask());
    int refused = 0;
    for (int race = 0; race < races; ++race) {
        const auto there = test::await<Mounts>(io, [&](Done<Mounts> done) {
            mounts.mount(hostile.pid(), {{door(), "/run/berth"}}, std::move(done));
        });
        refused += there ? 0 : 1;
        if (there) {
            static_cast<void>(test::await<void>(
                io, [&](Done<void> done) { mounts.unmount(hostile.pid(), *there, std::move(done)); }));
        }
    }
    EXPECT_EQ(names_below("/etc"), etc_before) << "nothing was made on the host";
    RecordProperty("refused", refused);
}

} // namespace
} // namespace berth::os
