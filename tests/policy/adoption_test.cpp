#include "policy/adoption.hpp"
#include "support/script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace berth;
using namespace berth::model;
using berth::test::count;
using berth::test::job_in;
using berth::test::Script;
using berth::test::seat0;
using berth::test::seat1;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// What a berthd makes of what an earlier one left: its state files on one side, the engine on the other.
namespace {

Script a_desktop(SeatMode mode = SeatMode::logind) {
    Script script;
    script.becomes_seated(mode);
    return script;
}

/// What the engine says of the desktop that `script` has on its seat.
Leftover leftover_of(const Script& script, const SeatName& name = seat0) {
    const Seat& seat = script.seat(name);
    return Leftover{name.value, seat.container, seat.init_pid, seat.vt.value_or(VtClaim{0, 0, 0}), seat.paused};
}

/// A berthd that starts anew and is told this of what there is.
Script the_next(const LeftoversFound& found, const std::vector<SeatName>& seats = {seat0}) {
    Script next{World{}};
    next.happens(Configured{seats, test::a_host()});
    next.happens(found);
    return next;
}

Script the_next_after(const Script& earlier) {
    return the_next({{leftover_of(earlier)}, {earlier.seat()}});
}

std::string why(const Script& script) {
    return script.seat().last_failure.value_or(Failure{}).message;
}

} // namespace

TEST(Adoption, OfADesktopThatRunsChangesNothingOfIt) {
    for (const SeatMode mode : {SeatMode::logind, SeatMode::headless}) {
        const Script earlier = a_desktop(mode);
        Script next = the_next_after(earlier);
        EXPECT_EQ(next.seat().state, SeatState::seated);
        EXPECT_THAT(next.effects(), Contains(Effect{WatchInit{seat0, earlier.seat().init_pid}}));
        EXPECT_THAT(next.steps(), ElementsAre(Step::adopt));
        next.succeeds();
        Seat expected = earlier.seat();
        expected.serial = next.seat().serial;
        EXPECT_EQ(next.seat(), expected) << "all of it, its since, plan, facts, lease and door";
        EXPECT_GT(next.seat().serial, earlier.seat().serial) << "no step is mistaken for one of the earlier berthd's";
    }
}

TEST(Adoption, IsFollowedByALifeLikeAnyOthers) {
    Script next = the_next_after(a_desktop());
    next.succeeds();
    next.forgets();
    const CallToken down = next.call(DownRequest{seat0, false});
    next.runs_to_rest();
    EXPECT_THAT(next.steps(), ElementsAre(Step::end_session, Step::stop, Step::release_seat, Step::restore_tty,
                                          Step::remove, Step::close_door));
    EXPECT_EQ(next.seat().state, SeatState::vacant);
    EXPECT_EQ(next.states_of(job_in(next.reply_to(down))).back(), JobState::done);
}

TEST(Adoption, AnEarlierBerthdsJobHasItsNumberForItself) {
    Script next{World{}};
    next.happens(Configured{{seat0}, test::a_host(), 41});
    next.happens(LeftoversFound{});
    EXPECT_EQ(job_in(next.reply_to(next.call(RestoreTtyRequest{seat0}))), JobId{42});
}

TEST(Adoption, OfAFrozenDesktopGoesByWhatTheEngineSays) {
    Script earlier = a_desktop();
    Leftover paused = leftover_of(earlier);
    paused.paused = true;
    Script next = the_next({{paused}, {earlier.seat()}});
    EXPECT_EQ(next.seat().state, SeatState::frozen) << "somebody paused it meanwhile";
    next.succeeds();
    next.call(ThawRequest{seat0});
    next.runs_to_rest();
    EXPECT_EQ(next.seat().state, SeatState::seated);

    earlier.call(FreezeRequest{seat0});
    earlier.runs_to_rest();
    Leftover running = leftover_of(earlier);
    running.paused = false;
    next = the_next({{running}, {earlier.seat()}});
    EXPECT_EQ(next.seat().state, SeatState::seated);
    EXPECT_FALSE(next.seat().paused);
}

TEST(Adoption, ThatCannotTakeBackEverythingLeavesTheDesktopAndSaysSo) {
    Script next = the_next_after(a_desktop());
    next.fails();
    EXPECT_EQ(next.seat().state, SeatState::seated);
    EXPECT_EQ(next.seat().last_failure.value_or(Failure{}).step, Step::adopt);
    Script slow = the_next_after(a_desktop());
    slow.times_out();
    EXPECT_EQ(slow.seat().state, SeatState::seated);
    EXPECT_THAT(why(slow), HasSubstr("took too long"));
}

TEST(Adoption, OfADesktopWhoseSessionWasLostMeanwhileBringsItUpAnew) {
    Script next = the_next_after(a_desktop());
    next.happens(LeaseLost{seat0, "logind ended the session on the seat"});
    next.succeeds();
    ASSERT_TRUE(next.runs_to(Step::close_door));
    next.succeeds();
    EXPECT_EQ(next.seat().state, SeatState::preparing);
    EXPECT_THAT(why(next), HasSubstr("logind ended the session"));
}

TEST(Adoption, OfADesktopThatIsCalledDownAtOnceTakesItDownAfterwards) {
    Script next = the_next_after(a_desktop());
    next.call(DownRequest{seat0, false});
    next.runs_to_rest();
    EXPECT_EQ(next.seat().state, SeatState::vacant);
}

TEST(Adoption, OfADesktopThatEndedMeanwhileClearsItAway) {
    const Script earlier = a_desktop();
    Leftover dead = leftover_of(earlier);
    dead.init_pid = 0;
    Script removed = the_next({{}, {earlier.seat()}});
    Script ended = the_next({{dead}, {earlier.seat()}});
    for (Script* const next : {&removed, &ended}) {
        next->runs_to_rest();
        EXPECT_THAT(next->steps(),
                    ElementsAre(Step::kill, Step::release_seat, Step::restore_tty, Step::remove, Step::close_door));
        EXPECT_EQ(next->seat().state, SeatState::vacant);
        EXPECT_THAT(why(*next), HasSubstr("ended while berthd was not running"));
    }
}

TEST(Adoption, IsOnlyOfTheDesktopThatWasKept) {
    const Script earlier = a_desktop();
    Leftover other = leftover_of(earlier);
    other.container = "another";
    Leftover restarted = leftover_of(earlier);
    restarted.init_pid += 1;
    for (const Leftover& found : {other, restarted}) {
        Script next = the_next({{found}, {earlier.seat()}});
        EXPECT_EQ(next.seat().state, SeatState::draining);
        EXPECT_EQ(next.seat().container, found.container);
        next.runs_to_rest();
        EXPECT_EQ(next.seat().state, SeatState::vacant);
    }
    Script unknown = the_next({{leftover_of(earlier)}, {}});
    unknown.runs_to_rest();
    EXPECT_EQ(unknown.seat().state, SeatState::vacant) << "what is known of it is lost, so it cannot be owned";
}

TEST(Adoption, OfADesktopInModeVtTakesTheTerminalBackToo) {
    const Script earlier = a_desktop(SeatMode::vt);
    Script next = the_next_after(earlier);
    next.runs_to_rest();
    EXPECT_THAT(next.steps(), ElementsAre(Step::adopt));
    EXPECT_EQ(next.seat().state, SeatState::seated);
    EXPECT_EQ(next.seat().vt, earlier.seat().vt);
}

TEST(Adoption, OfABringUpThatWasInterruptedUndoesWhatItMade) {
    for (const Step step : {Step::check_image, Step::claim_vt, Step::open_door, Step::lease_seat, Step::create,
                            Step::initialize, Step::check_systemd, Step::await_lease, Step::start, Step::join_network,
                            Step::await_session, Step::probe_shell}) {
        Script earlier;
        earlier.up(SeatMode::logind);
        ASSERT_TRUE(earlier.runs_to(step));
        const bool made = !earlier.seat().container.empty();
        Script next = the_next({made ? std::vector{leftover_of(earlier)} : std::vector<Leftover>{}, {earlier.seat()}});
        next.runs_to_rest();
        EXPECT_EQ(next.seat().state, SeatState::vacant) << "step " << static_cast<int>(step);
        if (step == Step::claim_vt) { // which may have been done, and not been told any more
            EXPECT_THAT(next.steps(), Contains(Step::restore_tty));
        } else if (step == Step::lease_seat || step == Step::await_lease) {
            EXPECT_THAT(next.steps(), Contains(Step::release_seat));
        } else if (step == Step::create) {
            EXPECT_THAT(next.steps(), Contains(Step::remove));
        } else if (step == Step::open_door) {
            EXPECT_THAT(next.steps(), Contains(Step::close_door));
        }
    }
}

TEST(Adoption, OfATearDownThatWasInterruptedEndsItAndKeepsItsReason) {
    Script earlier = a_desktop();
    earlier.happens(LeaseLost{seat0, "logind was restarted"});
    ASSERT_TRUE(earlier.runs_to(Step::release_seat));
    Leftover dead = leftover_of(earlier);
    dead.init_pid = 0;
    Script next = the_next({{dead}, {earlier.seat()}});
    next.runs_to_rest();
    EXPECT_EQ(next.seat().state, SeatState::vacant) << "it does not come again: nobody waits for it any more";
    EXPECT_EQ(why(next), "logind was restarted");
}

TEST(Adoption, KeepsWhatASeatAtRestRemembers) {
    Script earlier;
    earlier.up(SeatMode::logind);
    ASSERT_TRUE(earlier.runs_to(Step::start));
    earlier.fails();
    earlier.runs_to_rest();
    ASSERT_EQ(earlier.seat().failed_starts.size(), 1U);
    const Script next = the_next({{}, {earlier.seat()}});
    EXPECT_EQ(next.seat().state, SeatState::vacant);
    EXPECT_EQ(next.seat().last_failure, earlier.seat().last_failure);
    EXPECT_EQ(next.seat().failed_starts, earlier.seat().failed_starts) << "a crash loop is not forgotten by a restart";
}

TEST(Adoption, LeavesAHeldSeatHeld) {
    Seat held;
    held.name = seat0;
    held.state = SeatState::held;
    held.last_failure = test::failure_of(Step::restore_tty);
    Script next = the_next({{}, {held}});
    EXPECT_EQ(next.seat().state, SeatState::held);
    EXPECT_EQ(next.seat().last_failure, held.last_failure);
    next.call(DownRequest{seat0, false});
    next.runs_to_rest();
    EXPECT_EQ(next.seat().state, SeatState::vacant);
}

TEST(Adoption, OfADesktopOnASeatThatLogindHasNotAnnouncedYetWaitsForIt) {
    Script earlier{std::vector<SeatName>{seat1}};
    earlier.plays_on(seat1);
    earlier.becomes_seated(SeatMode::logind);
    Script next = the_next({{leftover_of(earlier, seat1)}, {earlier.seat(seat1)}});
    next.plays_on(seat1);
    EXPECT_EQ(next.seat(seat1).state, SeatState::seated);
    EXPECT_TRUE(next.seat(seat1).gone) << "until logind says otherwise";
    next.succeeds();
    next.happens(SeatAppeared{seat1});
    EXPECT_FALSE(next.seat(seat1).gone);

    Script never = the_next({{leftover_of(earlier, seat1)}, {earlier.seat(seat1)}});
    never.plays_on(seat1);
    never.succeeds();
    never.happens(LeaseLost{seat1, "logind ended the session on the seat"});
    ASSERT_TRUE(never.runs_to(Step::close_door));
    never.succeeds();
    EXPECT_FALSE(never.world().seats.contains(seat1)) << "its session ended with its seat";
}

TEST(Adoption, WhenBerthdIsToEndBeforeItKnowsDependsOnWhetherTheHostEndsToo) {
    const Script earlier = a_desktop();
    for (const bool keep : {true, false}) {
        Script next{World{}};
        next.happens(Configured{{seat0}, test::a_host()});
        next.happens(ShutdownRequested{keep});
        EXPECT_FALSE(next.exited());
        next.happens(LeftoversFound{{leftover_of(earlier)}, {earlier.seat()}});
        EXPECT_EQ(next.exited(), keep);
        EXPECT_EQ(next.seat().state, keep ? SeatState::seated : SeatState::draining);
        next.runs_to_rest();
        EXPECT_TRUE(next.exited());
    }
}
