#include "effects/runner_fixture.hpp"
#include "effects/seat_sound.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::effects {
namespace {

using namespace model;
using test::seat_name;
using testing::ElementsAre;
using testing::IsEmpty;

/// A desktop on the host's seat, with one sound card.
class SeatSoundTest : public test::RunnerTest {
  protected:
    SeatSoundTest() {
        directories.paths->system_bus = "/run/berth/seats/seat0/system-bus";
        seat().door = *directories.paths;
        seat().plan->mode = SeatMode::logind;
        seat().plan->profile.devices = {{"/dev/dri", false}, {"/dev/snd", true}};
        seat().lease = SeatLease{"5", 7, 1234};
        seat().devices = {"/dev/dri/renderD128", "/dev/input/event0", "/dev/snd/controlC0", "/dev/snd/pcmC0D0p"};
        bring_container_up();
        device_rules.calls.clear();
    }

    void now_has(std::vector<std::string> devices) {
        seat().devices = std::move(devices);
        run(ShareSound{seat_name});
    }
};

TEST_F(SeatSoundTest, WhatIsThereWhenTheContainerIsMadeIsShownFromTheStart) {
    EXPECT_THAT(directories.shown_nodes, ElementsAre("/dev/snd/controlC0", "/dev/snd/pcmC0D0p"));
    run(ShareSound{seat_name});
    EXPECT_THAT(device_rules.calls, IsEmpty()) << "it was made with their rules";
}

TEST_F(SeatSoundTest, ACardThatComesIsAllowedAndShownThen) {
    now_has({"/dev/snd/controlC0", "/dev/snd/controlC1", "/dev/snd/pcmC0D0p", "/dev/snd/pcmC1D0p"});
    EXPECT_THAT(device_rules.calls, ElementsAre("allow /dev/snd/controlC1", "allow /dev/snd/pcmC1D0p"));
    EXPECT_EQ(device_rules.holder.container, seat().container);
    EXPECT_EQ(device_rules.holder.init, seat().init_pid);
    EXPECT_THAT(device_rules.holder.devices,
                ElementsAre("/dev/dri/renderD128", "/dev/snd/controlC0", "/dev/snd/pcmC0D0p"))
        << "all that it was made with: where its rules are made anew, they are made of these";
    EXPECT_THAT(directories.shown_nodes,
                ElementsAre("/dev/snd/controlC0", "/dev/snd/controlC1", "/dev/snd/pcmC0D0p", "/dev/snd/pcmC1D0p"));
}

TEST_F(SeatSoundTest, OneThatMayNotBeOpenedIsNotShown) {
    device_rules.allow_answer = Error{ErrorCode::failed, "the kernel refuses"};
    now_has({"/dev/snd/controlC0", "/dev/snd/controlC1", "/dev/snd/pcmC0D0p"});
    EXPECT_THAT(directories.shown_nodes, ElementsAre("/dev/snd/controlC0", "/dev/snd/pcmC0D0p"));
    device_rules.allow_answer = {};
    run(ShareSound{seat_name});
    EXPECT_EQ(directories.shown_nodes.size(), 3U) << "and is tried again";
}

TEST_F(SeatSoundTest, ACardThatGoesIsHiddenAndForbidden) {
    now_has({"/dev/snd/controlC1"});
    EXPECT_THAT(device_rules.calls,
                ElementsAre("forbid /dev/snd/controlC0", "forbid /dev/snd/pcmC0D0p", "allow /dev/snd/controlC1"));
    EXPECT_THAT(directories.shown_nodes, ElementsAre("/dev/snd/controlC1"));
    now_has({});
    EXPECT_THAT(directories.shown_nodes, IsEmpty());
}

TEST_F(SeatSoundTest, OtherDevicesAndOtherDesktopsAreNoneOfItsBusiness) {
    now_has({"/dev/dri/renderD129", "/dev/snd/controlC0", "/dev/snd/pcmC0D0p"});
    EXPECT_THAT(device_rules.calls, IsEmpty());
    const auto another = [&](auto change) {
        const Seat before = seat();
        change(seat());
        now_has({"/dev/snd/controlC5"});
        EXPECT_THAT(device_rules.calls, IsEmpty());
        world.seats[seat_name] = before;
    };
    another([](Seat& other) { other.plan->mode = SeatMode::vt; });
    another([](Seat& other) { other.plan->profile.devices = {{"/dev/dri", false}}; });
    another([](Seat& other) { other.init_pid = 0; });
    another([](Seat& other) { other.door.reset(); });
    run(ShareSound{SeatName{"seat-nowhere"}});
    EXPECT_THAT(device_rules.calls, IsEmpty());
}

TEST_F(SeatSoundTest, RenderNodesThatComeAreAllowedAndThoseThatGoAreForbidden) {
    run(ShareRender{seat_name, {"/dev/dri/renderD129"}, {}});
    EXPECT_THAT(device_rules.calls, ElementsAre("allow /dev/dri/renderD129"));
    EXPECT_EQ(device_rules.holder.container, seat().container);
    EXPECT_EQ(device_rules.holder.devices, seat().made_with);
    device_rules.calls.clear();
    run(ShareRender{seat_name, {"/dev/dri/renderD130"}, {"/dev/dri/renderD129"}});
    EXPECT_THAT(device_rules.calls, ElementsAre("forbid /dev/dri/renderD129", "allow /dev/dri/renderD130"));
    run(ShareRender{SeatName{"seat-nowhere"}, {"/dev/dri/renderD129"}, {}});
    EXPECT_EQ(device_rules.calls.size(), 2U);
}

TEST_F(SeatSoundTest, AFolderThatCannotBeMadeFailsTheStep) {
    directories.put_answer = Error{ErrorCode::failed, "no tmpfs"};
    EXPECT_EQ(step(Step::create).error->message, "no tmpfs");
    seat().plan->mode = SeatMode::headless;
    EXPECT_FALSE(step(Step::create).error) << "which has none";
}

} // namespace
} // namespace berth::effects
