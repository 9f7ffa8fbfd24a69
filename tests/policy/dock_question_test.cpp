#include "policy/dock_fixture.hpp"
#include "policy/reseat.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace berth;
using namespace berth::model;
using berth::test::count;
using berth::test::numbered_hub;
using berth::test::seat0;
using ::testing::IsEmpty;

/// A desktop that is asked before it is re-seated for a dock.
namespace {

Device behind_hub(const std::string& number) {
    return {.path = "/devices/usb1/1-" + number + "/net/eth" + number, .kind = DeviceKind::network, .seat = seat0};
}

const std::vector<Device> no_hub{};
const std::vector<Device> one_hub{numbered_hub("2"), behind_hub("2")};
const std::vector<Device> two_hubs{numbered_hub("2"), behind_hub("2"), numbered_hub("3"), behind_hub("3")};

DockProfile rule_for(const std::string& id, DockAction on_dock, DockAction on_undock) {
    return {.name = "desk",
            .description = {},
            .match = {.id = id, .name = {}, .has = {}},
            .on_dock = on_dock,
            .on_undock = on_undock,
            .grace_s = 5,
            .question = {"ask-me", "now"},
            .answer_s = 30};
}

class DockQuestionTest : public test::DockTest {
  protected:
    DockQuestionTest() { profiles = {rule_for("usb:1:*", DockAction::ask, DockAction::ask)}; }

    /// A dock comes, and has been there for its grace.
    void is_asked() {
        becomes_seated(no_hub);
        plug(one_hub);
        script.timer_fires();
        ASSERT_EQ(question().question, 1U);
    }

    void answers(bool yes) { script.happens(DesktopAnswered{seat0, script.seat().question, yes, "it said so"}); }

    /// The one question among the effects; number 0: there is none.
    [[nodiscard]] AskDesktop question() const {
        AskDesktop asked;
        for (const Effect& effect : script.effects()) {
            if (const auto* const ask = std::get_if<AskDesktop>(&effect)) {
                asked = *ask;
            }
        }
        return asked;
    }

    [[nodiscard]] bool is_reseating() const {
        return script.seat().job && script.job(*script.seat().job)->kind == JobKind::reseat;
    }
};

} // namespace

TEST_F(DockQuestionTest, ItIsPutWhenTheDockHasBeenThereForItsGrace) {
    becomes_seated(no_hub);
    plug(one_hub);
    EXPECT_EQ(question().question, 0U);
    EXPECT_NE(script.seat().reseat_at, 0);
    script.timer_fires();
    EXPECT_EQ(question(), (AskDesktop{seat0,
                                      1,
                                      {"ask-me", "now"},
                                      {{"BERTH_DOCK", "usb:1:2"},
                                       {"BERTH_DOCK_NAME", "Desk 2"},
                                       {"BERTH_DOCKED", "1"},
                                       {"BERTH_DOCK_NODES", ""},
                                       {"BERTH_DOCK_DISPLAYS", ""}},
                                      30}));
    EXPECT_EQ(script.seat().asked, (DockQuestion{"usb:1:2", true}));
    EXPECT_EQ(script.seat().state, SeatState::seated) << "until it has answered it goes on";
}

TEST_F(DockQuestionTest, YesReseatsIt) {
    is_asked();
    answers(true);
    EXPECT_TRUE(is_reseating());
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::seated);
    EXPECT_FALSE(script.seat().asked);
    EXPECT_EQ(script.seat().reseat_at, 0) << "it came up with the dock";
}

TEST_F(DockQuestionTest, NoIsNotAskedAgainUntilTheDockWentAndComes) {
    is_asked();
    answers(false);
    EXPECT_FALSE(is_reseating());
    EXPECT_EQ(script.seat().declined, (std::vector<DockQuestion>{{"usb:1:2", true}}));
    plug(one_hub);
    EXPECT_EQ(script.seat().reseat_at, 0);
    plug(no_hub);
    EXPECT_THAT(script.seat().declined, IsEmpty());
    plug(one_hub);
    EXPECT_NE(script.seat().reseat_at, 0);
    script.timer_fires();
    EXPECT_EQ(question().question, 2U);
}

TEST_F(DockQuestionTest, ADockThatGoesIsAskedAboutAsOne) {
    becomes_seated(one_hub);
    plug(no_hub);
    script.timer_fires();
    EXPECT_EQ(question().environment.at("BERTH_DOCKED"), "0");
    answers(false);
    EXPECT_EQ(script.seat().declined, (std::vector<DockQuestion>{{"usb:1:2", false}}));
    plug(one_hub);
    EXPECT_THAT(script.seat().declined, IsEmpty()) << "it is as it was at the start";
}

TEST_F(DockQuestionTest, ADockThatGoesAgainHasAnswered) {
    is_asked();
    plug(no_hub);
    EXPECT_FALSE(script.seat().asked);
    answers(true);
    EXPECT_FALSE(is_reseating()) << "the answer comes too late";
    EXPECT_THAT(script.seat().declined, IsEmpty());
}

TEST_F(DockQuestionTest, OtherDevicesMeanwhileAskNothingAnew) {
    is_asked();
    std::vector<Device> more = one_hub;
    more.push_back({.path = "/devices/usb1/1-9/event3", .kind = DeviceKind::mouse, .seat = seat0});
    plug(more);
    EXPECT_EQ(question().question, 0U);
    EXPECT_EQ(script.seat().reseat_at, 0);
    answers(true);
    EXPECT_TRUE(is_reseating());
}

TEST_F(DockQuestionTest, OneAfterTheOther) {
    is_asked();
    plug(two_hubs);
    answers(false);
    EXPECT_NE(script.seat().reseat_at, 0) << "the other one";
    script.timer_fires();
    EXPECT_EQ(script.seat().asked, (DockQuestion{"usb:1:3", true}));
    answers(true);
    EXPECT_TRUE(is_reseating()) << "which is for both";
}

TEST_F(DockQuestionTest, WhatNeedsNoQuestionComesFirst) {
    profiles = {rule_for("usb:1:2", DockAction::ask, DockAction::ask),
                rule_for("usb:1:3", DockAction::reseat, DockAction::reseat)};
    is_asked();
    plug(two_hubs);
    EXPECT_FALSE(script.seat().asked);
    EXPECT_NE(script.seat().reseat_at, 0);
    script.timer_fires();
    EXPECT_TRUE(is_reseating());
    script.runs_to_rest();
    plug({numbered_hub("3"), behind_hub("3")});
    script.timer_fires();
    EXPECT_EQ(script.seat().asked, (DockQuestion{"usb:1:2", false}));
    plug(no_hub);
    EXPECT_FALSE(script.seat().asked) << "the other one has gone, too";
    script.timer_fires();
    EXPECT_TRUE(is_reseating());
}

TEST_F(DockQuestionTest, TheDocksOwnCardWaitsForTheAnswerAndAnotherDoesNot) {
    std::vector<Device> with_card = one_hub;
    with_card.push_back(
        {.path = "/devices/usb1/1-2/drm/card1", .kind = DeviceKind::gpu, .seat = seat0, .node = "/dev/dri/card1"});
    script.happens(DevicesChanged{seat0, {"/dev/dri/card0"}});
    plug(no_hub);
    script.becomes_seated(SeatMode::vt);
    script.happens(DevicesChanged{seat0, {"/dev/dri/card0", "/dev/dri/card1"}});
    plug(with_card);
    script.timer_fires();
    EXPECT_FALSE(is_reseating());
    EXPECT_EQ(script.seat().asked, (DockQuestion{"usb:1:2", true}));
    answers(false);
    EXPECT_EQ(script.seat().reseat_at, 0) << "nor is its card a reason then";
    script.happens(DevicesChanged{seat0, {"/dev/dri/card0", "/dev/dri/card1", "/dev/dri/card2"}});
    EXPECT_NE(script.seat().reseat_at, 0);
}

TEST_F(DockQuestionTest, AnAnswerWhileSomethingIsDoneWithTheDesktopIsAskedForAgain) {
    is_asked();
    script.call(SnapshotRequest{seat0, "saved:1"});
    answers(true);
    EXPECT_FALSE(is_reseating());
    EXPECT_FALSE(script.seat().asked);
    script.succeeds();
    EXPECT_NE(script.seat().reseat_at, 0);
    script.timer_fires();
    EXPECT_EQ(question().question, 2U);
}

TEST_F(DockQuestionTest, AnotherDesktopIsAskedAnew) {
    is_asked();
    script.call(DownRequest{seat0, false});
    answers(true);
    EXPECT_FALSE(is_reseating());
    script.runs_to_rest();
    plug(no_hub);
    script.becomes_seated();
    EXPECT_FALSE(script.seat().asked);
    plug(one_hub);
    script.timer_fires();
    EXPECT_EQ(question().question, 2U);
    answers(false);
    script.call(ReseatRequest{seat0, "a test"});
    script.runs_to_rest();
    EXPECT_THAT(script.seat().declined, IsEmpty());
}

TEST_F(DockQuestionTest, ABerthdThatStartsAnewAsksAgain) {
    is_asked();
    berthd_starts_anew();
    EXPECT_FALSE(script.seat().asked);
    plug(one_hub);
    script.timer_fires();
    EXPECT_EQ(question().question, 2U) << "an answer to the earlier berthd's would not be taken for this one's";
}

TEST_F(DockQuestionTest, AnAnswerThatNobodyWaitsForIsNone) {
    is_asked();
    script.happens(DesktopAnswered{seat0, 9, true, {}});
    script.happens(DesktopAnswered{SeatName{"seat-nowhere"}, 1, true, {}});
    EXPECT_FALSE(is_reseating());
    EXPECT_TRUE(script.seat().asked);
}
