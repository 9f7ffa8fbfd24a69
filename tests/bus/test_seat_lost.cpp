#include "bus/seat_sessions_fixture.hpp"

#include <csignal>

namespace berth::testing {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using bus::SeatSessions;

TEST_F(WithSystemd, AUnitThatEndsByItselfIsToldOnce) {
    systemd->exits[unit0] = {1, 13};
    for (const char* state : {"failed", "inactive"}) {
        lost.clear();
        ASSERT_TRUE(take());
        systemd->unit_becomes(unit0, "deactivating");
        systemd->unit_becomes(unit0, state);
        systemd->unit_becomes(unit0, state);
        settle();
        EXPECT_THAT(lost, ElementsAre("seat0: " + SeatSessions::sentence_of(13))) << state;
    }
}

TEST_F(WithSystemd, AUnitThatEndsWithoutAReasonIsToldToo) {
    ASSERT_TRUE(take());
    systemd->unit_becomes(unit0, "failed");
    settle();
    EXPECT_THAT(lost, ElementsAre("seat0: The session on the seat ended"));
}

TEST_F(WithSystemd, AUnitThatWasKilledOrStoppedByAPersonIsTold) {
    ASSERT_TRUE(take());
    systemd->exits[unit0] = {2, SIGKILL};
    systemd->unit_becomes(unit0, "failed");
    settle();
    ASSERT_TRUE(take());
    systemd->exits[unit0] = {1, 0};
    systemd->unit_becomes(unit0, "inactive");
    settle();
    EXPECT_THAT(lost, ElementsAre(HasSubstr("signal 9"), "seat0: " + SeatSessions::sentence_of(0)));
}

TEST_F(WithSystemd, ASeatWithADashInItsNameIsAsGoodAsAnother) {
    other = seat0;
    systemd->exits[kitchen_unit] = {1, 12};
    ASSERT_TRUE(take(kitchen));
    systemd->unit_becomes(kitchen_unit, "failed");
    settle();
    EXPECT_THAT(lost, ElementsAre("seat-kitchen2: " + SeatSessions::sentence_of(12)));
}

TEST_F(WithSystemd, WhatWasNeverTakenOrIsReleasedIsNotLost) {
    systemd->unit_becomes(unit0, "failed");
    settle(); // never taken
    ASSERT_TRUE(take());
    ASSERT_TRUE(release());
    systemd->unit_becomes(unit0, "inactive");
    settle();
    EXPECT_THAT(lost, IsEmpty());
    EXPECT_EQ(systemd->questions, 0);
}

TEST_F(WithSystemd, AFailedTakeIsToldByItsAnswerAlone) {
    systemd->result = "failed";
    EXPECT_FALSE(take());
    systemd->unit_becomes(unit0, "failed");
    settle();
    EXPECT_THAT(lost, IsEmpty());
}

TEST_F(WithSystemd, WhatEndsWhileTheUnitIsStartedAnewIsNotLost) {
    ASSERT_TRUE(take());
    const auto again = take_that_runs();
    systemd->unit_becomes(unit0, "inactive");
    systemd->unit_becomes(unit0, "activating");
    systemd->unit_becomes(unit0, "active");
    systemd->end_job("done");
    EXPECT_TRUE(end_of(again));
    settle();
    EXPECT_THAT(lost, IsEmpty());
}

TEST_F(WithSystemd, TheEndOfAnotherSeatsUnitIsNotThisSeatsLoss) {
    ASSERT_TRUE(take());
    systemd->unit_becomes(kitchen_unit, "failed");
    systemd->unit_becomes("ssh.service", "failed");
    settle();
    EXPECT_THAT(lost, IsEmpty());
}

TEST_F(WithSystemd, AChangeThatSaysNoStateIsNoLoss) {
    ASSERT_TRUE(take());
    systemd->unit_changes_otherwise(unit0);
    settle();
    EXPECT_THAT(lost, IsEmpty());
}

TEST_F(WithSystemd, ATakeThatEndsAfterTheReleaseTookNothing) {
    const auto taking = take_that_runs();
    const auto releasing = start_release();
    systemd->end_job("done"); // before the manager reads of the release
    EXPECT_TRUE(end_of(taking));
    ASSERT_TRUE(run_until(io, [&] { return systemd->calls.size() == 2; }));
    systemd->unit_becomes(unit0, "inactive");
    systemd->end_job("done");
    EXPECT_TRUE(end_of(releasing));
    settle();
    EXPECT_THAT(lost, IsEmpty());
}

TEST_F(WithSystemd, AReleaseWhileTheReasonIsAskedForMeansThatNothingWasLost) {
    ASSERT_TRUE(take());
    systemd->exits[unit0] = {1, 13};
    systemd->unit_becomes(unit0, "failed");
    ASSERT_TRUE(run_until(io, [&] { return systemd->questions > 0; }));
    EXPECT_TRUE(release());
    settle();
    EXPECT_THAT(lost, IsEmpty());
}

TEST_F(WithSystemd, AServiceManagerThatIsExecutedAnewIsHeardAgain) {
    ASSERT_TRUE(take());
    systemd.reset();
    systemd = std::make_unique<MockSystemd>(io, bus.address());
    ASSERT_TRUE(run_until(io, [&] { return !systemd->caller.empty(); })) << "it does not know who listens";
    systemd->exits[unit0] = {1, 14};
    systemd->unit_becomes(unit0, "failed");
    settle();
    EXPECT_THAT(lost, ElementsAre("seat0: " + SeatSessions::sentence_of(14)));
}

} // namespace

} // namespace berth::testing
