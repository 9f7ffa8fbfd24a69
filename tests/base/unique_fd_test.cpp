#include "base/unique_fd.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <type_traits>
#include <unistd.h>

using berth::UniqueFd;

namespace {

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) != -1;
}

/// A descriptor of our own to play with: one end of a pipe whose other end is closed.
int new_fd() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    ::close(ends[1]);
    return ends[0];
}

} // namespace

TEST(UniqueFd, ClosesWhatItHoldsWhenItEnds) {
    const int raw = new_fd();
    {
        const UniqueFd fd{raw};
        EXPECT_TRUE(is_open(raw));
    }
    EXPECT_FALSE(is_open(raw));
}

TEST(UniqueFd, HoldsNothingByDefault) {
    const UniqueFd fd;
    EXPECT_EQ(fd.get(), -1);
    EXPECT_FALSE(static_cast<bool>(fd));
}

TEST(UniqueFd, AMovedOneIsClosedOnceByItsNewOwner) {
    const int raw = new_fd();
    UniqueFd first{raw};
    {
        const UniqueFd second{std::move(first)};
        EXPECT_EQ(second.get(), raw);
        EXPECT_EQ(first.get(), -1); // NOLINT(bugprone-use-after-move): what is left behind is the point
        EXPECT_TRUE(is_open(raw));
    }
    EXPECT_FALSE(is_open(raw));
}

TEST(UniqueFd, AssigningClosesWhatWasHeldBefore) {
    const int old = new_fd();
    UniqueFd fd{old};
    const int fresh = new_fd();
    fd = UniqueFd{fresh};
    EXPECT_FALSE(is_open(old));
    EXPECT_TRUE(is_open(fresh));
    EXPECT_EQ(fd.get(), fresh);
}

TEST(UniqueFd, AssigningToItselfKeepsItOpen) {
    UniqueFd fd{new_fd()};
    UniqueFd& same = fd;
    fd = std::move(same);
    EXPECT_TRUE(is_open(fd.get()));
}

TEST(UniqueFd, ReleaseGivesTheDescriptorAwayOpen) {
    const int raw = new_fd();
    int given = -1;
    {
        UniqueFd fd{raw};
        given = fd.release();
        EXPECT_EQ(fd.get(), -1);
    }
    EXPECT_EQ(given, raw);
    EXPECT_TRUE(is_open(raw));
    ::close(raw);
}

TEST(UniqueFd, ResetClosesAtOnceAndOnlyOnce) {
    const int raw = new_fd();
    UniqueFd fd{raw};
    fd.reset();
    EXPECT_FALSE(is_open(raw));
    const int reused = new_fd(); // The kernel hands out the lowest free number: the same one.
    EXPECT_EQ(reused, raw);
    fd.reset();
    EXPECT_TRUE(is_open(reused)) << "a second reset closed somebody else's descriptor";
    ::close(reused);
}

TEST(UniqueFd, CannotBeCopied) {
    static_assert(!std::is_copy_constructible_v<UniqueFd> && !std::is_copy_assignable_v<UniqueFd>);
    static_assert(std::is_nothrow_move_constructible_v<UniqueFd> && std::is_nothrow_move_assignable_v<UniqueFd>);
    EXPECT_FALSE((std::is_constructible_v<UniqueFd, const UniqueFd&>));
}
