#include "effects/container_spec.hpp"
#include "effects/leftovers.hpp"
#include "effects/runner_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace berth::effects {
namespace {

using namespace model;
using test::image;
using test::RunnerTest;
using test::seat_name;
using test::systemd;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(RunnerTest, AStepAnswersWithItsOwnSerialAndName) {
    const StepFinished finished = step(Step::check_image);
    EXPECT_EQ(finished.serial, StepSerial{7});
    EXPECT_EQ(finished.step, Step::check_image);
    EXPECT_EQ(finished.seat, seat_name);
    EXPECT_FALSE(finished.error);
}

TEST_F(RunnerTest, AnImageThatIsNotThereIsNamed) {
    seat().plan->profile.image = "localhost/none:latest";
    const StepFinished finished = step(Step::check_image);
    ASSERT_TRUE(finished.error);
    EXPECT_EQ(finished.error->code, ErrorCode::image_not_found);
    EXPECT_EQ(finished.error->step, Step::check_image);
}

TEST_F(RunnerTest, TheDoorIsOpenedBeforeItsSocketListens) {
    const StepFinished finished = step(Step::open_door);
    EXPECT_EQ(std::get<DoorPaths>(finished.facts).door, "/door");
    EXPECT_THAT(self_sockets.listening, ElementsAre("/door/bus"));
    EXPECT_EQ(self_sockets.described.at("desktop"), "gnome");
    EXPECT_EQ(self_sockets.described.at("version"), "1.2.3");
}

TEST_F(RunnerTest, ADoorThatCannotBeOpenedFailsTheStepAndNothingListens) {
    directories.paths = Error{ErrorCode::failed, "no space"};
    EXPECT_EQ(step(Step::open_door).error->message, "no space");
    EXPECT_TRUE(self_sockets.listening.empty());
}

TEST_F(RunnerTest, ASessionIsPreparedAskedForAwaitedAndNotedInThatOrder) {
    std::vector<std::string> order;
    directories.on_prepare = [&] { order.emplace_back("prepare"); };
    sessions.on_ask = [&] { order.emplace_back("ask"); };
    sessions.on_await = [&] { order.emplace_back("await"); };
    directories.on_note = [&] { order.emplace_back("note"); };
    const StepFinished asked = step(Step::lease_seat);
    EXPECT_FALSE(asked.error);
    EXPECT_EQ(std::get<SeatLease>(asked.facts), SeatLease{}) << "nothing is known of it yet";
    EXPECT_THAT(order, ElementsAre("prepare", "ask"));
    const StepFinished open = step(Step::await_lease);
    EXPECT_FALSE(open.error);
    EXPECT_EQ(std::get<SeatLease>(open.facts), (SeatLease{"5", 7, 1234}));
    EXPECT_THAT(order, ElementsAre("prepare", "ask", "await", "note"));
    EXPECT_THAT(directories.prepared, ElementsAre("seat0"));
    EXPECT_THAT(sessions.asked, ElementsAre("seat0"));
    EXPECT_THAT(sessions.awaited, ElementsAre("seat0"));
    EXPECT_THAT(directories.noted, ElementsAre("seat0"));
}

TEST_F(RunnerTest, WhatFailsOnTheWayToASessionFailsTheStepAndNothingFollows) {
    directories.lease = Error{ErrorCode::failed, "session.json is torn"};
    EXPECT_EQ(step(Step::await_lease).error->message, "session.json is torn");
    sessions.await_answer = Error{ErrorCode::failed, "PAM said no"};
    const StepFinished refused = step(Step::await_lease);
    ASSERT_TRUE(refused.error);
    EXPECT_EQ(refused.error->message, "PAM said no");
    EXPECT_EQ(refused.error->step, Step::await_lease);
    EXPECT_EQ(directories.noted.size(), 1U) << "no session was opened that could be noted";
    directories.prepare_answer = Error{ErrorCode::failed, "no user with the id 1000"};
    EXPECT_EQ(step(Step::lease_seat).error->message, "no user with the id 1000");
    EXPECT_TRUE(sessions.asked.empty()) << "the session of nobody is not asked for";
    directories.prepare_answer = {};
    sessions.ask_answer = Error{ErrorCode::failed, "there is no service manager"};
    EXPECT_EQ(step(Step::lease_seat).error->message, "there is no service manager");
}

TEST_F(RunnerTest, ASessionThatIsGivenBackReachesItsPort) {
    EXPECT_FALSE(step(Step::release_seat).error);
    EXPECT_THAT(sessions.released, ElementsAre("seat0"));
    sessions.release_answer = Error{ErrorCode::failed, "the unit is masked"};
    EXPECT_EQ(step(Step::release_seat).error->message, "the unit is masked");
    EXPECT_TRUE(sessions.asked.empty());
}

TEST_F(RunnerTest, ACreateRemovesAContainerOfThatNameAndAsksForNothingMoreWhereThereIsNone) {
    const std::size_t before = engine.calls().size();
    const auto first = std::get<ContainerCreated>(step(Step::create).facts);
    EXPECT_EQ(engine.calls().size(), before + 1);
    const auto second = std::get<ContainerCreated>(step(Step::create).facts);
    EXPECT_NE(first.container, second.container);
    EXPECT_EQ(engine.spec(first.container), nullptr);
    ASSERT_NE(engine.spec("berth-seat0"), nullptr);
}

TEST_F(RunnerTest, AnImageWithoutSystemdIsABadProfile) {
    seat().plan->profile.image = "localhost/busybox:latest";
    engine.add_image({"sha256:2", {"localhost/busybox:latest"}, {}, {}, {}});
    seat().container = std::get<ContainerCreated>(step(Step::create).facts).container;
    const StepFinished finished = step(Step::check_systemd);
    ASSERT_TRUE(finished.error);
    EXPECT_EQ(finished.error->code, ErrorCode::bad_profile);
    EXPECT_THAT(finished.error->message, HasSubstr("systemd"));
}

TEST_F(RunnerTest, AContainerThatCannotBeSetUpIsTriedOnceMoreAndAnImageWithoutInitIsNamed) {
    seat().container = std::get<ContainerCreated>(step(Step::create).facts).container;
    engine.fail_next("initialize", Error{ErrorCode::failed, "crun: open /sbin/init: No such file"});
    EXPECT_FALSE(step(Step::initialize).error);
    const Error twice{ErrorCode::failed, "netavark: no iptables"};
    engine.fail_next("initialize", twice);
    engine.fail_next("initialize", twice);
    EXPECT_EQ(step(Step::initialize).error->message, twice.message) << "systemd is there: the engine's own words";
    seat().plan->profile.image = "localhost/busybox:latest";
    engine.add_image({"sha256:2", {"localhost/busybox:latest"}, {}, {}, {}});
    seat().container = std::get<ContainerCreated>(step(Step::create).facts).container;
    engine.fail_next("initialize", twice);
    engine.fail_next("initialize", twice);
    const StepFinished none = step(Step::initialize);
    ASSERT_TRUE(none.error);
    EXPECT_EQ(none.error->code, ErrorCode::bad_profile);
    EXPECT_EQ(none.error->step, Step::initialize);
    engine.fail_next("initialize", Error{ErrorCode::engine_unavailable, "gone"});
    EXPECT_EQ(step(Step::initialize).error->code, ErrorCode::engine_unavailable);
}

TEST_F(RunnerTest, AStartTellsTheInitsPid) {
    bring_container_up();
    EXPECT_GT(seat().init_pid, 0);
}

TEST_F(RunnerTest, AStartThatTheEngineFailsIsTriedOnceMore) {
    engine.fail_next("start", Error{ErrorCode::failed, "crun: executable file `/sbin/init` not found"});
    bring_container_up();
    EXPECT_GT(seat().init_pid, 0);
}

TEST_F(RunnerTest, AStartThatFailsTwiceHasFailedWithTheSecondReason) {
    engine.fail_next("start", Error{ErrorCode::failed, "first"});
    engine.fail_next("start", Error{ErrorCode::failed, "second"});
    seat().container = std::get<ContainerCreated>(step(Step::create).facts).container;
    EXPECT_EQ(step(Step::start).error->message, "second");
}

TEST_F(RunnerTest, AnEngineThatDoesNotAnswerAStartIsNotAskedAgain) {
    engine.fail_next("start", Error{ErrorCode::engine_unavailable, "no socket"});
    seat().container = std::get<ContainerCreated>(step(Step::create).facts).container;
    EXPECT_EQ(step(Step::start).error->message, "no socket");
}

TEST_F(RunnerTest, AContainerThatEndsAtOnceIsAFailedStartWithItsExitCode) {
    engine.on_start([](const auto&) { return 3; });
    seat().container = std::get<ContainerCreated>(step(Step::create).facts).container;
    const StepFinished finished = step(Step::start);
    ASSERT_TRUE(finished.error);
    EXPECT_THAT(finished.error->message, HasSubstr("exit code 3"));
}

TEST_F(RunnerTest, TheProbeRunsAsTheDesktopsUserInItsSession) {
    bring_container_up();
    ports::ExecSpec seen;
    engine.on_exec([&seen](const auto&, const ports::ExecSpec& spec) {
        seen = spec;
        return Result<ports::ExecResult>{ports::ExecResult{0, ""}};
    });
    EXPECT_FALSE(step(Step::probe_shell).error);
    EXPECT_EQ(seen.user, "1000:1000");
    EXPECT_THAT(seen.command, ElementsAre("gdbus", "call"));
    EXPECT_EQ(seen.environment.at("XDG_RUNTIME_DIR"), "/run/user/1000");
}

TEST_F(RunnerTest, AProbeThatFailsTellsItsLastWords) {
    bring_container_up();
    engine.on_exec([](const auto&, const auto&) {
        return Result<ports::ExecResult>{ports::ExecResult{1, "no such name"}};
    });
    EXPECT_THAT(step(Step::probe_shell).error->message, HasSubstr("no such name"));
}

TEST_F(RunnerTest, AKillGoesToThePidfdWhereThereIsOneAndElseThroughTheEngine) {
    bring_container_up();
    EXPECT_FALSE(step(Step::kill).error);
    EXPECT_THAT(processes.signals, ElementsAre("seat0: " + std::to_string(SIGKILL)));
    seat().init_pid = 0;
    EXPECT_FALSE(step(Step::kill).error);
    EXPECT_THAT(engine.calls(), Contains(testing::StartsWith("kill")));
}

TEST_F(RunnerTest, ARestoreUsesTheClaimAndGuessesWhereNoneIsKnown) {
    seat().vt = VtClaim{9, 3, 1};
    EXPECT_TRUE(std::get<RestoreReport>(step(Step::restore_tty).facts).verified);
    seat().vt = VtClaim{0, 0, 3};
    step(Step::restore_tty);
    seat().vt.reset();
    step(Step::restore_tty);
    EXPECT_THAT(terminals.restored, ElementsAre(VtClaim{9, 3, 1}, VtClaim{2, 2, 3}, VtClaim{2, 2, 3}));
}

TEST_F(RunnerTest, ClosingTheDoorHangsUpItsSocketAndForgetsTheProcess) {
    step(Step::close_door);
    EXPECT_THAT(self_sockets.closed, ElementsAre("seat0"));
    EXPECT_THAT(directories.closed, ElementsAre("seat0"));
    directories.close_answer = Error{ErrorCode::failed, "busy"};
    EXPECT_EQ(step(Step::close_door).error->message, "busy");
}

TEST_F(RunnerTest, StopPauseUnpauseCommitAndRemoveReachTheEngine) {
    bring_container_up();
    for (const Step which : {Step::pause, Step::unpause, Step::stop, Step::remove}) {
        EXPECT_FALSE(step(which).error) << name_of(which);
    }
    EXPECT_EQ(engine.spec("berth-seat0"), nullptr);
    EXPECT_FALSE(step(Step::remove).error) << "what is gone already is a success";
    EXPECT_THAT(processes.cleared, Contains(seat().container)) << "what the engine left beside it";
}

TEST_F(RunnerTest, AProfileIsCheckedForTheModeThatWillBeUsed) {
    profiles.profile->mode = SeatMode::automatic;
    world.host.virtual_terminals = world.host.graphics = true;
    run(ReadProfile{CallToken{1}, seat_name, "gnome", std::nullopt});
    run(ReadProfile{CallToken{2}, seat_name, "gnome", SeatMode::headless});
    EXPECT_THAT(profiles.checked_modes, ElementsAre(SeatMode::vt, SeatMode::headless));
    profiles.host_answer = Error{ErrorCode::bad_profile, "/dev/dri is not there"};
    happened.clear();
    run(ReadProfile{CallToken{3}, seat_name, "gnome", std::nullopt});
    const auto& answer = std::get<ProfileRead>(happened.at(0));
    EXPECT_FALSE(answer.profile);
    EXPECT_EQ(answer.error, "/dev/dri is not there");
}

TEST_F(RunnerTest, ASeatThatGoesTellsItsLastStateFirst) {
    const SeatName gone{"seat1"};
    run(PublishSeat{gone, true, SeatState::restoring, SeatState::vacant, "logind removed it"});
    run(WithdrawSeat{gone});
    EXPECT_THAT(publisher.lines, ElementsAre("seat1 restoring > vacant", "removed seat1"));
}

TEST_F(RunnerTest, DocksAreToldAfterTheDevicesAndTheirProfilesComeBackWithoutThoseInDisorder) {
    world.hardware.resize(3);
    run(PublishHardware{});
    run(PublishDock{seat_name, true, Dock{.id = "usb:1:2", .name = "A Dock", .path = "/devices/usb1/1-2"}});
    run(PublishDock{seat_name, false, Dock{.id = "usb:1:2", .name = "A Dock", .path = "/devices/usb1/1-2"}});
    EXPECT_THAT(publisher.lines, ElementsAre("3 devices", "3 devices", "1 known docks", "seat0 docked usb:1:2",
                                             "3 devices", "2 known docks", "seat0 undocked usb:1:2"));
    const DockProfile desk{.name = "desk", .description = {}, .match = {}};
    profiles.docks = {Error{ErrorCode::bad_profile, "broken.json:1: no"}, desk};
    run(ReadDocks{});
    EXPECT_EQ(happened.back(), Happening{DocksRead{{desk}}});
}

TEST_F(RunnerTest, AnAuthorityThatFailsIsAVerdictOfNo) {
    authority.answer = Error{ErrorCode::failed, "polkit went away"};
    run(Authorize{CallToken{4}, Caller{":1.9", 1000}, "org.berth.seat-up"});
    EXPECT_EQ(happened.at(0), Happening{(Authorized{CallToken{4}, false, "polkit went away"})});
    EXPECT_THAT(authority.asked, ElementsAre(":1.9 org.berth.seat-up"));
}

TEST_F(RunnerTest, TimersAndDeathsComeBackAsEvents) {
    run(ArmTimer{seat_name, StepSerial{5}, 1500});
    ASSERT_EQ(timers.armed.at(seat_name).first.count(), 1500);
    timers.armed.at(seat_name).second();
    run(WatchInit{seat_name, 4242});
    processes.on_exit.at(seat_name)();
    EXPECT_THAT(happened,
                ElementsAre(Happening{TimerFired{seat_name, StepSerial{5}}}, Happening{InitExited{seat_name, 4242}}));
    run(ClearTimer{seat_name});
    EXPECT_TRUE(timers.armed.empty());
}

TEST_F(RunnerTest, ADesktopThatIsPausedIsToldOfByTheKernel) {
    run(WatchInit{seat_name, 4242});
    ASSERT_EQ(freezes.watched.at(seat_name), 4242);
    freezes.on_change.at(seat_name)(true);
    EXPECT_EQ(happened.at(0), Happening{(PausedChanged{seat_name, 4242, true})});
    EXPECT_FALSE(step(Step::close_door).error);
    EXPECT_TRUE(freezes.watched.empty());
    run(SwitchVt{seat_name, 7, 1});
    EXPECT_THAT(terminals.switched, ElementsAre(std::pair{7U, 1U}));
    terminals.switch_answer = Error{ErrorCode::failed, "no console"};
    run(SwitchVt{seat_name, 1, 7}); // nobody waits for it
    EXPECT_EQ(terminals.switched.size(), 2U);
}

TEST_F(RunnerTest, PublishingTellsTheSeatAndTheChange) {
    run(PublishSeat{seat_name, true, SeatState::vacant, SeatState::preparing, "because"});
    EXPECT_THAT(publisher.lines, ElementsAre("seat0 vacant > preparing"));
    run(PublishSeat{seat_name, false, SeatState::vacant, SeatState::vacant, "devices"});
    EXPECT_EQ(publisher.lines.size(), 1U);
    run(Reply{CallToken{8}, JobId{2}});
    EXPECT_EQ(publisher.replies.at(0).token, CallToken{8});
    run(PrintOnTty{seat_name, 0, "held"});
    EXPECT_THAT(terminals.printed, ElementsAre("0: held"));
    run(Exit{});
    EXPECT_TRUE(exited);
}

TEST_F(RunnerTest, AJobIsRememberedAndItsEndIsAmongTheLastOnesBeforeAnybodyHearsOfIt) {
    Job job;
    job.id = JobId{3};
    run(PublishJob{job});
    EXPECT_THAT(jobs.jobs, IsEmpty());
    EXPECT_THAT(publisher.lines, IsEmpty());
    job.state = JobState::done;
    run(PublishJob{job});
    ASSERT_EQ(jobs.jobs.size(), 1U);
    EXPECT_EQ(jobs.jobs[0].job, job);
    EXPECT_THAT(publisher.lines, ElementsAre("1 ended jobs"));
    EXPECT_EQ(publisher.jobs.at(job.id).state, JobState::done);
}

TEST_F(RunnerTest, ADesktopsSocketHearsOfItsContainerAndHasItsOwnReplies) {
    seat().container = "c0ffee";
    run(PublishSeat{seat_name, false, SeatState::vacant, SeatState::vacant, "created"});
    EXPECT_THAT(self_sockets.updated, ElementsAre("c0ffee"));
    self_sockets.takes_replies = true;
    run(Reply{CallToken{9}, ClientId{"browser-1"}});
    EXPECT_EQ(self_sockets.replies.size(), 1U);
    EXPECT_TRUE(publisher.replies.empty());
}

TEST_F(RunnerTest, TheDoorShowsTheMenuOfWhatTheDesktopMayRun) {
    seat().plan->profile.may_run = {"browser"};
    EXPECT_FALSE(step(Step::open_door).error);
    EXPECT_EQ(directories.menu.count("berth-browser.desktop"), 1U);
    directories.menu_answer = Error{ErrorCode::failed, "no space"};
    EXPECT_FALSE(step(Step::open_door).error) << "a menu is no reason for no desktop";
}

TEST_F(RunnerTest, LeftoversOfThisInstanceAreFoundWithWhatARestoreNeeds) {
    seat().vt = VtClaim{7, 2, 1};
    bring_container_up();
    happened.clear();
    run(FindLeftovers{});
    const auto& found = std::get<LeftoversFound>(happened.at(0)).leftovers;
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].seat, "seat0");
    EXPECT_EQ(found[0].vt, (VtClaim{7, 2, 1}));
    EXPECT_EQ(found[0].init_pid, seat().init_pid);
}

TEST_F(RunnerTest, WhatAnEarlierBerthdKeptComesWithTheLeftovers) {
    bring_container_up();
    states.files[seat_name] = seat();
    happened.clear();
    run(FindLeftovers{});
    const auto& found = std::get<LeftoversFound>(happened.at(0));
    EXPECT_EQ(found.kept, std::vector{seat()});
    EXPECT_FALSE(found.leftovers.at(0).paused);
    happened.clear();
    ASSERT_FALSE(step(Step::pause).error);
    happened.clear();
    run(FindLeftovers{});
    EXPECT_TRUE(std::get<LeftoversFound>(happened.at(0)).leftovers.at(0).paused);
}

TEST_F(RunnerTest, OfAnEngineThatDoesNotAnswerTheKernelIsAsked) {
    seat().container = "0123456789abcdef";
    seat().init_pid = 4242;
    states.files[seat_name] = seat();
    engine.fail_next("list", Error{ErrorCode::engine_unavailable, "no socket"});
    run(FindLeftovers{});
    EXPECT_TRUE(std::get<LeftoversFound>(happened.at(0)).leftovers.empty()) << "it runs no more";
    EXPECT_EQ(std::get<LeftoversFound>(happened.at(0)).kept.size(), 1U);

    processes.alive = {4242, "0123456789abcdef"};
    happened.clear();
    engine.fail_next("list", Error{ErrorCode::engine_unavailable, "no socket"});
    run(FindLeftovers{});
    const auto& running = std::get<LeftoversFound>(happened.at(0)).leftovers;
    ASSERT_EQ(running.size(), 1U);
    EXPECT_EQ(running[0], (Leftover{"seat0", "0123456789abcdef", 4242, {0, 0, 0}, false}));
}

TEST_F(RunnerTest, ASeatIsKeptWhenItIsPublishedAndForgottenWhenItGoes) {
    world.leftovers_asked_for = true;
    run(PublishSeat{seat_name, false, SeatState::restoring, SeatState::restoring, "berthd started"});
    EXPECT_TRUE(states.files.empty()) << "what the earlier berthd kept has not been read yet";
    world.leftovers_asked_for = false;
    run(PublishSeat{seat_name, true, SeatState::vacant, SeatState::preparing, "because"});
    EXPECT_EQ(states.files.at(seat_name), seat());
    run(WithdrawSeat{seat_name});
    EXPECT_TRUE(states.files.empty());
}

} // namespace
} // namespace berth::effects
