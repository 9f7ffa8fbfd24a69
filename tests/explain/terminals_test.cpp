#include "explain/made_up_host.hpp"
#include "explain/terminals.hpp"

#include <gmock/gmock.h>

#include <sys/stat.h>

#include <unistd.h>

namespace berth::explain {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* armed_lease = "berth-guard 1\nword armed\nvt 20\nhome 1\nkeyboard 3\ninit 123 100\nleader 0 0\n"
                                    "cgroup -\nend .\n";

class TerminalsTest : public MadeUpHost {
  protected:
    const Process init{123, "systemd", 'S'};

    std::vector<Terminal> read(unsigned visible, unsigned lent, unsigned home) {
        return read_terminals(places, read_processes(places), visible, lent, home, gaps);
    }

    void put_lease(const std::string& text) { put(places.runtime + "/guard/seat0.lease", text); }

    Lease lease() { return read_lease_of(places, "seat0"); }
};

TEST_F(TerminalsTest, TheVisibleOneIsTheKernels) {
    show(7);
    EXPECT_EQ(read_visible(places, gaps), 7U);
    EXPECT_THAT(gaps, IsEmpty());
}

TEST_F(TerminalsTest, AVisibleOneThatIsNotNamedIsAGap) {
    EXPECT_EQ(read_visible(places, gaps), 0U);
    ASSERT_EQ(gaps.size(), 1U);
    EXPECT_THAT(gaps[0].what, HasSubstr("tty0/active"));
    EXPECT_EQ(gaps[0].why, "No such file or directory");
    put(places.sys + "/class/tty/tty0/active", "hvc0\n");
    EXPECT_EQ(read_visible(places, gaps), 0U);
    EXPECT_EQ(gaps.back().why, "it names none");
}

TEST_F(TerminalsTest, EachThatMattersIsToldOnceWithItsParts) {
    allocate(1);
    allocate(20);
    modes[1] = {false, false, 3};
    modes[20] = {true, true, 4};
    run(init, {"/dev/tty20"});
    const auto terminals = read(20, 20, 1);
    ASSERT_EQ(terminals.size(), 2U);
    EXPECT_EQ(terminals[0].number, 1U);
    EXPECT_TRUE(terminals[0].home);
    EXPECT_FALSE(terminals[0].visible || terminals[0].lent);
    EXPECT_EQ(terminals[0].modes, modes[1]);
    EXPECT_THAT(terminals[0].holders, IsEmpty());
    EXPECT_EQ(terminals[1].number, 20U);
    EXPECT_TRUE(terminals[1].visible && terminals[1].lent);
    EXPECT_EQ(terminals[1].modes, modes[20]);
    EXPECT_THAT(terminals[1].holders, ElementsAre(init));
    EXPECT_THAT(gaps, IsEmpty());
}

TEST_F(TerminalsTest, OneThatNobodyHasOpenedIsNotAskedSinceThatWouldMakeIt) {
    const auto terminals = read(0, 20, 0);
    ASSERT_EQ(terminals.size(), 1U);
    EXPECT_FALSE(terminals[0].allocated);
    EXPECT_FALSE(terminals[0].modes);
    EXPECT_THAT(asked, IsEmpty());
    EXPECT_THAT(gaps, IsEmpty());
}

TEST_F(TerminalsTest, OneThatDoesNotAnswerIsAGapByName) {
    allocate(20);
    const auto terminals = read(20, 0, 0);
    ASSERT_EQ(terminals.size(), 1U);
    EXPECT_FALSE(terminals[0].modes);
    EXPECT_THAT(gaps, ElementsAre(Gap{"the modes of tty20", "Permission denied"}));
}

TEST_F(TerminalsTest, WithoutALeaseNothingIsLent) {
    EXPECT_EQ(lease().state, Lease::State::none);
    put_lease("berth-guard 1\nword idle\nend .\n");
    EXPECT_EQ(lease().state, Lease::State::idle);
    EXPECT_FALSE(lease().lends());
}

TEST_F(TerminalsTest, ALeaseNamesTerminalsAndTheDesktop) {
    put_lease(armed_lease);
    run(init);
    const Lease read = lease();
    EXPECT_EQ(read.state, Lease::State::armed);
    EXPECT_TRUE(read.lends());
    EXPECT_EQ(read.vt, 20U);
    EXPECT_EQ(read.home, 1U);
    EXPECT_EQ(read.init, init);
    EXPECT_TRUE(read.init_lives);
}

TEST_F(TerminalsTest, ADesktopThatIsGoneDoesNotLive) {
    put_lease(armed_lease);
    EXPECT_FALSE(lease().init_lives);
    EXPECT_EQ(lease().init.pid, 123);
    run({123, "systemd", 'Z'});
    EXPECT_FALSE(lease().init_lives) << "dead, and not reaped";
}

TEST_F(TerminalsTest, ALaterProcessOfThatNumberIsNotTheDesktop) {
    std::string other = armed_lease;
    other.replace(other.find("123 100"), 7, "123 101");
    put_lease(other);
    run(init);
    EXPECT_FALSE(lease().init_lives);
}

TEST_F(TerminalsTest, ALeaseThatIsBeingGivenBackLends) {
    std::string other = armed_lease;
    other.replace(other.find("armed"), 5, "restore");
    put_lease(other);
    EXPECT_EQ(lease().state, Lease::State::restore);
    EXPECT_TRUE(lease().lends());
}

TEST_F(TerminalsTest, ATornLeaseSaysWhere) {
    put_lease("berth-guard 1\nword armed\nvt 99\n");
    EXPECT_EQ(lease().state, Lease::State::torn);
    EXPECT_EQ(lease().trouble, "vt: a number from 1 to 63 was expected");
    put_lease("");
    EXPECT_EQ(lease().state, Lease::State::torn);
}

TEST_F(TerminalsTest, ALeaseThatIsNoFileIsNotReadable) {
    ASSERT_EQ(::mkfifo((places.runtime + "/guard/seat0.lease").c_str(), 0600), 0);
    EXPECT_EQ(lease().state, Lease::State::unreadable);
    EXPECT_NE(lease().trouble, "");
}

} // namespace

} // namespace berth::explain
