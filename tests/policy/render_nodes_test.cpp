#include "support/script.hpp"

#include <gtest/gtest.h>

using namespace berth;
using namespace berth::model;
using berth::test::count;
using berth::test::Script;
using berth::test::seat0;

/// Render nodes that come while a desktop on the host's seat runs.
namespace {

/// The one ShareRender among the effects, or one that says nothing.
ShareRender shared_render(const Script& script) {
    ShareRender shared;
    for (const Effect& effect : script.effects()) {
        if (const auto* const share = std::get_if<ShareRender>(&effect)) {
            shared = *share;
        }
    }
    return shared;
}

/// A desktop that is up, whose container was made with one render node.
World with_a_render_node(SeatMode mode, const std::string& folder = "/dev/dri") {
    Script script;
    script.becomes_seated(mode);
    World world = script.world();
    Seat& seat = world.seats.at(seat0);
    seat.devices = {"/dev/dri/card0", "/dev/dri/renderD128"};
    seat.made_with = {"/dev/dri/renderD128"};
    seat.plan->profile.devices = {{folder, true}};
    return world;
}

} // namespace

TEST(RenderNodes, ARenderNodeThatComesMayBeOpenedAndOneThatGoesNotAnyMore) {
    Script script{with_a_render_node(SeatMode::logind)};
    script.happens(DevicesChanged{seat0, {"/dev/dri/card0", "/dev/dri/renderD128", "/dev/dri/renderD129"}});
    EXPECT_EQ(shared_render(script), (ShareRender{seat0, {"/dev/dri/renderD129"}, {}}));
    script.happens(DevicesChanged{seat0, {"/dev/dri/renderD128", "/dev/dri/renderD129"}});
    EXPECT_EQ(count<ShareRender>(script.effects()), 0U) << "no news of these";
    script.happens(DevicesChanged{seat0, {"/dev/dri/renderD128", "/dev/dri/renderD130"}});
    EXPECT_EQ(shared_render(script), (ShareRender{seat0, {"/dev/dri/renderD130"}, {"/dev/dri/renderD129"}}));
    EXPECT_EQ(script.seat().lent, std::vector<std::string>{"/dev/dri/renderD130"});
    script.happens(DevicesChanged{seat0, {"/dev/dri/renderD130"}});
    EXPECT_EQ(count<ShareRender>(script.effects()), 0U) << "what it was made with stays its own";
}

TEST(RenderNodes, NoOtherDesktopIsLentOne) {
    for (const World& world : {with_a_render_node(SeatMode::vt), with_a_render_node(SeatMode::headless),
                               with_a_render_node(SeatMode::logind, "/dev/snd")}) {
        Script script{world};
        script.happens(DevicesChanged{seat0, {"/dev/dri/renderD128", "/dev/dri/renderD129"}});
        EXPECT_EQ(count<ShareRender>(script.effects()), 0U);
    }
}

TEST(RenderNodes, WhatAContainerIsMadeWithIsKnownAndANewOneIsLentNothingYet) {
    World world = with_a_render_node(SeatMode::logind);
    world.seats.at(seat0).lent = {"/dev/dri/renderD129"};
    Script script{world};
    script.call(ReseatRequest{seat0, "a test"});
    ASSERT_TRUE(script.runs_to(Step::create));
    script.happens(StepFinished{seat0,
                                script.seat().serial,
                                Step::create,
                                ContainerCreated{"beef", {"/dev/dri/renderD128", "/dev/dri/renderD129"}},
                                {}});
    EXPECT_EQ(script.seat().made_with, (std::vector<std::string>{"/dev/dri/renderD128", "/dev/dri/renderD129"}));
    EXPECT_TRUE(script.seat().lent.empty());
}
