#include "base/unique_fd.hpp"
#include "bus/asio_bus.hpp"
#include "bus/waiting.hpp"

#include <boost/asio/post.hpp>
#include <gmock/gmock.h>

#include <sys/socket.h>

#include <array>
#include <memory>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

namespace berth::testing {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using bus::AsioBus;
using bus::PollRequest;

/// A "bus" made of one socket: a byte is one message.
class AsioBusTest : public ::testing::Test {
  protected:
    AsioBusTest() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
        ours = UniqueFd{ends[0]};
        theirs = UniqueFd{ends[1]};
    }

    void start() {
        loop =
            std::make_unique<AsioBus>(io, AsioBus::Source{[this] { return poll_request(); }, [this] { return step(); }},
                                      [this](const std::string& reason) { lost.push_back(reason); });
    }

    PollRequest poll_request() {
        if (poll_throws) {
            throw std::runtime_error{"no poll data"};
        }
        ++polls;
        return PollRequest{.fd = ours.get(), .events = events, .deadline = deadline, .wake_fd = wake.get()};
    }

    bool step() {
        if (process_throws) {
            throw std::runtime_error{"no processing"};
        }
        ++steps;
        if (on_step) {
            on_step();
        }
        char byte = 0;
        if (::read(ours.get(), &byte, 1) == 1) {
            ++messages;
            return true;
        }
        return endless;
    }

    void send(const std::string& bytes) {
        EXPECT_EQ(::write(theirs.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    }

    /// Everything that can run now.
    void settle() {
        io.restart();
        io.poll();
    }

    boost::asio::io_context io;
    UniqueFd ours;
    UniqueFd theirs;
    UniqueFd wake;
    short events{POLLIN};
    std::optional<std::chrono::steady_clock::time_point> deadline;
    bool poll_throws{false};
    bool process_throws{false};
    bool endless{false};
    std::function<void()> on_step;
    int polls{0};
    int steps{0};
    int messages{0};
    std::vector<std::string> lost;
    std::unique_ptr<AsioBus> loop;
};

TEST_F(AsioBusTest, WithoutAnythingToDoNothingRuns) {
    start();
    settle();
    EXPECT_EQ(steps, 0);
    EXPECT_THAT(lost, IsEmpty());
}

TEST_F(AsioBusTest, AllThatCameInIsProcessedInOneTurn) {
    start();
    send("abc");
    ASSERT_TRUE(run_until(io, [&] { return messages == 3; }));
    EXPECT_EQ(steps, 4) << "and once more to see that nothing is left";
}

TEST_F(AsioBusTest, ThePollDataIsReadAfreshAfterEachTurn) {
    start();
    const int before = polls;
    send("a");
    ASSERT_TRUE(run_until(io, [&] { return messages == 1; }));
    EXPECT_GT(polls, before);
    send("b");
    ASSERT_TRUE(run_until(io, [&] { return messages == 2; }));
}

TEST_F(AsioBusTest, WritabilityIsWaitedForOnlyWhenAsked) {
    start();
    settle();
    EXPECT_EQ(steps, 0);
    events = POLLIN | POLLOUT;
    on_step = [this] { events = POLLIN; };
    loop->rearm();
    ASSERT_TRUE(run_until(io, [&] { return steps > 0; }));
    const int after = steps;
    settle();
    EXPECT_EQ(steps, after) << "a writable socket does not spin";
}

TEST_F(AsioBusTest, ADeadlineIsATurn) {
    start();
    deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds{5};
    on_step = [this] { deadline.reset(); };
    loop->rearm();
    ASSERT_TRUE(run_until(io, [&] { return steps == 1; }));
    EXPECT_THAT(lost, IsEmpty());
}

TEST_F(AsioBusTest, ADeadlineThatIsTakenBackNeverComes) {
    start();
    deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds{20};
    loop->rearm();
    deadline.reset();
    loop->rearm();
    io.restart();
    EXPECT_EQ(io.run_for(std::chrono::milliseconds{60}), 1U) << "the cancelled timer's own handler";
    EXPECT_EQ(steps, 0);
}

TEST_F(AsioBusTest, TheWakeDescriptorIsATurnToo) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    wake = UniqueFd{ends[0]};
    const UniqueFd waker{ends[1]};
    on_step = [this] {
        char byte = 0;
        static_cast<void>(::read(wake.get(), &byte, 1));
    };
    start();
    ASSERT_EQ(::write(waker.get(), "x", 1), 1);
    ASSERT_TRUE(run_until(io, [&] { return steps > 0; }));
}

TEST_F(AsioBusTest, AnEndlessTalkerLeavesRoomForOthers) {
    endless = true;
    start();
    bool others_ran = false;
    send("a");
    on_step = [&] {
        if (steps == 1) {
            boost::asio::post(io, [&] {
                others_ran = true;
                endless = false;
            });
        }
    };
    ASSERT_TRUE(run_until(io, [&] { return others_ran; }));
    EXPECT_LE(steps, 128);
    settle();
}

TEST_F(AsioBusTest, AFailureOfProcessingIsToldOnceAndNotFromInside) {
    start();
    process_throws = true;
    send("abc");
    ASSERT_TRUE(run_until(io, [&] { return !lost.empty(); }));
    loop->rearm();
    settle();
    EXPECT_THAT(lost, ElementsAre("no processing"));
}

TEST_F(AsioBusTest, AFailureOfPollingIsALoss) {
    start();
    poll_throws = true;
    loop->rearm();
    EXPECT_THAT(lost, IsEmpty()) << "never from inside a call";
    ASSERT_TRUE(run_until(io, [&] { return !lost.empty(); }));
    EXPECT_THAT(lost, ElementsAre("no poll data"));
}

TEST_F(AsioBusTest, AnUnusableDescriptorThrowsFromTheConstructor) {
    ours.reset();
    EXPECT_THROW(start(), std::runtime_error);
}

TEST_F(AsioBusTest, ItMayBeDestroyedFromItsOwnCallback) {
    start();
    on_step = [this] { loop.reset(); };
    send("abc");
    ASSERT_TRUE(run_until(io, [&] { return steps == 1; }));
    settle();
    EXPECT_EQ(steps, 1);
    EXPECT_THAT(lost, IsEmpty());
}

TEST_F(AsioBusTest, WhatIsUnderWayWhenItGoesIsForgotten) {
    start();
    send("abc");
    deadline = std::chrono::steady_clock::now();
    loop->rearm();
    loop.reset();
    settle();
    EXPECT_EQ(steps, 0);
    EXPECT_THAT(lost, IsEmpty());
}

TEST_F(AsioBusTest, ALossThatNobodyHeardYetIsForgottenWithIt) {
    start();
    poll_throws = true;
    loop->rearm();
    loop.reset();
    settle();
    EXPECT_THAT(lost, IsEmpty());
}

TEST_F(AsioBusTest, TheBusMayCloseItsDescriptorFirst) {
    start();
    ours.reset(); // the loop holds a duplicate
    theirs.reset();
    process_throws = true;
    ASSERT_TRUE(run_until(io, [&] { return !lost.empty(); }));
    EXPECT_THAT(lost, SizeIs(1));
}

} // namespace

} // namespace berth::testing
