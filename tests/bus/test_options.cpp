#include "bus/options.hpp"

#include <gmock/gmock.h>

namespace berth::bus {

namespace {

using ::testing::HasSubstr;

const model::SeatName seat{std::string{"seat0"}};

sdbus::Variant text(const std::string& value) {
    return sdbus::Variant{value};
}

TEST(UpOptions, WithoutOptionsTheProfileDecides) {
    const auto request = up_request(seat, "gnome", {});
    ASSERT_TRUE(request);
    EXPECT_EQ(*request, (model::Request{model::UpRequest{seat, "gnome", std::nullopt, std::nullopt}}));
}

TEST(UpOptions, EveryModeHasItsWord) {
    const std::map<std::string, model::SeatMode> words{{"auto", model::SeatMode::automatic},
                                                       {"headless", model::SeatMode::headless},
                                                       {"vt", model::SeatMode::vt},
                                                       {"logind", model::SeatMode::logind}};
    for (const auto& [word, mode] : words) {
        const auto request = up_request(seat, "gnome", {{"mode", text(word)}});
        ASSERT_TRUE(request) << word;
        EXPECT_EQ(std::get<model::UpRequest>(*request).mode, mode);
    }
}

TEST(UpOptions, WhatIsWrongIsNamed) {
    struct Case {
        std::string desktop;
        Options options;
        std::string complaint;
    };

    const std::vector<Case> cases{
        {"", {}, "no desktop"},
        {"gnome", {{"Mode", text("vt")}}, "unknown option \"Mode\""},
        {"gnome", {{"mode", text("")}}, "unknown mode \"\""},
        {"gnome", {{"mode", text("VT")}}, "unknown mode \"VT\""},
        {"gnome", {{"mode", text("logind ")}}, "unknown mode \"logind \""},
        {"gnome", {{"mode", sdbus::Variant{true}}}, "\"mode\" must be a string"},
        {"gnome", {{"image", text("")}}, "\"image\" is empty"},
        {"gnome", {{"image", sdbus::Variant{std::uint32_t{1}}}}, "\"image\" must be a string"},
        {"gnome", {{"image", text("x")}, {"now", sdbus::Variant{true}}}, "unknown option \"now\""},
    };
    for (const Case& each : cases) {
        const auto request = up_request(seat, each.desktop, each.options);
        ASSERT_FALSE(request) << each.complaint;
        EXPECT_EQ(request.error().code, ErrorCode::invalid_argument);
        EXPECT_THAT(request.error().message, HasSubstr(each.complaint));
    }
}

TEST(DownOptions, NowIsABooleanAndFalseByDefault) {
    EXPECT_EQ(*down_request(seat, {}), (model::Request{model::DownRequest{seat, false}}));
    EXPECT_EQ(*down_request(seat, {{"now", sdbus::Variant{false}}}), (model::Request{model::DownRequest{seat, false}}));
    EXPECT_EQ(*down_request(seat, {{"now", sdbus::Variant{true}}}), (model::Request{model::DownRequest{seat, true}}));
    EXPECT_THAT(down_request(seat, {{"now", text("true")}}).error().message, HasSubstr("must be a boolean"));
    EXPECT_THAT(down_request(seat, {{"mode", text("vt")}}).error().message, HasSubstr("Down knows now"));
}

TEST(SnapshotTag, IsNotEmpty) {
    EXPECT_EQ(*snapshot_request(seat, "a:b"), (model::Request{model::SnapshotRequest{seat, "a:b"}}));
    EXPECT_EQ(snapshot_request(seat, "").error().code, ErrorCode::invalid_argument);
}

} // namespace

} // namespace berth::bus
