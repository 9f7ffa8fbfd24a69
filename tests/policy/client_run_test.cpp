#include "support/client_script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

using namespace berth;
using namespace berth::model;
using berth::test::a_run;
using berth::test::an_app;
using berth::test::chrome;
using berth::test::ClientScript;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

namespace {

RunRequest streamed_run() {
    RunRequest run = a_run();
    run.streamed = true;
    return run;
}

RunRequest kept_run() {
    RunRequest run = a_run();
    run.keep = true;
    return run;
}

/// Calls and expects a refusal that changes nothing. Returns its sentence.
std::string expect_run_refused(ClientScript& script, const RunRequest& run, Refusal refusal) {
    const World before = script.world();
    const CallToken token = script.call(run);
    EXPECT_EQ(script.world(), before) << "a refusal changes nothing";
    const auto refused = script.refusal_to(token);
    EXPECT_TRUE(refused.has_value());
    EXPECT_EQ(refused.value_or(Refused{}).refusal, refusal);
    return refused.value_or(Refused{}).message;
}

} // namespace

TEST(ClientRun, ADetachedRunEndsItsJobWhenTheCommandRunsAndGoesWithItsCommand) {
    ClientScript script;
    const JobId job = script.job_of(script.runs());
    EXPECT_THAT(script.steps(), ElementsAre(Step::check_image, Step::open_door, Step::create, Step::start));
    EXPECT_EQ(script.client().state, ClientState::running);
    EXPECT_EQ(script.client().init_pid, 4242);
    EXPECT_EQ(script.job(job).state, JobState::done);
    script.forgets();
    script.exits();
    EXPECT_EQ(script.client().state, ClientState::ending);
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::collect, Step::remove, Step::close_door));
    EXPECT_FALSE(script.is_there());
    EXPECT_EQ(script.count<WithdrawClient>(), 1U);
    EXPECT_THAT(script.world().jobs, IsEmpty());
}

TEST(ClientRun, AStreamedRunEndsItsJobWithTheExitCodeOnceAllHasReachedTheCaller) {
    ClientScript script;
    const JobId job = script.job_of(script.runs(streamed_run()));
    EXPECT_THAT(script.steps(),
                ElementsAre(Step::check_image, Step::open_door, Step::create, Step::attach, Step::start));
    EXPECT_EQ(script.job(job).state, JobState::running);
    script.exits();
    EXPECT_TRUE(script.runs_to(Step::flush));
    EXPECT_EQ(script.client().exit_code, 3);
    EXPECT_EQ(script.job(job).state, JobState::running) << "what it wrote is still on its way";
    script.runs_to_rest();
    EXPECT_FALSE(script.is_there());
    EXPECT_EQ(script.job(job).state, JobState::done);
    EXPECT_EQ(script.job(job).exit_code, 3);
    EXPECT_EQ(script.job(job).owner, ":1.7");
    EXPECT_EQ(script.count<DropStreams>() + script.count<EndStreams>(), 0U);
}

TEST(ClientRun, StreamsThatEndBeforeTheCommandAreNotWaitedFor) {
    ClientScript script;
    script.runs(streamed_run());
    script.streams_end();
    EXPECT_EQ(script.client().state, ClientState::running);
    script.exits();
    EXPECT_FALSE(script.runs_to(Step::flush));
    EXPECT_FALSE(script.is_there());
}

TEST(ClientRun, AReaderWhoIsSlowHasAllTheTimeThereIs) {
    ClientScript script;
    script.runs(streamed_run());
    script.exits();
    script.runs_to(Step::flush);
    EXPECT_TRUE(std::any_of(script.effects().begin(), script.effects().end(),
                            [](const Effect& effect) { return std::holds_alternative<ClearClientTimer>(effect); }));
    EXPECT_FALSE(std::any_of(script.effects().begin(), script.effects().end(),
                             [](const Effect& effect) { return std::holds_alternative<ArmClientTimer>(effect); }));
}

TEST(ClientRun, ACommandThatHasEndedBeforeAnybodyLookedIsNoFailure) {
    ClientScript script;
    const JobId job = script.job_of(script.run(streamed_run()));
    script.runs_to(Step::start);
    script.succeeds_with(InitStarted{0});
    script.runs_to_rest();
    EXPECT_FALSE(script.is_there());
    EXPECT_EQ(script.job(job).state, JobState::done);
    EXPECT_EQ(script.job(job).exit_code, 3);
    EXPECT_EQ(script.count<WatchClient>(), 0U);
}

TEST(ClientRun, TheCallersWishesGoOnTopOfTheProfile) {
    ClientScript script;
    RunRequest run = a_run();
    run.argv = {"chrome", "--new"};
    run.environment = {{"LANG", "C"}};
    run.grants = {test::gpu};
    run.user = "1000";
    run.network = "bridge";
    run.working_directory = "/tmp";
    run.volumes = {{"/srv", "/mnt", true}};
    script.run(run, an_app({test::gpu}));
    const ClientPlan& plan = script.client().plan;
    EXPECT_THAT(plan.command, ElementsAre("chrome", "--new"));
    EXPECT_EQ(plan.app.environment.at("LANG"), "C");
    EXPECT_THAT(plan.app.grants, ElementsAre(test::gpu)) << "one that both name is one";
    EXPECT_EQ(plan.app.user, "1000");
    EXPECT_EQ(plan.app.network, "bridge");
    EXPECT_EQ(plan.app.working_directory, "/tmp");
    EXPECT_EQ(plan.app.volumes, run.volumes);
    EXPECT_EQ(script.client().stop_ms, 7000U);
}

TEST(ClientRun, WhatItsSeatLacksAndItsProfileCanDoWithoutIsNoLease) {
    AppProfile app = an_app({test::gpu, Grant{GrantKind::kvm, {}}});
    app.optional = {test::gpu};
    ClientScript script;
    script.run(a_run(), app);
    script.runs_to(Step::open_door);
    script.succeeds_with(test::a_client_door({Grant{GrantKind::kvm, {}}}));
    script.runs_to_rest();
    EXPECT_EQ(script.client().state, ClientState::running);
    EXPECT_THAT(script.client().grants, ElementsAre(Grant{GrantKind::kvm, {}}));
    EXPECT_THAT(script.records(), ElementsAre("gpu left out", "kvm given"));
    EXPECT_THAT(script.client().plan.app.grants, ElementsAre(test::gpu, Grant{GrantKind::kvm, {}}))
        << "it may ask for it when there is one";
}

TEST(ClientRun, WhatItCanDoWithoutIsALeaseWhereItsSeatHasIt) {
    AppProfile app = an_app({test::gpu});
    app.optional = {test::gpu};
    ClientScript script;
    script.runs(a_run(), app);
    EXPECT_THAT(script.client().grants, ElementsAre(test::gpu));
    EXPECT_THAT(script.records(), ElementsAre("gpu given"));
}

TEST(ClientRun, WhatItCanDoWithoutNeedsNoDesktop) {
    AppProfile app = an_app({test::display});
    ClientScript refused;
    refused.run(a_run(), app);
    EXPECT_FALSE(refused.is_there());
    app.optional = {test::display};
    ClientScript script;
    script.run(a_run(), app);
    EXPECT_TRUE(script.is_there());
}

TEST(ClientRun, WhatTheCallerAsksForIsNotOptional) {
    AppProfile app = an_app({test::gpu});
    app.optional = {test::gpu};
    RunRequest run = a_run();
    run.grants = {test::gpu};
    ClientScript script;
    script.run(run, app);
    EXPECT_THAT(script.client().plan.app.optional, IsEmpty());
    script.runs_to(Step::open_door);
    script.fails(ErrorCode::failed);
    script.runs_to_rest();
    EXPECT_FALSE(script.is_there());
}

TEST(ClientRun, AKeptOneStaysWhenItHasEndedAndIsRunAgainByItsName) {
    ClientScript script;
    script.runs(kept_run(), an_app({test::gpu}));
    script.forgets();
    script.exits();
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::collect, Step::close_door));
    ASSERT_EQ(script.client().state, ClientState::exited);
    EXPECT_EQ(script.client().exit_code, 3);
    EXPECT_THAT(script.client().grants, IsEmpty()) << "a lease ends with what had it";
    script.forgets();
    RunRequest again = kept_run();
    again.streamed = true;
    const JobId job = script.job_of(script.runs(again));
    EXPECT_THAT(script.steps(), ElementsAre(Step::check_image, Step::open_door, Step::attach, Step::start));
    EXPECT_EQ(script.client().container, "c0ffee");
    EXPECT_THAT(script.client().grants, ElementsAre(test::gpu));
    EXPECT_EQ(script.client().exit_code, std::nullopt);
    script.exits();
    script.runs_to_rest();
    EXPECT_EQ(script.job(job).exit_code, 3);
    EXPECT_EQ(script.client().state, ClientState::exited);
}

TEST(ClientRun, AKeptOneHasItsProfilesTimeToStopAgainAfterAStopAtOnce) {
    ClientScript script;
    script.runs(kept_run());
    script.call(StopRequest{chrome, 0});
    script.runs_to_rest();
    script.runs(kept_run());
    EXPECT_EQ(script.client().stop_ms, 7000U);
    EXPECT_FALSE(script.client().now);
}

TEST(ClientRun, AKeptOneThatCannotBeStartedAgainIsKeptAllTheSame) {
    for (const Step step : {Step::check_image, Step::open_door, Step::start}) {
        ClientScript script;
        script.runs(kept_run());
        script.exits();
        script.runs_to_rest();
        const CallToken token = script.run(kept_run());
        script.runs_to(step);
        script.fails();
        script.runs_to_rest();
        ASSERT_TRUE(script.is_there());
        EXPECT_EQ(script.client().state, ClientState::exited);
        EXPECT_EQ(script.client().container, "c0ffee");
        EXPECT_EQ(script.job(script.job_of(token)).state, JobState::failed);
    }
}

TEST(ClientRun, OneThatWasToBeKeptAndNeverRanIsRemoved) {
    ClientScript script;
    script.run(kept_run());
    script.runs_to(Step::start);
    script.fails();
    script.forgets();
    EXPECT_TRUE(script.runs_to(Step::remove));
    script.runs_to_rest();
    EXPECT_FALSE(script.is_there());
}

TEST(ClientRun, AKeptOneIsRunAgainOnlyWhereWhatItWasMadeWithCanBeGiven) {
    ClientScript script;
    script.desktop_comes();
    script.runs(kept_run(), an_app({test::display}));
    script.exits();
    script.runs_to_rest();
    script.desktop_goes();
    const CallToken token = script.run(kept_run(), an_app()); // what the profile says today makes no difference
    EXPECT_EQ(script.refusal_to(token).value_or(Refused{}).refusal, Refusal::seat_empty);
    EXPECT_EQ(script.client().state, ClientState::exited);
}

TEST(ClientRun, ToStopAKeptOneThatHasEndedIsToLetGoOfIt) {
    ClientScript script;
    script.runs(kept_run());
    script.exits();
    script.runs_to_rest();
    script.forgets();
    const JobId job = script.job_of(script.call(StopRequest{chrome, 10'000}));
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::remove));
    EXPECT_FALSE(script.is_there());
    EXPECT_EQ(script.job(job).state, JobState::done);
}

TEST(ClientNames, OneThatIsNotGivenIsMadeOfTheAppsAndANumberThatNobodyHas) {
    ClientScript script;
    script.runs(a_run(ClientId{"chrome-1"}));
    script.plays_on(ClientId{"chrome-2"});
    script.runs(a_run(ClientId{}));
    EXPECT_TRUE(script.is_there(ClientId{"chrome-2"}));
    AppProfile odd = an_app();
    odd.name = "_ghcr.io/Some App:1" + std::string(100, 'x');
    script.run(a_run(ClientId{}), odd);
    bool made = false;
    for (const auto& [id, client] : script.world().clients) {
        made = made || (id.value.starts_with("app_ghcr.io-Some-App-1xx") && id.value.ends_with("-3"));
        EXPECT_LE(id.value.size(), 64U);
    }
    EXPECT_TRUE(made);
}

TEST(ClientNames, ClimbingHidingAndEndlessOnesAreRefused) {
    for (const std::string& name : {std::string{"../x"}, std::string{".x"}, std::string{"a/b"}, std::string{"a b"},
                                    std::string{"-a"}, std::string{"a\n"}, std::string(65, 'a')}) {
        ClientScript script;
        EXPECT_THAT(expect_run_refused(script, a_run(ClientId{name}), Refusal::invalid_argument),
                    HasSubstr("no client's name"));
    }
}

TEST(ClientNames, OneThatIsTakenIsRefusedEvenWhereItIsToBeKept) {
    ClientScript script;
    script.runs();
    EXPECT_THAT(expect_run_refused(script, a_run(), Refusal::name_taken), HasSubstr("running"));
    expect_run_refused(script, kept_run(), Refusal::name_taken);
}

TEST(ClientNames, AKeptOnesNameIsTakenForAllButWhoRunsItAgain) {
    ClientScript script;
    script.runs(kept_run());
    script.exits();
    script.runs_to_rest();
    EXPECT_THAT(expect_run_refused(script, a_run(), Refusal::name_taken), HasSubstr("exited"));
}

TEST(ClientNames, OfTwoThatWaitForTheirProfileTheFirstGetsTheName) {
    ClientScript script;
    const CallToken slow = script.call(a_run());
    const CallToken fast = script.run();
    script.happens(AppRead{slow, an_app(), {}});
    EXPECT_EQ(script.refusal_to(slow).value_or(Refused{}).refusal, Refusal::name_taken);
    EXPECT_NE(script.job_of(fast), JobId{0});
    EXPECT_THAT(script.world().calls, IsEmpty());
}

TEST(ClientRefusals, AnAppWithoutANameAndATerminalWithoutStreamsAreInvalid) {
    ClientScript script;
    RunRequest nameless = a_run();
    nameless.app.clear();
    expect_run_refused(script, nameless, Refusal::invalid_argument);
    RunRequest blind = a_run();
    blind.terminal = true;
    EXPECT_THAT(expect_run_refused(script, blind, Refusal::invalid_argument), HasSubstr("streams"));
}

TEST(ClientRefusals, AnUnknownSeatIsRefusedWhoeverNamesIt) {
    ClientScript script;
    RunRequest elsewhere = a_run();
    elsewhere.seat = "seat7";
    EXPECT_THAT(expect_run_refused(script, elsewhere, Refusal::no_such_seat), HasSubstr("seat7"));
    AppProfile app = an_app();
    app.seat = "seat8";
    const CallToken token = script.run(a_run(), app);
    EXPECT_EQ(script.refusal_to(token), (Refused{Refusal::no_such_seat, "No seat 'seat8'."}));
    EXPECT_FALSE(script.is_there());
}

TEST(ClientRefusals, WhatADesktopGrantsNeedsOneThatIsUp) {
    ClientScript script;
    const CallToken token = script.run(a_run(), an_app({test::gpu, test::display}));
    EXPECT_EQ(script.refusal_to(token).value_or(Refused{}).refusal, Refusal::seat_empty);
    EXPECT_THAT(script.refusal_to(token).value_or(Refused{}).message, HasSubstr("'display'"));
    EXPECT_FALSE(script.is_there());
    RunRequest wants = a_run();
    wants.grants = {test::ipc};
    EXPECT_EQ(script.refusal_to(script.run(wants)).value_or(Refused{}).refusal, Refusal::seat_empty);
    script.runs(a_run(), an_app({test::gpu}));
    EXPECT_EQ(script.client().state, ClientState::running) << "a render node is the seat's, not the desktop's";
}

TEST(ClientRefusals, AProfileThatCannotBeReadIsToldWithItsReason) {
    ClientScript script;
    const World before = script.world();
    const CallToken token = script.call(a_run());
    script.happens(AppRead{token, {}, "There is no app 'chrmoe'"});
    EXPECT_EQ(script.refusal_to(token), (Refused{Refusal::bad_profile, "There is no app 'chrmoe'"}));
    EXPECT_EQ(script.world(), before);
}

TEST(ClientRefusals, NothingIsRunWhileBerthdEndsOrLearnsWhatAnEarlierOneLeft) {
    ClientScript ends;
    ends.runs();
    ends.happens(ShutdownRequested{});
    expect_run_refused(ends, a_run(ClientId{"b"}), Refusal::shutting_down);
    ClientScript starts{World{}};
    starts.happens(Configured{{test::seat0}, test::a_host()});
    EXPECT_THAT(expect_run_refused(starts, a_run(), Refusal::seat_busy), StartsWith("berthd has just started"));
}

TEST(ClientRefusals, AUserWhoMayNotIsRefusedAndOneWhoMayGetsAJob) {
    ClientScript script;
    const World before = script.world();
    const CallToken no = script.call(a_run(), 1000);
    EXPECT_THAT(script.effects(), ElementsAre(Effect{Authorize{no, Caller{":1.7", 1000}, "org.berth.run"}}));
    script.happens(Authorized{no, false, "not you"});
    EXPECT_EQ(script.refusal_to(no), (Refused{Refusal::not_authorized, "not you"}));
    EXPECT_EQ(script.world(), before);
    const CallToken yes = script.call(a_run(), 1000);
    script.happens(Authorized{yes, true, {}});
    EXPECT_THAT(script.effects(), ElementsAre(Effect{ReadApp{yes, "chrome", false}}));
    script.happens(AppRead{yes, an_app(), {}});
    EXPECT_NE(script.job_of(yes), JobId{0});
}
