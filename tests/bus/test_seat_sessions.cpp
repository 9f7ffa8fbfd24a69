#include "bus/seat_sessions_fixture.hpp"
#include "support/scratch_folder.hpp"

#include <csignal>

namespace berth::testing {

namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using bus::SeatSessions;
using model::SeatName;

TEST(SeatUnit, HasTheSeatsNameAsItIsSinceTheUnitFileBuildsPathsOfIt) {
    EXPECT_EQ(SeatSessions::unit_of(seat0), unit0);
    EXPECT_EQ(SeatSessions::unit_of(kitchen), kitchen_unit);
}

TEST(SeatUnit, WhatAUnitsNameMayNotHaveIsEscaped) {
    EXPECT_EQ(SeatSessions::unit_of(SeatName{std::string{"a/b'c"}}), "berth-seat@a\\x2fb\\x27c.service");
    EXPECT_EQ(SeatSessions::unit_of(SeatName{std::string{"\xc3\xa9"}}), "berth-seat@\\xc3\\xa9.service");
}

TEST(SeatUnit, EveryExitStatusHasItsSentence) {
    EXPECT_THAT(SeatSessions::sentence_of(0), HasSubstr("its unit was stopped"));
    EXPECT_THAT(SeatSessions::sentence_of(10), AllOf(HasSubstr("PAM refused"), HasSubstr("'berth'")));
    EXPECT_THAT(SeatSessions::sentence_of(11), HasSubstr("no session on the seat"));
    EXPECT_THAT(SeatSessions::sentence_of(12), HasSubstr("logind ended the session"));
    EXPECT_THAT(SeatSessions::sentence_of(13), HasSubstr("logind was restarted"));
    EXPECT_THAT(SeatSessions::sentence_of(14), HasSubstr("lost the host's bus"));
    EXPECT_THAT(SeatSessions::sentence_of(15), HasSubstr("compositor did not answer"));
    for (const int other : {1, 2, 203, -1}) {
        EXPECT_THAT(SeatSessions::sentence_of(other), HasSubstr("exit status " + std::to_string(other)));
    }
}

TEST_F(WithSystemd, ATakeRestartsTheUnitAndIsDoneWhenItsJobIs) {
    EXPECT_TRUE(take());
    EXPECT_THAT(systemd->calls, ElementsAre("RestartUnit " + unit0 + " replace"));
    EXPECT_EQ(systemd->questions, 0);
}

TEST_F(WithSystemd, ASeatThatComesLaterIsTakenAndItsLossIsTold) {
    const SeatName late{std::string{"seat1"}};
    ASSERT_TRUE(take(late));
    EXPECT_THAT(systemd->calls, ElementsAre("RestartUnit berth-seat@seat1.service replace"));
    systemd->exits["berth-seat@seat1.service"] = MockSystemd::Exit{1, 12};
    systemd->unit_becomes("berth-seat@seat1.service", "failed");
    ASSERT_TRUE(run_until(io, [&] { return !lost.empty(); }));
    EXPECT_THAT(lost, ElementsAre("seat1: " + SeatSessions::sentence_of(12)));
}

TEST_F(WithSystemd, ATakeWaitsForItsOwnJob) {
    const auto taking = take_that_runs();
    systemd->remove_job("/org/freedesktop/systemd1/job/999", unit0, "failed");
    systemd->remove_job("/org/freedesktop/systemd1/job/998", "ssh.service", "done");
    settle();
    EXPECT_EQ(taking->times, 0);
    systemd->remove_job("/org/freedesktop/systemd1/job/1", unit0, "done");
    EXPECT_TRUE(end_of(taking));
}

TEST_F(WithSystemd, WhoAsksIsAnsweredWhenTheJobHasBegunAndWhoAwaitsWhenItHasEnded) {
    systemd->result.reset();
    const auto asked = std::make_shared<Ending>();
    const auto open = std::make_shared<Ending>();
    sessions->ask(seat0, into(asked));
    EXPECT_TRUE(end_of(asked)) << "the job runs";
    sessions->await(seat0, into(open));
    const std::string job = systemd->job();
    settle();
    EXPECT_EQ(open->times, 0);
    systemd->remove_job(job, unit0, "done");
    EXPECT_TRUE(end_of(open));
}

TEST_F(WithSystemd, ASessionThatIsOpenBeforeSomebodyAwaitsItIsToldAllTheSameFromALaterTurn) {
    for (const bool opens : {true, false}) {
        systemd->result = opens ? "done" : "dependency";
        const auto asked = std::make_shared<Ending>();
        sessions->ask(seat0, into(asked));
        EXPECT_TRUE(end_of(asked));
        settle();
        const auto open = std::make_shared<Ending>();
        sessions->await(seat0, into(open));
        EXPECT_EQ(open->times, 0);
        EXPECT_EQ(bool{end_of(open)}, opens);
    }
}

TEST_F(WithSystemd, ASessionThatNobodyAskedForIsNotWaitedFor) {
    const auto open = std::make_shared<Ending>();
    sessions->await(seat0, into(open));
    const auto end = end_of(open);
    ASSERT_FALSE(end);
    EXPECT_THAT(end.error().message, HasSubstr("no session was asked for"));
}

TEST_F(WithSystemd, AReleaseEndsTheWaitForASessionThatStillOpens) {
    systemd->result.reset();
    const auto asked = std::make_shared<Ending>();
    const auto opening = std::make_shared<Ending>();
    sessions->ask(seat0, into(asked));
    ASSERT_TRUE(end_of(asked));
    sessions->await(seat0, into(opening));
    const std::string job = systemd->job();
    const auto releasing = start_release();
    ASSERT_TRUE(run_until(io, [&] { return systemd->calls.size() == 2; }));
    systemd->remove_job(job, unit0, "canceled"); // as the service manager does with a start that a stop replaces
    const auto end = end_of(opening);
    ASSERT_FALSE(end);
    EXPECT_THAT(end.error().message, HasSubstr("canceled"));
    systemd->remove_job(systemd->job(), unit0, "done");
    EXPECT_TRUE(end_of(releasing));
}

TEST_F(WithSystemd, AFailedTakeTellsWhyTheUnitEnded) {
    EXPECT_EQ(why_not("failed", MockSystemd::Exit{1, 10}), SeatSessions::sentence_of(10));
    EXPECT_EQ(why_not("failed", MockSystemd::Exit{1, 11}), SeatSessions::sentence_of(11));
    EXPECT_EQ(why_not("failed", MockSystemd::Exit{1, 203}), SeatSessions::sentence_of(203));
}

TEST_F(WithSystemd, AFailedTakeWhoseUnitSaysNothingTellsTheJobsResult) {
    EXPECT_THAT(why_not("dependency", {}), HasSubstr("dependency"));
    EXPECT_THAT(why_not("failed", MockSystemd::Exit{0, 0}), HasSubstr("ended with: failed")) << "it never ran";
    EXPECT_THAT(why_not("timeout", MockSystemd::Exit{1, 0}), HasSubstr("timeout"))
        << "it was asked to stop, and did so: that says nothing of why it did not start";
}

TEST_F(WithSystemd, ASignalIsNoExitStatus) {
    const std::string why = why_not("failed", MockSystemd::Exit{2, SIGSEGV});
    EXPECT_THAT(why, AllOf(HasSubstr("signal 11"), Not(HasSubstr("logind"))));
    EXPECT_THAT(why_not("failed", MockSystemd::Exit{3, SIGABRT}), HasSubstr("signal 6"));
}

TEST_F(WithSystemd, ARefusalOfTheServiceManagerNamesTheUnit) {
    systemd->error = "org.freedesktop.systemd1.UnitMasked";
    for (const auto& refused : {take(), release()}) {
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::failed);
        EXPECT_THAT(refused.error().message, AllOf(HasSubstr(unit0), HasSubstr("mock")));
    }
}

TEST_F(WithSystemd, AReleaseStopsTheUnit) {
    EXPECT_TRUE(release());
    EXPECT_THAT(systemd->calls, ElementsAre("StopUnit " + unit0 + " replace"));
}

TEST_F(WithSystemd, AReleaseIsDoneHoweverItsJobEnds) {
    for (const char* result : {"failed", "canceled", "timeout"}) {
        systemd->result = result;
        EXPECT_TRUE(release()) << result;
    }
}

TEST_F(WithSystemd, AReleaseOfAUnitThatIsNotThereIsFineAndATakeIsNot) {
    systemd->error = "org.freedesktop.systemd1.NoSuchUnit";
    EXPECT_TRUE(release());
    EXPECT_FALSE(take());
}

TEST_F(SeatSessionsTest, WithoutAServiceManagerATakeFailsAndAReleaseHasNothingToDo) {
    const auto taken = take();
    ASSERT_FALSE(taken);
    EXPECT_THAT(taken.error().message, AllOf(HasSubstr("service manager"), HasSubstr(unit0)));
    EXPECT_TRUE(release());
}

TEST(SeatSessionsWithoutSystemd, ANameThatTheBusCannotStartIsNobodyToo) {
    const test::ScratchFolder folder; // as on a host with systemd's files, where it is not PID 1
    test::write_file(folder.path() + "/org.freedesktop.systemd1.service",
                     "[D-BUS Service]\nName=org.freedesktop.systemd1\nExec=/bin/false\nUser=root\n");
    const PrivateBus bus{std::string{PrivateBus::allow_all} + "<servicedir>" + folder.path() + "</servicedir>"};
    boost::asio::io_context io;
    bus::BusConnection connection{io, bus.address(), nullptr};
    SeatSessions sessions{connection, {seat0}, nullptr};
    std::optional<Result<void>> released;
    sessions.release(seat0, [&](const Result<void>& result) { released = result; });
    ASSERT_TRUE(run_until(io, [&] { return released.has_value(); }));
    EXPECT_TRUE(*released) << released->error().message;
}

TEST_F(SeatSessionsTest, OnABusThatIsGoneBothFailWithoutThrowing) {
    bus.kill();
    const auto taking = start_take();
    const auto releasing = start_release();
    EXPECT_FALSE(end_of(taking));
    EXPECT_FALSE(end_of(releasing));
}

TEST_F(WithSystemd, TwoWhoWaitForOneJobAreBothAnswered) {
    systemd->one_job = true;
    const auto first = take_that_runs();
    const auto second = take_that_runs();
    systemd->end_job("done");
    EXPECT_TRUE(end_of(first));
    EXPECT_TRUE(end_of(second));
}

TEST_F(WithSystemd, ASignalFromAnyoneElseIsNotBelieved) {
    TestClient somebody{io, bus.address()};
    const auto taking = take_that_runs();
    const std::string berthd = systemd->caller;
    MockSystemd::send_job_removed(somebody, berthd.c_str(), systemd->job(), unit0, "done");
    somebody.call("/org/freedesktop/DBus", "org.freedesktop.DBus.Peer", "Ping");
    settle();
    EXPECT_EQ(taking->times, 0);
    systemd->remove_job("/org/freedesktop/systemd1/job/1", unit0, "done");
    ASSERT_TRUE(end_of(taking));
    MockSystemd::send_state(somebody, berthd.c_str(), unit0, "failed");
    somebody.call("/org/freedesktop/DBus", "org.freedesktop.DBus.Peer", "Ping");
    settle();
    EXPECT_THAT(lost, IsEmpty());
    EXPECT_EQ(systemd->questions, 0);
}

TEST_F(WithSystemd, WhatGoesWhileAnAnswerIsPendingHurtsNobody) {
    const auto unanswered = start_take();
    sessions.reset(); // before the manager has read the call
    EXPECT_TRUE(run_until(io, [&] { return !systemd->calls.empty(); }));
    TestClient somebody{io, bus.address()};
    somebody.call("/org/freedesktop/DBus", "org.freedesktop.DBus.Peer", "Ping");
    EXPECT_EQ(unanswered->times, 0);
}

TEST_F(WithSystemd, WhatGoesWhileAJobRunsHurtsNobody) {
    const auto unanswered = take_that_runs();
    sessions.reset();
    systemd->end_job("done");
    TestClient somebody{io, bus.address()};
    somebody.call("/org/freedesktop/DBus", "org.freedesktop.DBus.Peer", "Ping");
    EXPECT_EQ(unanswered->times, 0);
}

TEST_F(WithSystemd, WhatGoesWhileTheReasonIsAskedForHurtsNobody) {
    ASSERT_TRUE(take());
    systemd->exits[unit0] = {1, 13};
    systemd->unit_becomes(unit0, "failed");
    ASSERT_TRUE(run_until(io, [&] { return systemd->questions > 0; }));
    sessions.reset();
    TestClient somebody{io, bus.address()};
    somebody.call("/org/freedesktop/DBus", "org.freedesktop.DBus.Peer", "Ping");
    EXPECT_THAT(lost, IsEmpty());
}

} // namespace

} // namespace berth::testing
