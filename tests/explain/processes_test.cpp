#include "explain/made_up_host.hpp"

#include <gmock/gmock.h>

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <unistd.h>

namespace berth::explain {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ProcessesTest : public MadeUpHost {
  protected:
    const Process server{123, "Xorg", 'S'};
    const Process shell{45, "gnome-shell", 'R'};
};

TEST_F(ProcessesTest, WhoHasADeviceOpenIsFoundByItsDescriptors) {
    run(server, {"/dev/tty61", "/dev/dri/card77", "/dev/null", "socket:[4711]"});
    run(shell, {"/dev/dri/card77", "/dev/input/event77"});
    const Processes all = read_processes(places);
    EXPECT_THAT(all.holders_of("tty61"), ElementsAre(server));
    EXPECT_THAT(all.holders_of("dri/card77"), ElementsAre(shell, server)) << "by number";
    EXPECT_THAT(all.holders_of("input/event77"), ElementsAre(shell));
    EXPECT_EQ(all.holders.size(), 3U) << "nothing else is of interest";
    EXPECT_THAT(all.unreadable, IsEmpty());
    EXPECT_EQ(all.error, 0);
}

TEST_F(ProcessesTest, ADeviceThatIsOpenTwiceIsNamedOnce) {
    run(server, {"/dev/dri/card77", "/dev/dri/card77"});
    EXPECT_THAT(read_processes(places).holders_of("dri/card77"), ElementsAre(server));
}

TEST_F(ProcessesTest, OtherDevicesOfSuchNamesAreNotTaken) {
    run(server, {"/dev/tty", "/dev/tty0", "/dev/ttyS0", "/dev/pts/3", "/dev/dri/renderD128", "/dev/input/mouse0",
                 "/home/anna/tty3", "/dev/tty3x", "/dev/input/event"});
    EXPECT_THAT(read_processes(places).holders, IsEmpty());
}

TEST_F(ProcessesTest, WhatOnlyHasADevicesNameIsNone) {
    // As when a container has a terminal of its own bound there: the name is a device's, what it leads to is another.
    if (::geteuid() != 0 || ::mknod("/dev/tty6200", S_IFCHR | 0600, makedev(1, 3)) != 0) {
        GTEST_SKIP() << "no device can be made here";
    }
    run(server, {"/dev/tty6200"});
    const Processes all = read_processes(places);
    ::unlink("/dev/tty6200");
    EXPECT_THAT(all.holders, IsEmpty());
}

TEST_F(ProcessesTest, ANameMayContainBracketsAndSpaces) {
    const Process odd{7, "a) R (b c", 'T'};
    run(odd);
    EXPECT_EQ(find_process(places, 7), odd);
    EXPECT_EQ(start_of(places, 7), 100U);
}

TEST_F(ProcessesTest, ThereIsNoProcessWhereThereIsNoFile) {
    EXPECT_EQ(find_process(places, 8), std::nullopt);
    EXPECT_EQ(find_process(places, 0), std::nullopt);
    EXPECT_EQ(start_of(places, 8), std::nullopt);
    put(places.proc + "/8/stat", "8 (torn) S 1 2");
    EXPECT_EQ(start_of(places, 8), std::nullopt);
}

TEST_F(ProcessesTest, WhatRunsInASessionsScopeIsOfTheSession) {
    run(server, {}, "/user.slice/user-1000.slice/session-c2.scope");
    run(shell, {}, "/system.slice/gdm.service");
    const Processes all = read_processes(places);
    ASSERT_EQ(all.of_session.size(), 1U);
    EXPECT_THAT(all.of_session.at("c2"), ElementsAre(server));
}

TEST_F(ProcessesTest, ASessionIsReadOffEveryKindOfHierarchy) {
    EXPECT_EQ(session_of("0::/user.slice/user-1000.slice/session-3.scope\n"), "3");
    EXPECT_EQ(session_of("12:cpu:/user.slice\n1:name=systemd:/user.slice/user-0.slice/session-41.scope\n"), "41");
    EXPECT_EQ(session_of("0::/user.slice/user-1000.slice/user@1000.service/session.slice\n"), "");
    EXPECT_EQ(session_of("0::/session-3\n"), "");
    EXPECT_EQ(session_of(""), "");
}

TEST_F(ProcessesTest, WhatIsNoProcessIsLeftOut) {
    put(places.proc + "/meminfo", "MemTotal: 1 kB\n");
    std::filesystem::create_directories(places.proc + "/sys");
    std::filesystem::create_directories(places.proc + "/99"); // it ended just now
    const Processes all = read_processes(places);
    EXPECT_THAT(all.holders, IsEmpty());
    EXPECT_THAT(all.unreadable, IsEmpty());
}

TEST_F(ProcessesTest, WithoutAFolderThereIsAnError) {
    places.proc += "/nonexistent";
    EXPECT_EQ(read_processes(places).error, ENOENT);
}

TEST(Processes, ThisProcessIsFoundWithWhatItHasOpen) {
    Places real;
    const auto self = find_process(real, ::getpid());
    ASSERT_TRUE(self);
    EXPECT_EQ(self->state, 'R');
    EXPECT_TRUE(start_of(real, ::getpid()));
    EXPECT_EQ(read_processes(real).error, 0);
}

TEST(SmallFiles, AreReadWithoutWaiting) {
    const test::ScratchFolder folder;
    const std::string pipe = folder.path() + "/pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_EQ(read_text(pipe).error, EINVAL);
    EXPECT_EQ(read_text(folder.path() + "/none").error, ENOENT);
    test::write_file(folder.path() + "/big", std::string(1'000'000, 'x'));
    EXPECT_LE(read_text(folder.path() + "/big").text.size(), 70'000U);
    test::write_file(folder.path() + "/line", "one\n");
    EXPECT_EQ(read_line(folder.path() + "/line"), "one");
}

TEST(SmallFiles, NamesComeInTheOrderOfTheirNumbers) {
    const test::ScratchFolder folder;
    for (const char* name : {"card10", "card2", "card0", "renderD128"}) {
        test::write_file(folder.path() + "/" + name, "");
    }
    int error = -1;
    EXPECT_THAT(names_in(folder.path(), "card", error), ElementsAre("card0", "card2", "card10"));
    EXPECT_EQ(error, 0);
    EXPECT_THAT(names_in(folder.path() + "/none", "card", error), IsEmpty());
    EXPECT_EQ(error, ENOENT);
}

} // namespace

} // namespace berth::explain
