#include "policy/dock_commands.hpp"
#include "policy/dock_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace berth;
using namespace berth::model;
using berth::test::numbered_hub;
using berth::test::seat0;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A desktop in which a command is run for each dock that comes or goes.
namespace {

Device desks_card(const std::string& number) {
    return {.path = "/devices/usb1/1-" + number + "/sound/card" + number,
            .kind = DeviceKind::sound,
            .seat = seat0,
            .node = "/dev/snd/controlC" + number};
}

const std::vector<Device> no_desk{};
const std::vector<Device> one_desk{numbered_hub("2"), desks_card("2")};
const std::vector<Device> two_desks{numbered_hub("2"), desks_card("2"), numbered_hub("3"), desks_card("3")};

DockProfile with_commands(const std::string& id, DockAction on_dock = DockAction::forward) {
    return {.name = "desk",
            .description = {},
            .match = {.id = id, .name = {}, .has = {}},
            .on_dock = on_dock,
            .grace_s = 7,
            .question = {"ask-me"},
            .docked_command = {"come", "in"},
            .undocked_command = {"good-bye"}};
}

class DockCommandsTest : public test::DockTest {
  protected:
    DockCommandsTest() { profiles = {with_commands("usb:1:*")}; }

    /// The commands among the effects, each with the dock that it is for; what is asked is not among them.
    [[nodiscard]] std::vector<std::string> commands() const {
        std::vector<std::string> all;
        for (const Effect& effect : script.effects()) {
            if (const auto* const order = std::get_if<AskDesktop>(&effect); order != nullptr && order->question == 0) {
                all.push_back(order->command.front() + " " + order->environment.at("BERTH_DOCK"));
            }
        }
        return all;
    }
};

} // namespace

TEST_F(DockCommandsTest, OneIsRunWhenTheDockHasBeenThereForItsGrace) {
    becomes_seated(no_desk);
    EXPECT_EQ(script.seat().reseat_at, 0);
    const Microseconds before = script.now();
    plug(one_desk);
    EXPECT_THAT(commands(), IsEmpty());
    EXPECT_EQ(script.seat().reseat_at, before + 7'000'000);
    script.timer_fires();
    EXPECT_THAT(commands(), ElementsAre("come usb:1:2"));
    EXPECT_EQ(script.seat().reseat_at, 0);
    EXPECT_EQ(script.seat().state, SeatState::seated);
    plug(one_desk);
    EXPECT_EQ(script.seat().reseat_at, 0) << "once is enough";
}

TEST_F(DockCommandsTest, ItIsToldOfTheDock) {
    Dock dock{.id = "usb:1:2", .name = "Desk", .path = {}};
    dock.nodes = {"/dev/input/event3", "/dev/snd/controlC1"};
    dock.displays = {"edid:DEL:1:2"};
    const std::map<std::string, std::string> told{{"BERTH_DOCK", "usb:1:2"},
                                                  {"BERTH_DOCK_NAME", "Desk"},
                                                  {"BERTH_DOCKED", "0"},
                                                  {"BERTH_DOCK_NODES", "/dev/input/event3 /dev/snd/controlC1"},
                                                  {"BERTH_DOCK_DISPLAYS", "edid:DEL:1:2"}};
    EXPECT_EQ(policy::environment_of(dock, false), told);
}

TEST_F(DockCommandsTest, ADockThatWasThereFirstIsGreetedByEachDesktop) {
    becomes_seated(one_desk);
    EXPECT_NE(script.seat().reseat_at, 0);
    script.timer_fires();
    EXPECT_THAT(commands(), ElementsAre("come usb:1:2"));
    script.call(ReseatRequest{seat0, "a test"});
    script.runs_to_rest();
    EXPECT_THAT(script.seat().greeted, IsEmpty());
    script.timer_fires();
    EXPECT_THAT(commands(), ElementsAre("come usb:1:2"));
}

TEST_F(DockCommandsTest, OneThatIsTakenAwayIsToldOfOnceItStaysAway) {
    becomes_seated(one_desk);
    script.timer_fires();
    plug(no_desk);
    EXPECT_THAT(commands(), IsEmpty());
    plug(one_desk);
    EXPECT_EQ(script.seat().reseat_at, 0) << "it bounced";
    plug(no_desk);
    script.timer_fires();
    EXPECT_THAT(commands(), ElementsAre("good-bye usb:1:2"));
    EXPECT_THAT(script.seat().greeted, IsEmpty());
    plug(one_desk);
    script.timer_fires();
    EXPECT_THAT(commands(), ElementsAre("come usb:1:2"));
}

TEST_F(DockCommandsTest, OneThatDoesNotStayIsNotToldOf) {
    becomes_seated(no_desk);
    plug(one_desk);
    plug(no_desk);
    EXPECT_EQ(script.seat().reseat_at, 0);
}

TEST_F(DockCommandsTest, OneCommandIsEnoughForAProfile) {
    profiles[0].docked_command.clear();
    becomes_seated(one_desk);
    script.timer_fires();
    EXPECT_THAT(commands(), IsEmpty());
    plug(no_desk);
    script.timer_fires();
    EXPECT_THAT(commands(), ElementsAre("good-bye usb:1:2"));
}

TEST_F(DockCommandsTest, EachDockHasItsOwn) {
    profiles = {with_commands("usb:1:3")};
    becomes_seated(two_desks);
    script.timer_fires();
    EXPECT_THAT(commands(), ElementsAre("come usb:1:3"));
    profiles = {with_commands("usb:1:*")};
    plug(two_desks);
    script.timer_fires();
    EXPECT_THAT(commands(), ElementsAre("come usb:1:2")) << "of which a profile says something now";
    plug(no_desk);
    script.timer_fires();
    EXPECT_THAT(commands(), ElementsAre("good-bye usb:1:3", "good-bye usb:1:2"));
}

TEST_F(DockCommandsTest, ADesktopThatIsReseatedForTheDockIsToldWhenItIsUpAgain) {
    profiles = {with_commands("usb:1:*", DockAction::reseat)};
    becomes_seated(no_desk);
    plug(one_desk);
    script.timer_fires();
    EXPECT_THAT(commands(), IsEmpty());
    script.runs_to_rest();
    ASSERT_EQ(script.seat().state, SeatState::seated);
    script.timer_fires();
    EXPECT_THAT(commands(), ElementsAre("come usb:1:2"));
}

TEST_F(DockCommandsTest, ADesktopThatIsAskedIsToldBefore) {
    profiles = {with_commands("usb:1:*", DockAction::ask)};
    becomes_seated(no_desk);
    plug(one_desk);
    script.timer_fires();
    EXPECT_THAT(commands(), ElementsAre("come usb:1:2"));
    EXPECT_TRUE(script.seat().asked);
    script.happens(DesktopAnswered{seat0, 0, true, "the command has ended"});
    EXPECT_TRUE(script.seat().asked) << "that was no answer";
}

TEST_F(DockCommandsTest, WhileSomethingIsDoneWithTheDesktopNothingIsRun) {
    becomes_seated(no_desk);
    plug(one_desk);
    script.call(SnapshotRequest{seat0, "saved:1"});
    script.succeeds();
    EXPECT_THAT(commands(), IsEmpty());
    script.timer_fires();
    EXPECT_THAT(commands(), ElementsAre("come usb:1:2"));
}

TEST_F(DockCommandsTest, ABerthdThatStartsAnewDoesNotGreetAgain) {
    becomes_seated(one_desk);
    script.timer_fires();
    berthd_starts_anew();
    EXPECT_EQ(script.seat().reseat_at, 0) << "no devices are known yet: none has gone";
    plug(one_desk);
    EXPECT_EQ(script.seat().reseat_at, 0);
    plug(no_desk);
    script.timer_fires();
    EXPECT_THAT(commands(), ElementsAre("good-bye usb:1:2"));
}
