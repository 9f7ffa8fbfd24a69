#include "guard/lease.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <unistd.h>
#include <vector>

namespace berth::guard {
namespace {

Lease armed_lease() {
    Lease lease;
    lease.word = Lease::Word::armed;
    lease.vt = 7;
    lease.home = 1;
    lease.keyboard = 1;
    lease.init = {4242, 881234};
    lease.leader = {4250, 881299};
    std::strcpy(lease.cgroup, "/sys/fs/cgroup/machine.slice/libpod-0123456789ab.scope");
    return lease;
}

std::string text_of(const Lease& lease) {
    std::vector<char> buffer(largest_lease);
    return {buffer.data(), print_lease(lease, buffer.data(), buffer.size())};
}

TEST(LeaseTest, WhatIsPrintedIsReadAgain) {
    for (const Lease::Word word : {Lease::Word::armed, Lease::Word::restore}) {
        Lease lease = armed_lease();
        lease.word = word;
        Lease read;
        const char* error = nullptr;
        ASSERT_TRUE(read_lease(text_of(lease).c_str(), read, error)) << error;
        EXPECT_EQ(text_of(read), text_of(lease));
        EXPECT_EQ(read.init, (Process{4242, 881234}));
        EXPECT_EQ(read.leader, (Process{4250, 881299}));
        EXPECT_STREQ(read.cgroup, lease.cgroup);
        EXPECT_EQ(read.keyboard, 1);
    }
}

TEST(LeaseTest, AnIdleLeaseNamesNoTerminal) {
    EXPECT_EQ(text_of(Lease{}), "berth-guard 1\nword idle\nend .\n");
    Lease read = armed_lease();
    const char* error = nullptr;
    ASSERT_TRUE(read_lease("berth-guard 1\nword idle\nend .\n", read, error));
    EXPECT_EQ(read.word, Lease::Word::idle);
    EXPECT_EQ(read.vt, 0U);
}

TEST(LeaseTest, ATornLeaseIsNeverTaken) {
    const std::string whole = text_of(armed_lease());
    for (std::size_t length = 0; length < whole.size(); ++length) {
        Lease read = armed_lease();
        const char* error = nullptr;
        EXPECT_FALSE(read_lease(whole.substr(0, length).c_str(), read, error)) << length;
        EXPECT_STRNE(error, "");
        EXPECT_EQ(read.word, Lease::Word::idle) << "half a lease was kept";
    }
}

TEST(LeaseTest, WhatIsWrongIsNamed) {
    const auto error_with = [](const std::string& from, const std::string& to) {
        std::string text = text_of(armed_lease());
        text.replace(text.find(from), from.size(), to);
        Lease read;
        const char* error = nullptr;
        EXPECT_FALSE(read_lease(text.c_str(), read, error)) << to;
        return std::string{error};
    };
    EXPECT_EQ(error_with("berth-guard 1", "berth-guard 2"), "the first line is not 'berth-guard 1'");
    EXPECT_EQ(error_with("word armed", "word loose"), "word: idle, armed or restore was expected");
    for (const char* vt : {"vt 0", "vt 64", "vt x", "vt -1", "vt 07", "vt 7 ", "vt 99999999999999999999999"}) {
        EXPECT_EQ(error_with("vt 7", vt), "vt: a number from 1 to 63 was expected") << vt;
    }
    EXPECT_EQ(error_with("home 1", "home"), "home: a number from 1 to 63 was expected");
    EXPECT_EQ(error_with("keyboard 1", "keyboard 4"), "keyboard: 1 or 3 was expected");
    EXPECT_EQ(error_with("init 4242 881234", "init 4242"), "init: 'PID START' was expected");
    EXPECT_EQ(error_with("init 4242", "init 4194305"), "init: 'PID START' was expected");
    EXPECT_EQ(error_with("leader 4250 881299", "leader 4250 x"), "leader: 'PID START' was expected");
    EXPECT_EQ(error_with("cgroup /sys", "cgroup sys"), "cgroup: '-' or an absolute path was expected");
    EXPECT_EQ(error_with("end .\n", "end .\nmore 1\n"), "end: nothing more was expected");
    EXPECT_EQ(error_with("cgroup /sys", "cgroup /" + std::string(520, 'x')),
              "cgroup: '-' or an absolute path was expected");
}

TEST(LeaseTest, ALeaseThatDoesNotFitIsNotPrinted) {
    std::vector<char> small(40, '#');
    EXPECT_EQ(print_lease(armed_lease(), small.data(), small.size() - 1), 0U);
    EXPECT_EQ(small.back(), '#');
}

TEST(LeaseTest, AProcessIsKnownByItsStart) {
    std::uint64_t start = 0;
    ASSERT_TRUE(start_of(::getpid(), start));
    EXPECT_GT(start, 0U);
    std::uint64_t again = 0;
    ASSERT_TRUE(start_of(::getpid(), again));
    EXPECT_EQ(start, again);
    std::uint64_t first = 0;
    ASSERT_TRUE(start_of(1, first));
    EXPECT_LT(first, start);
    EXPECT_FALSE(start_of(0, start));
    EXPECT_FALSE(start_of(-5, start));
    EXPECT_FALSE(start_of(1 << 22, start));
}

} // namespace
} // namespace berth::guard
