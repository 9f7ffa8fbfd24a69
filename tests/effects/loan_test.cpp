#include "effects/runner_fixture.hpp"

#include <gmock/gmock.h>

namespace berth::effects {
namespace {

using namespace model;
using test::RunnerTest;
using test::seat_name;
using ::testing::ElementsAre;

TEST_F(RunnerTest, ATerminalIsLentWhenItsGuardHasItInHandAndNotBefore) {
    EXPECT_EQ(std::get<VtClaim>(step(Step::claim_vt).facts), *terminals.claim_answer);
    EXPECT_THAT(guards.calls, ElementsAre("arm 7"));
    guards.arm_answer = Error{ErrorCode::failed, "no guard"};
    EXPECT_EQ(step(Step::claim_vt).error->message, "no guard");
    terminals.claim_answer = Error{ErrorCode::vt_unavailable, "all in use"};
    guards.calls.clear();
    EXPECT_EQ(step(Step::claim_vt).error->message, "all in use");
    EXPECT_THAT(guards.calls, ElementsAre());
}

TEST_F(RunnerTest, TheGuardIsToldOfTheDesktopsInit) {
    seat().init_pid = 4242;
    run(WatchInit{seat_name, 4242});
    EXPECT_THAT(guards.calls, ElementsAre("tell 4242"));
}

TEST_F(RunnerTest, TheGuardIsThereUntilTheTerminalIsVerified) {
    seat().vt = VtClaim{9, 3, 1};
    terminals.report.verified = false;
    step(Step::restore_tty);
    EXPECT_THAT(guards.calls, ElementsAre("give-back seat0"));
    terminals.report.verified = true;
    step(Step::restore_tty);
    EXPECT_THAT(guards.calls, ElementsAre("give-back seat0", "give-back seat0", "disarm seat0"));
}

TEST_F(RunnerTest, AdoptingTakesBackTheTerminalTheDoorItsSocketAndTheSession) {
    seat().vt = VtClaim{7, 2, 1};
    seat().lease = SeatLease{"5", 7, 1234};
    EXPECT_FALSE(step(Step::adopt).error);
    EXPECT_EQ(terminals.adopted.at(seat_name), (VtClaim{7, 2, 1}));
    EXPECT_THAT(guards.calls, ElementsAre("arm 7"));
    EXPECT_THAT(directories.adopted, ElementsAre("seat0"));
    EXPECT_THAT(directories.opened, ElementsAre()) << "nothing is made anew";
    EXPECT_THAT(self_sockets.listening, ElementsAre("/door/bus"));
    EXPECT_THAT(sessions.adopted, ElementsAre("seat0"));
}

TEST_F(RunnerTest, AdoptingADesktopWithoutAScreenAsksForNoSession) {
    EXPECT_FALSE(step(Step::adopt).error);
    EXPECT_TRUE(sessions.adopted.empty());
    EXPECT_TRUE(terminals.adopted.empty());
    EXPECT_TRUE(guards.calls.empty());
}

TEST_F(RunnerTest, AdoptingWithoutAGuardIsToldAndTheSessionIsWatchedNonetheless) {
    seat().vt = VtClaim{7, 2, 1};
    seat().lease = SeatLease{"5", 7, 1234};
    guards.arm_answer = Error{ErrorCode::failed, "no guard"};
    EXPECT_EQ(step(Step::adopt).error->message, "no guard");
    EXPECT_THAT(sessions.adopted, ElementsAre("seat0"));
}

TEST_F(RunnerTest, AdoptingWatchesTheSessionThoughTheDoorIsNotThere) {
    seat().lease = SeatLease{"5", 7, 1234};
    directories.paths = Error{ErrorCode::failed, "no door"};
    EXPECT_EQ(step(Step::adopt).error->message, "no door");
    EXPECT_THAT(sessions.adopted, ElementsAre("seat0"));
    sessions.adopt_answer = Error{ErrorCode::failed, "nobody says"};
    EXPECT_EQ(step(Step::adopt).error->message, "nobody says");
}

} // namespace
} // namespace berth::effects
