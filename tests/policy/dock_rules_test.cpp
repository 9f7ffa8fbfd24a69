#include "policy/dock_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::policy {
namespace {

using model::DeviceKind;
using model::Dock;
using model::DockMatch;
using model::DockProfile;

struct LikeRow {
    std::string text;
    std::string pattern;
    bool is_like;
};

class DockPatternTest : public ::testing::TestWithParam<LikeRow> {};

TEST_P(DockPatternTest, AStarIsAnyText) {
    EXPECT_EQ(is_like(GetParam().text, GetParam().pattern), GetParam().is_like)
        << GetParam().text << " and " << GetParam().pattern;
}

INSTANTIATE_TEST_SUITE_P(Rows, DockPatternTest,
                         ::testing::Values(LikeRow{"", "", true}, LikeRow{"", "*", true}, LikeRow{"", "a", false},
                                           LikeRow{"usb:1:2", "usb:1:2", true}, LikeRow{"usb:1:2", "usb:1", false},
                                           LikeRow{"usb:1", "usb:1:2", false}, LikeRow{"usb:1:2", "usb:*", true},
                                           LikeRow{"usb:1:2", "*:2", true}, LikeRow{"usb:1:2", "*:3", false},
                                           LikeRow{"usb:1:2", "u*:*2", true}, LikeRow{"usb:1:2", "u*1*3", false},
                                           LikeRow{"aab", "*ab", true}, LikeRow{"aaab", "a*ab", true},
                                           LikeRow{"a*b", "a*b", true}, LikeRow{"ThinkPad Dock", "*dock*", false},
                                           LikeRow{"ThinkPad Dock", "**Dock**", true}));

TEST(DockPattern, AHostileOneCostsNoMoreThanTheProduct) {
    const std::string text(64, 'a');
    std::string pattern;
    for (int i = 0; i < 60; ++i) {
        pattern += "a*";
    }
    EXPECT_FALSE(is_like(text, pattern + "b"));
    EXPECT_TRUE(is_like(text, pattern));
}

Dock the_dock() {
    return {.id = "usb:17ef:30a9:7",
            .name = "Lenovo ThinkPad Dock",
            .path = "/devices/usb1/1-2",
            .has = {DeviceKind::keyboard, DeviceKind::sound},
            .displays = {"edid:DEL:a0b1:7", "edid:SAM:1:2"}};
}

DockProfile profile(const std::string& name, DockMatch match) {
    return {.name = name, .description = {}, .match = std::move(match)};
}

TEST(DockRules, AllThatAMatchSaysMustBeTrue) {
    const Dock dock = the_dock();
    EXPECT_TRUE(fit_of({}, dock).has_value()) << "which says nothing";
    EXPECT_TRUE(fit_of({"usb:17ef:*", "*ThinkPad*", {DeviceKind::sound}}, dock).has_value());
    EXPECT_FALSE(fit_of({"usb:17ee:*", "*ThinkPad*", {DeviceKind::sound}}, dock).has_value());
    EXPECT_FALSE(fit_of({"usb:17ef:*", "*IdeaPad*", {DeviceKind::sound}}, dock).has_value());
    EXPECT_FALSE(fit_of({"usb:17ef:*", "*ThinkPad*", {DeviceKind::sound, DeviceKind::gpu}}, dock).has_value());
    EXPECT_TRUE(fit_of({"usb:17ef:*", "", {}, "edid:SAM:*"}, dock).has_value()) << "one of its screens is enough";
    EXPECT_FALSE(fit_of({"usb:17ef:*", "", {}, "edid:LEN:*"}, dock).has_value());
}

TEST(DockRules, WhatDoesNotFitIsNamed) {
    const Dock dock = the_dock();
    EXPECT_EQ(misfit_of({"usb:*", "*Dock", {DeviceKind::sound}}, dock), "");
    EXPECT_EQ(misfit_of({"usb:1:*", "x", {DeviceKind::gpu}}, dock), "its id is not like \"usb:1:*\"");
    EXPECT_EQ(misfit_of({"usb:*", "x", {DeviceKind::gpu}}, dock), "its name is not like \"x\"");
    EXPECT_EQ(misfit_of({"", "", {DeviceKind::sound, DeviceKind::gpu}}, dock), "it has no gpu");
    EXPECT_EQ(misfit_of({"", "", {DeviceKind::gpu}, "edid:LEN:*"}, dock), "no screen is like \"edid:LEN:*\"");
}

TEST(DockRules, WhatSaysMoreIsPreferred) {
    const Dock dock = the_dock();
    const std::vector<DockMatch> from_least_to_most{
        {"", "", {}},
        {"", "", {DeviceKind::sound}},
        {"", "", {DeviceKind::sound, DeviceKind::keyboard}},
        {"", "*Dock", {}},
        {"", "*ThinkPad*", {}},
        {"", "*ThinkPad*", {DeviceKind::sound}},
        {"", "", {}, "edid:*"},
        {"", "", {}, "edid:DEL:*"},
        {"", "*ThinkPad*", {}, "edid:DEL:*"},
        {"usb:*", "", {}},
        {"usb:17ef:*", "", {}},
        {"usb:17ef:*", "*Dock", {}},
        {"usb:17ef:30a9:7", "", {}},
    };
    for (std::size_t i = 1; i < from_least_to_most.size(); ++i) {
        EXPECT_LT(fit_of(from_least_to_most[i - 1], dock), fit_of(from_least_to_most[i], dock)) << i;
    }
}

TEST(DockRules, ATextThatIsTooLongToBeWeighedOutweighsNothingElse) {
    Dock dock = the_dock();
    dock.name = std::string(400, 'n');
    const auto by_name = fit_of({"", dock.name, {}}, dock);
    const auto by_id = fit_of({"u*", "", {}}, dock);
    ASSERT_TRUE(by_name && by_id);
    EXPECT_LT(*by_name, *by_id);
}

TEST(DockRules, TheBestIsFoundWhereverItStandsAndOfEqualsTheFirstByName) {
    const DockProfile any = profile("any", {});
    const DockProfile exact = profile("exact", {"usb:17ef:30a9:7", "", {}});
    const DockProfile other = profile("other", {"usb:1:2", "", {}});
    for (const auto& order : {std::vector{any, exact, other}, std::vector{other, exact, any}}) {
        const DockProfile* const best = profile_of(the_dock(), order);
        ASSERT_NE(best, nullptr);
        EXPECT_EQ(best->name, "exact");
    }
    EXPECT_EQ(profile_of(the_dock(), {profile("b", {}), profile("a", {})})->name, "a");
    EXPECT_EQ(profile_of(the_dock(), {other}), nullptr);
    EXPECT_EQ(profile_of(the_dock(), {}), nullptr);
}

} // namespace
} // namespace berth::policy
