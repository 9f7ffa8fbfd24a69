// Giving grants to a client that runs, and taking them back.

#include "effects/client_fixture.hpp"

#include <gmock/gmock.h>

namespace berth::effects {
namespace {

using namespace model;
using test::client_id;
using test::some_grants;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct GrantsTest : test::ClientTest {};

TEST_F(GrantsTest, AGivenGrantIsShownAllowedAndTold) {
    runs_with({});
    const auto given = gives({"gpu", "shm"});
    ASSERT_FALSE(given.error) << given.error->message;
    EXPECT_THAT(doors.calls, ElementsAre("show dri/renderD128", "show shm", "show env"));
    EXPECT_THAT(device_rules.calls, ElementsAre("allow /dev/dri/renderD128"));
    EXPECT_EQ(device_rules.holder.container, client().container);
    EXPECT_EQ(device_rules.holder.init, client().init_pid);
    EXPECT_EQ(env(), "BERTH_SHM='/run/berth/shm'\n");
    EXPECT_THAT(client().door->parts.at("gpu").nodes, ElementsAre("/dev/dri/renderD128"));
}

TEST_F(GrantsTest, WhatHasNoNodeAsksForNoDeviceRule) {
    runs_with({});
    EXPECT_FALSE(gives({"display"}).error);
    EXPECT_THAT(device_rules.calls, IsEmpty());
}

TEST_F(GrantsTest, WhatTheSeatLacksIsNamedAndNothingIsTouched) {
    runs_with({"display"});
    shares.shares.cameras.clear();
    const auto given = gives({"gpu", "camera"});
    EXPECT_THAT(given.error->message, HasSubstr("'camera'"));
    EXPECT_THAT(doors.calls, IsEmpty());
}

TEST_F(GrantsTest, AnItemThatIsRefusedUndoesAllAndLeavesWhatWasShownBefore) {
    runs_with({"display"});
    const auto before = doors.items;
    doors.refused = "pulse/native";
    const auto given = gives({"gpu", "sound"});
    EXPECT_EQ(given.error->message, "pulse/native is a link");
    EXPECT_EQ(given.error->step, Step::give);
    EXPECT_EQ(doors.items, before);
    EXPECT_THAT(device_rules.calls, IsEmpty());
}

TEST_F(GrantsTest, ADeviceRuleThatIsRefusedUndoesAllAndLeavesWhatWasShownBefore) {
    runs_with({"display"});
    const auto before = doors.items;
    device_rules.allow_answer = Error{ErrorCode::failed, "EPERM"};
    EXPECT_EQ(gives({"shm", "gpu"}).error->message, "EPERM");
    EXPECT_EQ(doors.items, before);
    EXPECT_EQ(client().door->parts.size(), 1U);
}

TEST_F(GrantsTest, ADeviceRuleThatIsRefusedLeavesTheDisplayThatIsHeld) {
    runs_with({"display"});
    const auto before = doors.items;
    seat().facts["display"] = ":7"; // another desktop, of which the client is told together with the new grant
    device_rules.allow_answer = Error{ErrorCode::failed, "EPERM"};
    EXPECT_TRUE(gives({"display", "gpu"}).error);
    EXPECT_EQ(doors.items, before);
}

TEST_F(GrantsTest, AnEnvironmentThatCannotBeWrittenUndoesAll) {
    runs_with({"display"});
    doors.refused = "env";
    EXPECT_EQ(gives({"gpu"}).error->message, "env is a link");
    EXPECT_THAT(shown(), Not(Contains("dri/renderD128")));
    EXPECT_THAT(device_rules.calls, IsEmpty());
}

TEST_F(GrantsTest, WhatTwoGrantsShareStaysWhenTheSecondOneFails) {
    runs_with({"sound"});
    doors.renewed = "pulse/native"; // so that it is shown anew by the other
    device_rules.allow_answer = Error{ErrorCode::failed, "EPERM"};
    EXPECT_TRUE(gives({"pulse", "gpu"}).error);
    EXPECT_THAT(shown(), Contains("pulse/native"));
}

TEST_F(GrantsTest, AClientWithoutADoorIsGivenNothing) {
    client().pending = some_grants({"gpu"});
    EXPECT_EQ(client_step(Step::give).error->message, "the client has no door");
}

TEST_F(GrantsTest, WhatIsCurrentIsPassedOverAtARefresh) {
    runs_with({"display", "sound"});
    doors.renewed = "wayland-0";
    EXPECT_FALSE(gives({"display", "sound"}).error);
    EXPECT_THAT(doors.calls, ElementsAre("show wayland-0", "show env"));
}

TEST_F(GrantsTest, ARefreshTakesAwayWhatTheNextDesktopDoesNotHave) {
    runs_with({"display", "sound"});
    seat().facts = {{"wayland-display", "wayland-0"}};
    EXPECT_FALSE(gives({"display", "sound"}).error);
    EXPECT_THAT(shown(), Not(Contains("x11/X0")));
    EXPECT_THAT(env(), Not(HasSubstr("DISPLAY=':0'")));
    EXPECT_THAT(shown(), Contains("pipewire-0"));
}

TEST_F(GrantsTest, ARefreshForbidsNodesThatAreNotOfTheSeatAnyMore) {
    runs_with({"camera", "gpu"});
    shares.shares.cameras = {"/dev/video2"};
    shares.shares.nodes["/dev/video2"] = {81, 2, 44};
    EXPECT_FALSE(gives({"camera"}).error);
    EXPECT_THAT(device_rules.calls, Contains("allow /dev/video2"));
    EXPECT_EQ(device_rules.calls.back(), "forbid /dev/video0");
    EXPECT_THAT(shown(), Contains("camera/video2"));
    EXPECT_THAT(shown(), Not(Contains("camera/video0")));
}

TEST_F(GrantsTest, ATakenGrantIsHiddenForbiddenAndNotToldAnyMore) {
    runs_with({"display"});
    gives({"gpu"});
    forgets();
    EXPECT_FALSE(takes({"gpu"}).error);
    EXPECT_THAT(doors.calls, ElementsAre("hide dri/renderD128", "show env"));
    EXPECT_THAT(device_rules.calls, ElementsAre("forbid /dev/dri/renderD128"));
    EXPECT_FALSE(client().door->parts.contains("gpu"));
    EXPECT_FALSE(takes({"display"}).error);
    EXPECT_EQ(env(), "");
    EXPECT_THAT(shown(), ElementsAre("env"));
}

TEST_F(GrantsTest, WhatTwoGrantsShareStaysWhileOneHoldsIt) {
    runs_with({"sound", "pulse"});
    EXPECT_FALSE(takes({"sound"}).error);
    EXPECT_THAT(shown(), ElementsAre("env", "pulse/native"));
    EXPECT_THAT(env(), HasSubstr("PULSE_SERVER"));
    EXPECT_FALSE(takes({"pulse"}).error);
    EXPECT_THAT(shown(), ElementsAre("env"));
}

TEST_F(GrantsTest, BothAreTakenTogetherWithWhatTheyShare) {
    runs_with({"sound", "pulse"});
    EXPECT_FALSE(takes({"sound", "pulse"}).error);
    EXPECT_THAT(shown(), ElementsAre("env"));
}

TEST_F(GrantsTest, AnItemThatCannotBeHiddenIsReportedAndTheRestGoesOn) {
    runs_with({"sound", "gpu", "shm"});
    doors.stuck = "pipewire-0";
    const auto taken = takes({"sound", "gpu"});
    EXPECT_EQ(taken.error->message, "pipewire-0 is busy");
    EXPECT_THAT(shown(), ElementsAre("env", "pipewire-0", "shm"));
    EXPECT_THAT(device_rules.calls, Contains("forbid /dev/dri/renderD128"));
    EXPECT_EQ(env(), "BERTH_SHM='/run/berth/shm'\n");
}

TEST_F(GrantsTest, WhatCouldNotBeHiddenIsHiddenByTheNextGiveAndNotHeldMeanwhile) {
    runs_with({"sound", "shm"});
    doors.stuck = "pipewire-0";
    EXPECT_TRUE(takes({"sound"}).error);
    doors.stuck.clear();
    EXPECT_FALSE(gives({"gpu"}).error);
    EXPECT_THAT(shown(), ElementsAre("dri/renderD128", "env", "shm"));
    EXPECT_THAT(env(), Not(HasSubstr("PIPEWIRE")));
    EXPECT_FALSE(client().door->parts.contains("sound"));
}

TEST_F(GrantsTest, ADeviceRuleThatCannotBeTakenIsReported) {
    runs_with({});
    gives({"gpu"});
    device_rules.forbid_answer = Error{ErrorCode::failed, "EIO"};
    EXPECT_EQ(takes({"gpu"}).error->message, "EIO");
    EXPECT_THAT(shown(), ElementsAre("env"));
}

TEST_F(GrantsTest, WhatTheContainerWasMadeWithIsTakenToo) {
    runs_with({"gpu", "camera"});
    EXPECT_FALSE(takes({"gpu"}).error);
    EXPECT_THAT(device_rules.calls, ElementsAre("allow /dev/dri/renderD128", "forbid /dev/dri/renderD128"))
        << "the engine's own rule can be narrowed when it is berth's";
    EXPECT_THAT(device_rules.holder.device_rules, IsEmpty()) << "else it would stay allowed as made with";
    EXPECT_THAT(device_rules.holder.devices, ElementsAre("/dev/video0"));
    EXPECT_FALSE(takes({"camera"}).error);
    EXPECT_THAT(device_rules.holder.devices, IsEmpty());
}

TEST_F(GrantsTest, ANodeThatWasUnpluggedIsTakenWithoutAComplaint) {
    runs_with({"usb:046d:c52b"});
    shares.shares.nodes.erase("/dev/bus/usb/001/004");
    device_rules.forbid_answer = Error{ErrorCode::failed, "no such node"};
    EXPECT_FALSE(takes({"usb:046d:c52b"}).error);
    EXPECT_THAT(shown(), ElementsAre("env"));
}

TEST_F(GrantsTest, TakingWhatIsNotHeldChangesNothing) {
    runs_with({"display"});
    const auto before = doors.items;
    EXPECT_FALSE(takes({"gpu"}).error);
    EXPECT_EQ(doors.items, before);
    EXPECT_THAT(device_rules.calls, IsEmpty());
}

TEST_F(GrantsTest, TakingFromAClientWithoutADoorIsDone) {
    client().pending = some_grants({"gpu"});
    EXPECT_FALSE(client_step(Step::take).error);
}

TEST_F(GrantsTest, NamesOfTheSessionBusAreGivenAndTakenOneGrantAtATime) {
    runs_with({"session-bus:org.a.B"});
    EXPECT_FALSE(gives({"session-bus:org.c.*"}).error);
    EXPECT_THAT(bus_filters.running.at(client_id).names, ElementsAre("org.a.B", "org.c.*"));
    EXPECT_FALSE(takes({"session-bus:org.a.B"}).error);
    EXPECT_THAT(bus_filters.running.at(client_id).names, ElementsAre("org.c.*"));
    EXPECT_EQ(bus_filters.running.at(client_id).uid, 1234U);
    EXPECT_FALSE(takes({"session-bus:org.c.*"}).error);
    EXPECT_THAT(bus_filters.running, IsEmpty());
    EXPECT_EQ(env(), "");
}

TEST_F(GrantsTest, AFilterThatCannotBeStartedUndoesTheGiveAndTheOldOneIsThereAgain) {
    runs_with({"session-bus:org.a.B"});
    bus_filters.answer = Error{ErrorCode::failed, "it ended at once"};
    EXPECT_EQ(gives({"session-bus:org.c.*", "shm"}).error->message, "it ended at once");
    EXPECT_THAT(bus_filters.running.at(client_id).names, ElementsAre("org.a.B"));
    EXPECT_THAT(shown(), ElementsAre("env"));
}

TEST_F(GrantsTest, AFirstFilterIsStoppedWhereALaterPartFails) {
    runs_with({});
    device_rules.allow_answer = Error{ErrorCode::failed, "EPERM"};
    EXPECT_TRUE(gives({"session-bus:org.a.B", "gpu"}).error);
    EXPECT_THAT(bus_filters.running, IsEmpty());
    EXPECT_EQ(bus_filters.calls.back(), "stop /door/session/bus");
}

TEST_F(GrantsTest, OtherGrantsLeaveTheFilterAlone) {
    runs_with({"session-bus:org.a.B", "shm"});
    EXPECT_FALSE(gives({"gpu"}).error);
    EXPECT_FALSE(takes({"shm"}).error);
    EXPECT_THAT(bus_filters.calls, IsEmpty()) << "its connections would end";
}

TEST_F(GrantsTest, NamesThatAreLeftHaveNoFilterWhereTheDesktopIsGone) {
    runs_with({"session-bus:org.a.B", "session-bus:org.c.D"});
    seat().door.reset();
    EXPECT_FALSE(takes({"session-bus:org.a.B"}).error);
    EXPECT_THAT(bus_filters.running, IsEmpty()) << "the refresh by the next desktop starts it anew";
}

} // namespace
} // namespace berth::effects
