#include "store/parse_profile.hpp"
#include "store/profile_reader.hpp"
#include "store/schema_texts.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace berth::store {
namespace {

namespace fs = std::filesystem;
using model::DeviceKind;
using model::DockAction;
using nlohmann::json;
using test::write_file;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

Result<model::DockProfile> parse_dock(const std::string& text) {
    return parse_dock_profile(text, "desk.json", "desk");
}

/// One malformed profile and what is said of it.
struct BadDock {
    std::string name;
    std::string text;
    std::string message;
};

class BadDockProfileTest : public ::testing::TestWithParam<BadDock> {};

TEST_P(BadDockProfileTest, IsReportedWithFileLineKeyAndWhatWasExpected) {
    const auto profile = parse_dock(GetParam().text);
    ASSERT_FALSE(profile.has_value());
    EXPECT_EQ(profile.error().code, ErrorCode::bad_profile);
    EXPECT_EQ(profile.error().message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Docks, BadDockProfileTest,
    ::testing::Values(
        BadDock{"Empty", "", "desk.json:1: is empty; expected a dock profile"},
        BadDock{"NoMatch", "\n{\n \"grace_s\": 3\n}",
                "desk.json:2: the key \"match\" is missing; expected an object with \"id\", \"display\", "
                "\"name\" or \"has\""},
        BadDock{"UnknownKey", "{\"match\": {},\n\"ondock\": \"reseat\"}",
                "desk.json:2: ondock: unknown key; did you mean \"on-dock\"?"},
        BadDock{"UnknownAction", "{\"match\": {},\n\"on-dock\": \"asked\"}",
                "desk.json:2: on-dock: is \"asked\"; expected \"forward\", \"reseat\", \"ignore\" or \"ask\""},
        BadDock{"NoQuestion", "{\"match\": {},\n\"on-undock\": \"ask\"}",
                "desk.json:2: on-undock: is \"ask\", and there is no \"question\"; expected a command that asks"},
        BadDock{"TooLong", "{\"match\": {},\n\"grace_s\": 601}",
                "desk.json:2: grace_s: is 601; expected a whole number of seconds from 0 to 600"}),
    [](const auto& test) { return test.param.name; });

TEST(DockProfile, WhatIsNotSaidIsForwardAndFiveSeconds) {
    const auto profile = parse_dock(R"({"match": {}})");
    ASSERT_TRUE(profile.has_value()) << profile.error().message;
    model::DockProfile plain;
    plain.name = "desk";
    EXPECT_EQ(*profile, plain);
}

TEST(DockProfile, AllOfItIsRead) {
    const auto profile = parse_dock(R"({"description": "The desk", "match": {"id": "usb:1:*", "name": "*D*",
        "has": ["gpu", "keyboard"], "display": "edid:DEL:*"}, "on-dock": "reseat", "on-undock": "ask", "question": ["zenity", "--question"], "answer_s": 9, "grace_s": 0,
        "docked-command": ["sound", "on"], "undocked-command": ["off"]})");
    ASSERT_TRUE(profile.has_value()) << profile.error().message;
    EXPECT_EQ(profile->description, "The desk");
    EXPECT_EQ(profile->match.id, "usb:1:*");
    EXPECT_EQ(profile->match.name, "*D*");
    EXPECT_THAT(profile->match.has, ElementsAre(DeviceKind::gpu, DeviceKind::keyboard));
    EXPECT_EQ(profile->on_dock, DockAction::reseat);
    EXPECT_EQ(profile->match.display, "edid:DEL:*");
    EXPECT_EQ(profile->on_undock, DockAction::ask);
    EXPECT_THAT(profile->question, ElementsAre("zenity", "--question"));
    EXPECT_EQ(profile->answer_s, 9U);
    EXPECT_EQ(profile->grace_s, 0U);
    EXPECT_THAT(profile->docked_command, ElementsAre("sound", "on"));
    EXPECT_THAT(profile->undocked_command, ElementsAre("off"));
}

TEST(DockProfile, EveryKindOfTheSchemaIsOneOfTheModels) {
    const json schema = json::parse(dock_schema_text);
    const json& kinds = schema.at("/properties/match/properties/has/items/enum"_json_pointer);
    EXPECT_THAT(kinds, SizeIs(10));
    for (const std::string kind : kinds) {
        const auto profile = parse_dock(R"({"match": {"has": [")" + kind + "\"]}}");
        ASSERT_TRUE(profile.has_value()) << profile.error().message;
        EXPECT_EQ(model::name_of(profile->match.has.at(0)), kind);
    }
}

TEST(DockProfile, EveryActionOfTheSchemaIsOneOfTheModels) {
    const json schema = json::parse(dock_schema_text);
    for (const char* key : {"on-dock", "on-undock"}) {
        const json& actions = schema.at("properties").at(key).at("enum");
        EXPECT_THAT(actions, SizeIs(4));
        for (const std::string action : actions) {
            const auto profile =
                parse_dock(R"({"match": {}, "question": ["true"], ")" + std::string{key} + R"(": ")" + action + "\"}");
            ASSERT_TRUE(profile.has_value()) << profile.error().message;
            const DockAction read = std::string{key} == "on-dock" ? profile->on_dock : profile->on_undock;
            EXPECT_EQ(model::name_of(read), action);
            EXPECT_EQ(model::dock_action_from(action), read);
        }
    }
    EXPECT_FALSE(model::dock_action_from("asked"));
}

TEST(DockReader, AllAreReadALaterFolderWinsAndAMistakeHidesNoOther) {
    const test::ScratchFolder scratch;
    for (const char* folder : {"/vendor/docks", "/admin/docks"}) {
        fs::create_directories(scratch.path() + folder);
    }
    write_file(scratch.path() + "/vendor/docks/desk.json", R"({"match": {}, "grace_s": 1})");
    write_file(scratch.path() + "/admin/docks/desk.json", R"({"match": {}, "grace_s": 2})");
    write_file(scratch.path() + "/admin/docks/broken.json", "{");
    write_file(scratch.path() + "/admin/docks/README.md", "no profile");
    ProfileReader reader{{scratch.path() + "/vendor", scratch.path() + "/admin", scratch.path() + "/none"}};
    const auto docks = reader.read_docks();
    ASSERT_EQ(docks.size(), 2U);
    EXPECT_THAT(docks[0].error().message, HasSubstr("broken.json:1"));
    ASSERT_TRUE(docks[1].has_value());
    EXPECT_EQ(docks[1]->name, "desk");
    EXPECT_EQ(docks[1]->grace_s, 2U);
    EXPECT_TRUE(ProfileReader{{scratch.path() + "/none"}}.read_docks().empty());
}

} // namespace
} // namespace berth::store
