#include "support/client_script.hpp"
#include "support/script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

using namespace berth;
using namespace berth::model;
using berth::test::a_run;
using berth::test::an_app;
using berth::test::chrome;
using berth::test::ClientScript;
using berth::test::seat0;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// What a desktop may ask berth for: to run the apps that its profile names.
namespace {

struct FromTheDesktop : ClientScript {
    FromTheDesktop() { desktop_comes(); }

    static RunRequest plain() {
        RunRequest run = a_run();
        run.seat = seat0.value;
        return run;
    }

    CallToken begins(const RunRequest& run = plain()) {
        const CallToken token = desktop_asks(run);
        happens(AppRead{token, an_app(), {}});
        return token;
    }

    std::string refused(const Request& request, Refusal refusal) {
        const World before = world();
        const auto told = refusal_to(desktop_asks(request));
        EXPECT_EQ(world(), before) << "a refusal changes nothing";
        EXPECT_TRUE(told);
        EXPECT_EQ(told.value_or(Refused{}).refusal, refusal);
        return told.value_or(Refused{}).message;
    }
};

TEST(DesktopRun, IsAnsweredWithTheClientsNameWhenItsCommandRuns) {
    FromTheDesktop script;
    const CallToken token = script.begins();
    EXPECT_EQ(script.count<Authorize>(), 0U) << "its profile has said so";
    ASSERT_TRUE(script.runs_to(Step::start));
    EXPECT_FALSE(script.reply_to(token)) << "not before it runs";
    script.runs_to_rest();
    ASSERT_TRUE(script.reply_to(token));
    EXPECT_EQ(script.reply_to(token)->answer, decltype(Reply::answer){chrome});
    EXPECT_THAT(script.world().calls, IsEmpty());
    EXPECT_EQ(script.client().seat, seat0);
    EXPECT_EQ(script.client().state, ClientState::running);
}

TEST(DesktopRun, ThatFailsTellsWhy) {
    FromTheDesktop script;
    const CallToken token = script.begins();
    ASSERT_TRUE(script.runs_to(Step::create));
    script.fails();
    ASSERT_TRUE(script.reply_to(token));
    EXPECT_EQ(std::get<Failure>(script.reply_to(token)->answer).step, Step::create);
    script.runs_to_rest();
    EXPECT_FALSE(script.is_there());
}

TEST(DesktopRun, OfACommandThatHasEndedAtOnceIsNoFailure) {
    FromTheDesktop script;
    const CallToken token = script.begins();
    ASSERT_TRUE(script.runs_to(Step::start));
    script.succeeds_with(InitStarted{0});
    ASSERT_TRUE(script.reply_to(token));
    EXPECT_EQ(script.reply_to(token)->answer, decltype(Reply::answer){chrome});
}

TEST(DesktopRun, OfAProfileThatIsBrokenIsRefused) {
    FromTheDesktop script;
    const CallToken token = script.desktop_asks(FromTheDesktop::plain());
    script.happens(AppRead{token, {}, "chrome.json:1: broken"});
    EXPECT_EQ(script.refusal_to(token).value_or(Refused{}).refusal, Refusal::bad_profile);
    EXPECT_THAT(script.world().calls, IsEmpty());
}

TEST(DesktopRun, OfWhatItsProfileDoesNotNameIsDenied) {
    FromTheDesktop script;
    RunRequest run = FromTheDesktop::plain();
    run.app = "vlc";
    EXPECT_THAT(script.refused(run, Refusal::grant_denied), HasSubstr("'gnome' may not run 'vlc': its profile's "
                                                                      "may-run has chrome"));
    World world = script.world();
    world.seats.at(seat0).plan->profile.may_run.clear();
    ClientScript none{world};
    EXPECT_THAT(none.refusal_to(none.desktop_asks(FromTheDesktop::plain())).value_or(Refused{}).message,
                HasSubstr("may-run is empty"));
    world.seats.at(seat0).plan->profile.may_run = {"*"};
    ClientScript all{world};
    EXPECT_FALSE(all.refusal_to(all.desktop_asks(run)));
}

TEST(DesktopRun, SaysNoMoreThanAnAppsNameItsArgumentsAndAName) {
    FromTheDesktop script;
    const std::vector<std::function<void(RunRequest&)>> more{
        [](RunRequest& run) { run.is_image = true; },
        [](RunRequest& run) { run.labels = true; },
        [](RunRequest& run) { run.grants = {test::gpu}; },
        [](RunRequest& run) {
            run.environment = {{"LD_PRELOAD", "/tmp/x.so"}};
        },
        [](RunRequest& run) { run.user = "0"; },
        [](RunRequest& run) { run.network = "host"; },
        [](RunRequest& run) { run.working_directory = "/"; },
        [](RunRequest& run) {
            run.volumes = {{"/", "/host", false}};
        },
        [](RunRequest& run) { run.streamed = true; },
        [](RunRequest& run) { run.seat = "seat1"; },
        [](RunRequest& run) { run.seat.clear(); },
    };
    for (const auto& adds : more) {
        RunRequest run = FromTheDesktop::plain();
        adds(run);
        EXPECT_THAT(script.refused(run, Refusal::not_authorized), HasSubstr("by their profiles' names"));
    }
}

TEST(DesktopRun, IsAllThatADesktopMayAskFor) {
    FromTheDesktop script;
    script.runs();
    for (const Request& other : std::vector<Request>{
             GrantRequest{chrome, {test::gpu}}, RevokeRequest{chrome, {test::gpu}}, StopRequest{chrome, 0},
             OpenRequest{chrome, SelfOpen::display}, AttachRequest{"db", {}, {}, {}}, DownRequest{seat0, true},
             UpRequest{seat0, "gnome", {}, {}}, RestoreTtyRequest{seat0}, SnapshotRequest{seat0, "x"}}) {
        script.refused(other, Refusal::not_authorized);
    }
}

TEST(DesktopRun, IsNoClientsToAskFor) {
    FromTheDesktop script;
    script.begins();
    script.runs_to_rest();
    RunRequest run = FromTheDesktop::plain();
    run.name = "other";
    const auto refused = script.refusal_to(script.asks(chrome, run));
    EXPECT_EQ(refused.value_or(Refused{}).refusal, Refusal::not_authorized);
}

TEST(DesktopRun, NeedsADesktopThatIsUp) {
    FromTheDesktop script;
    script.desktop_goes();
    EXPECT_THAT(script.refused(FromTheDesktop::plain(), Refusal::seat_empty), HasSubstr("no desktop that is up"));
}

TEST(DesktopRun, IsRefusedWhereTheDesktopHasGoneWhileTheProfileWasRead) {
    FromTheDesktop script;
    const CallToken token = script.desktop_asks(FromTheDesktop::plain());
    script.desktop_goes();
    script.happens(AppRead{token, an_app(), {}});
    EXPECT_EQ(script.refusal_to(token).value_or(Refused{}).refusal, Refusal::seat_empty);
    EXPECT_FALSE(script.is_there());
}

TEST(DesktopRun, OfWhatIsKeptRunsItAgain) {
    FromTheDesktop script;
    RunRequest run = FromTheDesktop::plain();
    run.keep = true;
    script.begins(run);
    script.runs_to_rest();
    script.exits();
    script.runs_to_rest();
    ASSERT_EQ(script.client().state, ClientState::exited);
    const CallToken again = script.begins(run);
    script.runs_to_rest();
    ASSERT_TRUE(script.reply_to(again));
    EXPECT_EQ(script.reply_to(again)->answer, decltype(Reply::answer){chrome});
    EXPECT_EQ(script.client().state, ClientState::running);
}

TEST(DesktopRun, ThatWaitsWhenBerthdEndsIsRefusedOnce) {
    FromTheDesktop script;
    const CallToken token = script.begins();
    script.happens(ShutdownRequested{false});
    EXPECT_EQ(script.refusal_to(token).value_or(Refused{}).refusal, Refusal::shutting_down);
    EXPECT_THAT(script.world().calls, IsEmpty());
    script.runs_to_rest();
}

} // namespace
