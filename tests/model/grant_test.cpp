#include "model/grant.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

using namespace berth;
using namespace berth::model;
using ::testing::AllOf;
using ::testing::HasSubstr;

namespace {

ErrorCode code_of(std::string_view text) {
    const auto grant = parse_grant(text);
    return grant ? ErrorCode::failed : grant.error().code;
}

std::string complaint_about(std::string_view text) {
    const auto grant = parse_grant(text);
    return grant ? std::string{} : grant.error().message;
}

} // namespace

TEST(Grants, EveryKindsNameIsReadBackAsThatKind) {
    for (const GrantKind kind : all_grant_kinds()) {
        const std::string argument = kind == GrantKind::usb           ? "046d:c52b"
                                     : kind == GrantKind::session_bus ? "org.a.B,org.c.*"
                                                                      : "";
        const Grant grant{kind, argument};
        const auto read = parse_grant(text_of(grant));
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(grant, *read);
    }
}

TEST(Grants, ThereAreFifteenKindsAndNoTwoHaveOneName) {
    std::vector<std::string_view> names;
    for (const GrantKind kind : all_grant_kinds()) {
        names.push_back(name_of(kind));
    }
    std::sort(names.begin(), names.end());
    EXPECT_EQ(15U, names.size());
    EXPECT_EQ(names.end(), std::unique(names.begin(), names.end()));
}

TEST(Grants, AnUnknownKindIsNamedWithTheKindsThereAre) {
    EXPECT_EQ(ErrorCode::unknown_grant, code_of("screen"));
    EXPECT_THAT(complaint_about("screen"),
                AllOf(HasSubstr("'screen'"), HasSubstr("display"), HasSubstr("session-bus")));
    EXPECT_EQ(ErrorCode::unknown_grant, code_of(""));
    EXPECT_EQ(ErrorCode::unknown_grant, code_of("GPU"));
}

TEST(Grants, AnArgumentThatAKindDoesNotHaveIsRefused) {
    EXPECT_EQ(ErrorCode::invalid_argument, code_of("gpu:card0"));
    EXPECT_EQ(ErrorCode::invalid_argument, code_of("gpu:"));
    EXPECT_THAT(complaint_about("gpu:card0"), HasSubstr("the kind alone"));
}

TEST(Grants, AUsbDeviceIsNamedByTwoIdsOfFourHexadecimalDigits) {
    for (const char* text : {"usb", "usb:", "usb:046d", "usb:046d:c52", "usb:046D:C52B", "usb:046d:c52b:1",
                             "usb:046d/c52b", "usb:../d:c52b"}) {
        EXPECT_EQ(ErrorCode::invalid_argument, code_of(text)) << text;
    }
    EXPECT_THAT(complaint_about("usb:046D:C52B"), HasSubstr("usb:046d:c52b"));
}

TEST(Grants, NamesOnTheSessionBusAreWellKnownOnes) {
    for (const char* text : {"session-bus", "session-bus:", "session-bus::1.5", "session-bus:org",
                             "session-bus:org.a..b", "session-bus:.org.a", "session-bus:org.a.", "session-bus:org.a.B,",
                             "session-bus:,org.a.B", "session-bus:*", "session-bus:org.*.a", "session-bus:org.a B"}) {
        EXPECT_EQ(ErrorCode::invalid_argument, code_of(text)) << text;
    }
    EXPECT_EQ(ErrorCode::invalid_argument, code_of("session-bus:org." + std::string(255, 'a')));
    EXPECT_EQ("org.gnome.Shell.*,org.a-b.C_d", parse_grant("session-bus:org.gnome.Shell.*,org.a-b.C_d")->argument);
}

TEST(Grants, SoundIsAllOfItOrOneServersOrTheCardsOwn) {
    for (const char* text :
         {"sound", "sound:pipewire", "sound:pulse", "sound:alsa", "sound:tcp", "display", "display:tcp"}) {
        EXPECT_TRUE(parse_grant(text)) << text;
    }
    EXPECT_FALSE(parse_grant("sound:oss"));
    EXPECT_FALSE(parse_grant("display:udp"));
}

TEST(Grants, WhatTakingOneBackMeansIsToldByTheGrant) {
    for (const GrantKind kind : all_grant_kinds()) {
        const bool is_fixed = kind == GrantKind::host || kind == GrantKind::ipc;
        const char* const expected = kind == GrantKind::session_bus ? "hard"
                                     : is_fixed                     ? "at-its-end"
                                                                    : "new-opens-only";
        EXPECT_EQ(name_of(revocation_of(Grant{kind, {}})), expected) << name_of(kind);
    }
    EXPECT_EQ(revocation_of(*parse_grant("display:tcp")), Revocation::hard);
    EXPECT_EQ(revocation_of(*parse_grant("sound:tcp")), Revocation::hard);
}

TEST(Grants, AVeryLongGrantMakesNoVeryLongSentence) {
    EXPECT_LT(complaint_about("gpu:" + std::string(100'000, 'x')).size(), 500U);
    EXPECT_LT(complaint_about(std::string(100'000, 'x')).size(), 500U);
}
