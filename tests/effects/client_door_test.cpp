// The steps that open, take over and close a client's door.

#include "effects/client_fixture.hpp"

#include <gmock/gmock.h>

namespace berth::effects {
namespace {

using namespace model;
using test::client_id;
using test::ClientTest;
using test::some_grants;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST_F(ClientTest, AnOpenDoorShowsAllThatIsGrantedAndListens) {
    client().grants = some_grants({"display", "gpu", "sound", "shm"});
    const auto opened = client_step(Step::open_door);
    ASSERT_FALSE(opened.error) << opened.error->message;
    EXPECT_THAT(shown(), ElementsAre("dri/renderD128", "env", "pipewire-0", "pulse/native", "shm", "wayland-0",
                                     "x11/X0", "xauthority"));
    EXPECT_THAT(doors.folders, Contains("dri")) << "the container's /dev/dri is bound to it";
    EXPECT_THAT(client_sockets.listening, ElementsAre("/door/bus"));
    const auto& door = std::get<ClientDoor>(opened.facts);
    EXPECT_EQ(door.door, "/door");
    EXPECT_EQ(door.parts.size(), 4U);
    EXPECT_THAT(door.parts.at("sound").items, ElementsAre("pipewire-0", "pulse/native"));
    EXPECT_THAT(door.parts.at("gpu").nodes, ElementsAre("/dev/dri/renderD128"));
}

TEST_F(ClientTest, AnOpenDoorHasTheEnvironmentOfItsGrants) {
    client().grants = some_grants({"shm", "display"});
    EXPECT_FALSE(client_step(Step::open_door).error);
    EXPECT_EQ(env(), "BERTH_SHM='/run/berth/shm'\nDISPLAY=':0'\nWAYLAND_DISPLAY='/run/berth/wayland-0'\n"
                     "XAUTHORITY='/run/berth/xauthority'\nXDG_SESSION_TYPE='wayland'\n");
}

TEST_F(ClientTest, AnOpenDoorOfAClientThatIsGrantedNothingHasAnEmptyEnvironment) {
    EXPECT_FALSE(client_step(Step::open_door).error);
    EXPECT_THAT(shown(), ElementsAre("env"));
    EXPECT_EQ(env(), "");
}

TEST_F(ClientTest, AnOpenDoorAllowsNothingInAContainerThatIsNotMadeYet) {
    client().grants = some_grants({"gpu", "camera"});
    EXPECT_FALSE(client_step(Step::open_door).error);
    EXPECT_THAT(device_rules.calls, IsEmpty());
}

TEST_F(ClientTest, ADoorThatCannotBeOpenedIsAFailedStep) {
    doors.open_answer = Error{ErrorCode::failed, "no space"};
    EXPECT_EQ(client_step(Step::open_door).error->message, "no space");
    EXPECT_THAT(client_sockets.listening, IsEmpty());
}

TEST_F(ClientTest, ADoorIsNotOpenedForWhatTheSeatLacks) {
    client().grants = some_grants({"display", "camera"});
    shares.shares.cameras.clear();
    const auto opened = client_step(Step::open_door);
    ASSERT_TRUE(opened.error);
    EXPECT_THAT(opened.error->message, HasSubstr("'camera'"));
    EXPECT_EQ(opened.error->step, Step::open_door);
    EXPECT_THAT(shown(), IsEmpty());
    EXPECT_THAT(doors.calls, ElementsAre("open vlc", "show udev/control", "close vlc"))
        << "nothing is shown before all can be had";
}

TEST_F(ClientTest, ADoorIsOpenedWithoutWhatTheSeatLacksAndTheProfileCanDoWithout) {
    client().grants = some_grants({"display", "camera", "gpu"});
    client().plan.app.optional = some_grants({"camera", "gpu"});
    shares.shares.cameras.clear();
    ASSERT_FALSE(door_step(Step::open_door).error);
    EXPECT_FALSE(client().door->parts.contains("camera"));
    EXPECT_TRUE(client().door->parts.contains("display"));
    EXPECT_THAT(shown(), Contains("dri/renderD128")) << "what is there is given";
}

TEST_F(ClientTest, AKeptContainerIsNotGivenADeviceThatItWasNotMadeFor) {
    client().grants = some_grants({"gpu"});
    client().plan.app.optional = some_grants({"gpu"});
    client().was_kept = true;
    ASSERT_FALSE(door_step(Step::open_door).error);
    EXPECT_FALSE(client().door->parts.contains("gpu")) << "it was made when there was none";
    client().device_rules = {"c 226:128 rw"};
    ASSERT_FALSE(door_step(Step::open_door).error);
    EXPECT_TRUE(client().door->parts.contains("gpu"));
}

TEST_F(ClientTest, ADoorOfWhichOneItemCannotBeShownIsClosedAgain) {
    client().grants = some_grants({"display", "sound"});
    doors.refused = "pulse/native";
    const auto opened = client_step(Step::open_door);
    ASSERT_TRUE(opened.error);
    EXPECT_EQ(opened.error->message, "pulse/native is a link");
    EXPECT_THAT(shown(), IsEmpty());
    EXPECT_EQ(doors.calls.back(), "close vlc");
    EXPECT_THAT(client_sockets.listening, IsEmpty());
}

TEST_F(ClientTest, ADoorWhoseSocketCannotBeMadeIsClosedAgain) {
    client().grants = some_grants({"display", "session-bus:org.a.B"});
    client_sockets.listen_answer = Error{ErrorCode::failed, "address in use"};
    EXPECT_EQ(client_step(Step::open_door).error->message, "address in use");
    EXPECT_THAT(shown(), IsEmpty());
    EXPECT_EQ(doors.calls.back(), "close vlc");
    EXPECT_THAT(bus_filters.running, IsEmpty());
    EXPECT_THAT(client_sockets.closed, ElementsAre("vlc"));
}

TEST_F(ClientTest, ADoorWithTheSessionBusHasAFilterOfItsNames) {
    client().grants = some_grants({"session-bus:org.c.*", "session-bus:org.a.B"});
    EXPECT_FALSE(client_step(Step::open_door).error);
    EXPECT_EQ(bus_filters.running.at(client_id), (BusFilter{"/runtime", "bus", {"org.a.B", "org.c.*"}, 1234, 1235}));
    EXPECT_THAT(bus_filters.calls, ElementsAre("start /door/session/bus org.a.B org.c.*"));
    EXPECT_EQ(env(), "DBUS_SESSION_BUS_ADDRESS='unix:path=/run/berth/session/bus'\n");
}

TEST_F(ClientTest, ADoorWhoseFilterCannotBeStartedIsClosedAgain) {
    client().grants = some_grants({"session-bus:org.a.B"});
    bus_filters.answer = Error{ErrorCode::failed, "xdg-dbus-proxy is not installed"};
    EXPECT_EQ(client_step(Step::open_door).error->message, "xdg-dbus-proxy is not installed");
    EXPECT_EQ(doors.calls.back(), "close vlc");
}

TEST_F(ClientTest, AClientOfASeatThatIsGoneHasADoorForWhatNeedsNoSeat) {
    world.seats.clear();
    client().grants = some_grants({"kvm"});
    EXPECT_FALSE(client_step(Step::open_door).error);
    client().grants = some_grants({"display"});
    EXPECT_THAT(client_step(Step::open_door).error->message, HasSubstr("seat0 has no desktop"));
}

TEST_F(ClientTest, AnAdoptedDoorIsGoneOnWithAndNothingIsShownTwice) {
    runs_with({"display", "gpu"});
    EXPECT_FALSE(door_step(Step::adopt).error);
    EXPECT_THAT(doors.calls, ElementsAre("adopt vlc", "show env")) << "what it shows is what it means";
    EXPECT_THAT(client_sockets.listening, ElementsAre("/door/bus", "/door/bus"));
    EXPECT_THAT(device_rules.calls, IsEmpty());
    EXPECT_EQ(client().door->parts.size(), 2U);
}

TEST_F(ClientTest, AnAdoptedDoorIsMendedWhereTheDesktopHasAnotherDisplay) {
    runs_with({"display", "gpu"});
    seat().facts["display"] = ":3";
    doors.renewed = "wayland-0";
    EXPECT_FALSE(door_step(Step::adopt).error);
    EXPECT_THAT(doors.calls, ElementsAre("adopt vlc", "show wayland-0", "show x11/X3", "show env", "hide x11/X0"));
    EXPECT_THAT(env(), HasSubstr("DISPLAY=':3'"));
    EXPECT_THAT(client().door->parts.at("display").items, Contains("x11/X3"));
}

TEST_F(ClientTest, AnAdoptedDoorKeepsWhatTheSeatDoesNotHaveNow) {
    runs_with({"display", "gpu"});
    seat().door.reset();
    seat().facts.clear();
    EXPECT_FALSE(door_step(Step::adopt).error) << "its desktop may come up again";
    EXPECT_THAT(shown(), Contains("wayland-0"));
    EXPECT_TRUE(client().door->parts.contains("display"));
}

TEST_F(ClientTest, AnAdoptedDoorIsWhereItIsFoundNow) {
    runs_with({"gpu"});
    doors.open_answer = std::string{"/elsewhere"};
    EXPECT_FALSE(door_step(Step::adopt).error);
    EXPECT_EQ(client().door->door, "/elsewhere");
    EXPECT_EQ(client_sockets.listening.back(), "/elsewhere/bus");
}

TEST_F(ClientTest, AnAdoptedDoorGetsItsFilterAnew) {
    runs_with({"session-bus:org.a.B"});
    bus_filters.running.clear(); // it went with the berthd before
    EXPECT_FALSE(door_step(Step::adopt).error);
    EXPECT_THAT(bus_filters.running.at(client_id).names, ElementsAre("org.a.B"));
}

TEST_F(ClientTest, ADoorThatIsNotThereIsNotAdopted) {
    runs_with({"gpu"});
    doors.open_answer = Error{ErrorCode::failed, "there is none"};
    EXPECT_EQ(client_step(Step::adopt).error->message, "there is none");
    doors.open_answer = std::string{"/door"};
    client_sockets.listen_answer = Error{ErrorCode::failed, "address in use"};
    EXPECT_EQ(client_step(Step::adopt).error->message, "address in use");
}

TEST_F(ClientTest, AClosedDoorHasNoSocketNoFilterAndNoWatch) {
    runs_with({"display", "session-bus:org.a.B"});
    run(WatchClient{client_id, 4242});
    EXPECT_FALSE(client_step(Step::close_door).error);
    EXPECT_THAT(shown(), IsEmpty());
    EXPECT_THAT(client_sockets.closed, ElementsAre("vlc"));
    EXPECT_THAT(bus_filters.running, IsEmpty());
    EXPECT_THAT(processes.watched, Not(Contains(testing::Key(Subject{client_id}))));
    EXPECT_THAT(freezes.watched, Not(Contains(testing::Key(Subject{client_id}))));
}

TEST_F(ClientTest, ADoorThatNobodyKnowsIsClosedAllTheSame) {
    client().door.reset();
    EXPECT_FALSE(client_step(Step::close_door).error);
    EXPECT_THAT(doors.calls, ElementsAre("close vlc"));
    EXPECT_THAT(bus_filters.calls, ElementsAre("stop "));
}

} // namespace
} // namespace berth::effects
