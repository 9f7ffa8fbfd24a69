#include "policy/reseat.hpp"
#include "support/script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace berth;
using namespace berth::model;
using berth::policy::due_reseat;
using berth::test::count;
using berth::test::Script;
using berth::test::seat0;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// When a desktop is re-seated by itself.
namespace {

constexpr Microseconds a_second = 1'000'000;

const std::vector<Device> docked{
    {.path = "/devices/usb1/1-2", .kind = DeviceKind::hub, .seat = seat0, .id = "usb:1:2", .name = "Desk"},
    {.path = "/devices/usb1/1-2/net/eth1", .kind = DeviceKind::network, .seat = seat0}};
const std::vector<Device> undocked{};
const std::vector<Device> a_mouse{
    {.path = "/devices/usb1/1-9/event3", .kind = DeviceKind::mouse, .seat = seat0, .node = "/dev/input/event3"}};

DockProfile rule(DockAction on_dock, DockAction on_undock, std::uint32_t grace_s = 5) {
    return {.name = "desk",
            .description = {},
            .match = {.id = "usb:1:2", .name = {}, .has = {}},
            .on_dock = on_dock,
            .on_undock = on_undock,
            .grace_s = grace_s};
}

const DockProfile either_way = rule(DockAction::reseat, DockAction::reseat);

class AutomaticReseat : public ::testing::Test {
  protected:
    /// The devices become these, and the profiles are read, as they are each time.
    void plug(const std::vector<Device>& devices) {
        script.happens(HardwareChanged{devices});
        ASSERT_EQ(count<ReadDocks>(script.effects()), 1U);
        script.happens(DocksRead{profiles});
    }

    void becomes_seated(const std::vector<Device>& devices, SeatMode mode = SeatMode::headless) {
        plug(devices);
        script.becomes_seated(mode);
        ASSERT_EQ(script.seat().state, SeatState::seated);
    }

    [[nodiscard]] bool waits() const { return script.seat().reseat_at != 0; }

    /// The time for which the timer was last set in these effects, in milliseconds; 0: it was not.
    [[nodiscard]] std::int64_t armed_ms() const {
        std::int64_t ms = 0;
        for (const Effect& effect : script.effects()) {
            if (const auto* const timer = std::get_if<ArmTimer>(&effect)) {
                ms = timer->after_ms;
            }
        }
        return ms;
    }

    [[nodiscard]] bool is_reseating() const {
        return script.seat().job && script.job(*script.seat().job)->kind == JobKind::reseat;
    }

    Script script;
    std::vector<DockProfile> profiles{either_way};
};

} // namespace

TEST_F(AutomaticReseat, ADockWhoseProfileSaysSoReseatsAfterItsGrace) {
    becomes_seated(undocked);
    plug(docked);
    EXPECT_TRUE(waits());
    EXPECT_EQ(armed_ms(), 5'000);
    EXPECT_EQ(due_reseat(script.world(), script.seat())->reason, "Desk was plugged in (dock profile 'desk')");
    EXPECT_EQ(script.seat().state, SeatState::seated) << "until then it goes on";
    script.moves_time(5 * a_second);
    script.timer_fires();
    EXPECT_TRUE(is_reseating());
    EXPECT_EQ(script.seat().state, SeatState::draining);
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::seated);
    EXPECT_FALSE(waits()) << "it came up with the dock";
}

TEST_F(AutomaticReseat, OneThatIsTakenAwayDoesSoToo) {
    becomes_seated(docked);
    EXPECT_FALSE(waits()) << "what was there at the start is no change";
    plug(undocked);
    EXPECT_TRUE(waits());
    EXPECT_THAT(due_reseat(script.world(), script.seat())->reason, HasSubstr("Desk was taken away"));
    script.timer_fires();
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::seated);
    EXPECT_FALSE(waits());
}

TEST_F(AutomaticReseat, WithoutAProfileADockIsForwarded) {
    profiles.clear();
    becomes_seated(undocked);
    plug(docked);
    EXPECT_FALSE(waits());
    plug(undocked);
    EXPECT_FALSE(waits());
    EXPECT_EQ(script.seat().state, SeatState::seated) << "undocking ends no session";
}

TEST_F(AutomaticReseat, EachWayHasItsOwnRule) {
    for (const bool on_dock : {true, false}) {
        script = Script{};
        profiles = {rule(on_dock ? DockAction::reseat : DockAction::forward,
                         on_dock ? DockAction::forward : DockAction::reseat)};
        becomes_seated(undocked);
        plug(docked);
        EXPECT_EQ(waits(), on_dock);
        script = Script{};
        becomes_seated(docked);
        plug(undocked);
        EXPECT_EQ(waits(), !on_dock);
    }
}

TEST_F(AutomaticReseat, OneThatComesBackInTimeCostsNothing) {
    becomes_seated(docked);
    plug(undocked);
    ASSERT_TRUE(waits());
    script.moves_time(4 * a_second);
    plug(docked);
    EXPECT_FALSE(waits());
    EXPECT_EQ(count<ClearTimer>(script.effects()), 1U);
    EXPECT_EQ(script.seat().state, SeatState::seated);
}

TEST_F(AutomaticReseat, ADockThatBouncesIsWaitedForUntilItRests) {
    becomes_seated(undocked);
    for (int bounce = 0; bounce < 50; ++bounce) {
        script.moves_time(a_second / 10);
        plug(docked);
        EXPECT_EQ(armed_ms(), 5'000) << "each time anew";
        script.moves_time(a_second / 10);
        plug(undocked);
    }
    EXPECT_EQ(script.seat().state, SeatState::seated);
    EXPECT_FALSE(waits());
    plug(docked);
    script.timer_fires();
    EXPECT_TRUE(is_reseating());
    script.forgets();
    for (int bounce = 0; bounce < 50; ++bounce) { // while it is down
        plug(undocked);
        plug(docked);
    }
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::seated);
    EXPECT_FALSE(waits()) << "one re-seat for the state that it came to rest in";
}

TEST_F(AutomaticReseat, OtherDevicesStartTheGraceAnewAndChangeNothing) {
    becomes_seated(undocked);
    plug(docked);
    script.moves_time(4 * a_second);
    std::vector<Device> more = docked;
    more.push_back(a_mouse.front());
    plug(more);
    EXPECT_EQ(armed_ms(), 5'000);
    plug(a_mouse);
    EXPECT_FALSE(waits());
}

TEST_F(AutomaticReseat, OneThatComesDuringTheStartIsMadeUpForWhenTheDesktopIsUp) {
    plug(undocked);
    script.up();
    ASSERT_TRUE(script.runs_to(Step::start));
    plug(docked);
    EXPECT_FALSE(waits());
    script.runs_to_rest();
    ASSERT_EQ(script.seat().state, SeatState::seated);
    EXPECT_TRUE(waits());
    script.timer_fires();
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::seated);
    EXPECT_FALSE(waits());
}

TEST_F(AutomaticReseat, WhatIsSavedOrPausedComesFirst) {
    becomes_seated(undocked);
    plug(docked);
    script.moves_time(2 * a_second);
    script.call(SnapshotRequest{seat0, "saved:1"});
    script.succeeds();
    EXPECT_EQ(armed_ms(), 3'000) << "what is left of the grace";
    script.call(FreezeRequest{seat0});
    script.succeeds();
    ASSERT_EQ(script.seat().state, SeatState::frozen);
    plug(undocked);
    plug(docked);
    EXPECT_EQ(armed_ms(), 0) << "a desktop that is paused is left alone";
    script.call(ThawRequest{seat0});
    script.succeeds();
    EXPECT_EQ(script.seat().state, SeatState::seated);
    EXPECT_EQ(armed_ms(), 3'000) << "and re-seated when it goes on";
}

TEST_F(AutomaticReseat, DownWinsOverIt) {
    becomes_seated(undocked);
    plug(docked);
    script.call(DownRequest{seat0, false});
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::vacant);
    EXPECT_FALSE(waits());
    plug(undocked);
    EXPECT_FALSE(waits());
}

TEST_F(AutomaticReseat, ATimerThatIsNotItsOwnDoesNothing) {
    becomes_seated(undocked);
    script.happens(TimerFired{seat0, script.seat().serial});
    EXPECT_THAT(script.effects(), IsEmpty());
    plug(docked);
    const StepSerial of_the_first = script.seat().serial;
    plug(undocked);
    plug(docked);
    script.happens(TimerFired{seat0, of_the_first});
    EXPECT_EQ(script.seat().state, SeatState::seated);
    EXPECT_TRUE(waits());
}

TEST_F(AutomaticReseat, ADockThatWasThereBeforeTheDevicesWereReadIsNoChange) {
    script.becomes_seated(); // a berthd that has just started
    plug(docked);
    EXPECT_FALSE(waits());
    EXPECT_EQ(script.seat().seated_with->docks->size(), 1U);
    plug(undocked);
    EXPECT_TRUE(waits());
}

TEST_F(AutomaticReseat, ACardThatComesOrGoesReseatsADesktopInModeVtAlone) {
    for (const SeatMode mode : {SeatMode::vt, SeatMode::headless, SeatMode::logind}) {
        script = Script{};
        script.happens(DevicesChanged{seat0, {"/dev/dri/card0", "/dev/input/event3"}});
        script.becomes_seated(mode);
        ASSERT_EQ(script.seat().state, SeatState::seated);
        script.happens(DevicesChanged{seat0, {"/dev/dri/card0", "/dev/input/event3", "/dev/input/event4"}});
        EXPECT_FALSE(waits());
        script.happens(DevicesChanged{seat0, {"/dev/dri/card0", "/dev/dri/card1", "/dev/input/event3"}});
        EXPECT_EQ(waits(), mode == SeatMode::vt);
        script.happens(DevicesChanged{seat0, {"/dev/dri/card0", "/dev/input/event3"}});
        EXPECT_FALSE(waits()) << "it has gone again";
    }
}

TEST_F(AutomaticReseat, ACardMeansWhatTheDesktopsProfileSays) {
    for (const SeatMode mode : {SeatMode::logind, SeatMode::vt}) {
        for (const LateCards cards : {LateCards::forward, LateCards::reseat, LateCards::ignore}) {
            script = Script{};
            script.happens(DevicesChanged{seat0, {"/dev/dri/card0"}});
            DesktopProfile profile = test::a_profile(mode);
            profile.late_cards = cards;
            script.happens(ProfileRead{script.call(UpRequest{seat0, "gnome", {}, {}}), profile, {}});
            script.runs_to_rest();
            ASSERT_EQ(script.seat().state, SeatState::seated);
            script.happens(DevicesChanged{seat0, {"/dev/dri/card0", "/dev/dri/card1"}});
            EXPECT_EQ(waits(), cards == LateCards::reseat) << name_of(cards);
        }
    }
}

TEST_F(AutomaticReseat, ACardInADockThatIsToBeIgnoredIsNoReason) {
    std::vector<Device> with_card = docked;
    with_card.push_back(
        {.path = "/devices/usb1/1-2/drm/card1", .kind = DeviceKind::gpu, .seat = seat0, .node = "/dev/dri/card1"});
    for (const DockAction action : {DockAction::forward, DockAction::ignore}) {
        script = Script{};
        profiles = {rule(action, action)};
        script.happens(DevicesChanged{seat0, {"/dev/dri/card0"}});
        becomes_seated(undocked, SeatMode::vt);
        script.happens(DevicesChanged{seat0, {"/dev/dri/card0", "/dev/dri/card1"}});
        plug(with_card);
        EXPECT_EQ(waits(), action == DockAction::forward);
        script = Script{};
        script.happens(DevicesChanged{seat0, {"/dev/dri/card0", "/dev/dri/card1"}});
        becomes_seated(with_card, SeatMode::vt);
        script.happens(DevicesChanged{seat0, {"/dev/dri/card0"}});
        plug(undocked);
        EXPECT_EQ(waits(), action == DockAction::forward) << "which has gone by now, and is known from the start";
    }
}

TEST_F(AutomaticReseat, OfTwoCardsOneThatIsToBeIgnoredHidesNoOther) {
    std::vector<Device> with_card = docked;
    with_card.push_back(
        {.path = "/devices/usb1/1-2/drm/card1", .kind = DeviceKind::gpu, .seat = seat0, .node = "/dev/dri/card1"});
    profiles = {rule(DockAction::ignore, DockAction::ignore)};
    script.happens(DevicesChanged{seat0, {"/dev/dri/card0"}});
    becomes_seated(undocked, SeatMode::vt);
    plug(with_card);
    script.happens(DevicesChanged{seat0, {"/dev/dri/card0", "/dev/dri/card1"}});
    EXPECT_FALSE(waits());
    script.happens(DevicesChanged{seat0, {"/dev/dri/card0", "/dev/dri/card1", "/dev/dri/card2"}});
    EXPECT_TRUE(waits());
}

TEST_F(AutomaticReseat, SoundThatComesIsSharedWithADesktopOnTheHostsSeat) {
    for (const SeatMode mode : {SeatMode::logind, SeatMode::vt, SeatMode::headless}) {
        script = Script{};
        script.happens(DevicesChanged{seat0, {"/dev/snd/controlC0"}});
        EXPECT_EQ(count<ShareSound>(script.effects()), 0U) << "with no desktop";
        script.up(mode);
        ASSERT_TRUE(script.runs_to(mode == SeatMode::headless ? Step::start : Step::await_session));
        script.happens(DevicesChanged{seat0, {"/dev/snd/controlC0", "/dev/snd/controlC1"}});
        EXPECT_EQ(count<ShareSound>(script.effects()), 0U) << "not before it is up";
        script.runs_to_rest();
        ASSERT_EQ(script.seat().state, SeatState::seated);
        EXPECT_EQ(count<ShareSound>(script.effects()), mode == SeatMode::logind ? 1U : 0U) << "what came meanwhile";
        script.happens(DevicesChanged{seat0, {"/dev/snd/controlC0"}});
        EXPECT_EQ(count<ShareSound>(script.effects()), mode == SeatMode::logind ? 1U : 0U);
    }
}

TEST_F(AutomaticReseat, CardsThatWereNotKnownAtTheStartAreThoseThatAreToldFirst) {
    script.becomes_seated(SeatMode::vt);
    script.happens(DevicesChanged{seat0, {"/dev/dri/card0"}});
    EXPECT_FALSE(waits());
    script.happens(DevicesChanged{seat0, {"/dev/dri/card1"}});
    EXPECT_TRUE(waits());
}

TEST_F(AutomaticReseat, ABerthdThatStartsAnewKnowsWhatTheDesktopCameUpWith) {
    becomes_seated(undocked);
    Seat kept = script.seat();
    kept.plan->mode = SeatMode::headless;
    const Leftover leftover{"seat0", kept.container, kept.init_pid, {}, false};
    script = Script{World{}};
    script.happens(Configured{{seat0}, test::a_host()});
    script.happens(LeftoversFound{{leftover}, {kept}});
    script.succeeds(); // adopt
    ASSERT_EQ(script.seat().state, SeatState::seated);
    EXPECT_FALSE(waits()) << "what there is has not been read yet";
    plug(docked);
    EXPECT_TRUE(waits()) << "it was plugged in while there was no berthd";
}

TEST_F(AutomaticReseat, WhileBerthdEndsNothingIsReseated) {
    becomes_seated(undocked);
    plug(docked);
    script.happens(ShutdownRequested{true});
    script.timer_fires();
    EXPECT_FALSE(is_reseating());
    EXPECT_EQ(script.seat().state, SeatState::seated);
}
