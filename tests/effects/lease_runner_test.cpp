#include "effects/client_fixture.hpp"

#include <gmock/gmock.h>

namespace berth::test {
namespace {

using namespace model;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr SelfOpen kinds[] = {SelfOpen::render_node, SelfOpen::display, SelfOpen::sound, SelfOpen::ipc_namespace};

/// Descriptors for clients, leases with an end, labels of images and sockets that are made anew.
struct LeaseRunnerTest : ClientTest {
    OpenEnded opens_one(SelfOpen what) {
        happened.clear();
        run(OpenForClient{CallToken{5}, client_id, what});
        EXPECT_EQ(happened.size(), 1U) << "an opening ends exactly once";
        return std::get<OpenEnded>(happened.at(0));
    }

    AppRead reads(bool labels) {
        happened.clear();
        run(ReadApp{CallToken{1}, "localhost/berth/labelled:1", true, labels});
        EXPECT_EQ(happened.size(), 1U);
        return std::get<AppRead>(happened.at(0));
    }

    void add_labelled(std::map<std::string, std::string> labels) {
        engine.add_image({"sha256:7", {"localhost/berth/labelled:1"}, std::move(labels), {}, {}});
    }
};

TEST_F(LeaseRunnerTest, WhatIsOpenedIsTheSeatsAndWaitsForTheReply) {
    seat().init_pid = 77;
    for (const SelfOpen what : kinds) {
        EXPECT_EQ(opens_one(what), (OpenEnded{CallToken{5}, std::nullopt}));
        EXPECT_TRUE(client_sockets.opened.at(CallToken{5}));
        client_sockets.opened.clear();
    }
    const std::string runtime = seat().door->runtime;
    EXPECT_THAT(opens.calls,
                ElementsAre("node /dev/dri/renderD128", "connection " + runtime + "/wayland-0 as 1234:1235",
                            "connection " + runtime + "/pipewire-0 as 1234:1235", "ipc of 77 in c0ffee"));
}

TEST_F(LeaseRunnerTest, WhatCannotBeOpenedIsNamedWithItsMethod) {
    opens.answer = Error{ErrorCode::failed, "connect to /x: refused"};
    const auto ended = opens_one(SelfOpen::display);
    ASSERT_TRUE(ended.error);
    EXPECT_EQ(ended.error->message, "OpenDisplay: connect to /x: refused");
    EXPECT_THAT(client_sockets.opened, IsEmpty());
}

TEST_F(LeaseRunnerTest, WhatTheSeatLacksIsNotOpened) {
    seat().devices.clear();
    seat().facts = {{"display", ":0"}};
    shares.shares.sound = {"pulse/native"};
    EXPECT_THAT(opens_one(SelfOpen::render_node).error->message, HasSubstr("no render node"));
    EXPECT_THAT(opens_one(SelfOpen::display).error->message, HasSubstr("no display"));
    EXPECT_THAT(opens_one(SelfOpen::sound).error->message, HasSubstr("PipeWire"));
    world.clients.erase(client_id);
    EXPECT_THAT(opens_one(SelfOpen::render_node).error->message, HasSubstr("gone"));
    EXPECT_THAT(opens.calls, IsEmpty());
}

TEST_F(LeaseRunnerTest, TheTimerOfLeasesFiresWithTheTimeThatItIs) {
    run(ArmLeaseTimer{client_id, 500});
    ASSERT_TRUE(lease_timers.armed.contains(client_id));
    EXPECT_EQ(lease_timers.armed.at(client_id).first, 500);
    lease_timers.armed.at(client_id).second(501);
    EXPECT_EQ(std::get<LeaseTimerFired>(happened.back()), (LeaseTimerFired{client_id, 501}));
    run(ClearLeaseTimer{client_id});
    EXPECT_THAT(lease_timers.armed, IsEmpty());
    run(ArmLeaseTimer{client_id, 500});
    world.clients.erase(client_id);
    run(WithdrawClient{client_id});
    EXPECT_THAT(lease_timers.armed, IsEmpty()) << "a client that is no more has none";
}

TEST_F(LeaseRunnerTest, ACallersConnectionIsWatchedWhereItIs) {
    run(WatchCaller{":1.42"});
    run(WatchCaller{"client vlc connection 3"});
    callers.watched.at(":1.42")();
    EXPECT_EQ(std::get<CallerGone>(happened.back()), CallerGone{":1.42"});
    client_sockets.watched.at("client vlc connection 3")();
    EXPECT_EQ(std::get<CallerGone>(happened.back()), CallerGone{"client vlc connection 3"});
    EXPECT_EQ(callers.watched.size() + client_sockets.watched.size(), 2U);
}

TEST_F(LeaseRunnerTest, ADesktopsSocketsAreWatchedUntilItGoes) {
    run(WatchSockets{seat_name, true});
    sockets.watched.at(seat_name)();
    EXPECT_EQ(std::get<SocketsRenewed>(happened.back()), SocketsRenewed{seat_name});
    run(WatchSockets{seat_name, false});
    EXPECT_THAT(sockets.watched, IsEmpty());
}

TEST_F(LeaseRunnerTest, AnImagesLabelsAreOnlyToldUnlessTheyAreTaken) {
    add_labelled({{"org.berth.grants", "display, usb:046d:c52b"}, {"org.berth.app", "player"}});
    const AppRead told = reads(false);
    EXPECT_THAT(told.app->grants, IsEmpty());
    EXPECT_EQ(told.app->name, "labelled");
    EXPECT_EQ(told.wishes, "display usb:046d:c52b");
    EXPECT_TRUE(told.image_seen) << "nobody needs to look for it again";
    const AppRead taken = reads(true);
    EXPECT_EQ(taken.app->grants, some_grants({"display", "usb:046d:c52b"}));
    EXPECT_EQ(taken.app->name, "player");
    EXPECT_EQ(taken.wishes, "");
    EXPECT_TRUE(taken.image_seen);
}

TEST_F(LeaseRunnerTest, AnImageThatIsNotThereIsNotSeen) {
    const AppRead told = reads(false);
    EXPECT_TRUE(told.app) << "the step that looks for it says so";
    EXPECT_FALSE(told.image_seen);
}

TEST_F(LeaseRunnerTest, LabelsThatAreWrongMatterToWhoTakesThem) {
    add_labelled({{"org.berth.grants", "host"}});
    EXPECT_TRUE(reads(false).app);
    EXPECT_EQ(reads(false).wishes, "");
    const AppRead refused = reads(true);
    EXPECT_FALSE(refused.app);
    EXPECT_THAT(refused.error, HasSubstr("org.berth.grants"));
}

TEST_F(LeaseRunnerTest, AnImageThatIsNotThereIsTheBusinessOfTheStepThatLooksForIt) {
    EXPECT_TRUE(reads(true).app);
    EXPECT_TRUE(reads(false).app);
    engine.fail_next("image", Error{ErrorCode::engine_unavailable, "podman does not answer"});
    EXPECT_EQ(reads(true).error, "podman does not answer") << "what it asks for is not known: nothing is run instead";
}

TEST_F(LeaseRunnerTest, DoorsThatAreLeftAreTold) {
    doors.left_behind = {client_id};
    happened.clear();
    run(FindLeftovers{});
    EXPECT_THAT(std::get<LeftoversFound>(happened.at(0)).doors, ElementsAre(client_id));
    happened.clear();
    engine.fail_next("list", Error{ErrorCode::engine_unavailable, "podman does not answer"});
    run(FindLeftovers{});
    EXPECT_THAT(std::get<LeftoversFound>(happened.at(0)).doors, IsEmpty()) << "their containers may run";
}

} // namespace
} // namespace berth::test
