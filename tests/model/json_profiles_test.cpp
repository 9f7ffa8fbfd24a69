#include "model/json.hpp"
#include "support/filled.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <set>

namespace berth::model {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

/// Through text, as a recording has it.
json through_text(const json& value) {
    return json::parse(value.dump());
}

std::vector<std::string> members_at_default(const json& filled, const json& plain) {
    std::vector<std::string> same;
    for (const auto& [name, value] : plain.items()) {
        if (filled.at(name) == value) {
            same.push_back(name);
        }
    }
    return same;
}

/// What reading `value` with `read` complains about; empty when it does not.
template <class Read>
std::string complaint_of(Read read, const json& value) {
    try {
        static_cast<void>(read(value));
    } catch (const json::exception& error) {
        return error.what();
    }
    return {};
}

TEST(AppProfileJson, AFullProfileComesBackFromText) {
    const AppProfile app = test::filled_app();
    EXPECT_EQ(app_profile_from(through_text(to_value(app))), app);
}

TEST(AppProfileJson, TheBuilderOfTheFullProfileLeavesNoFieldAtItsDefault) {
    const json filled = to_value(test::filled_app());
    const json plain = to_value(AppProfile{});
    EXPECT_EQ(members_at_default(filled, plain), std::vector<std::string>{});
    EXPECT_EQ(members_at_default(filled.at("limits"), plain.at("limits")), std::vector<std::string>{});
    EXPECT_EQ(plain.size(), 20U) << "a new field of AppProfile needs its place in JSON and in filled_app()";
    EXPECT_EQ(plain.at("limits").size(), 3U);
}

TEST(AppProfileJson, AGrantIsItsText) {
    for (const GrantKind kind : all_grant_kinds()) {
        AppProfile app;
        app.grants = {{kind, kind == GrantKind::usb ? "046d:c52b" : kind == GrantKind::session_bus ? "org.a.B" : ""}};
        EXPECT_EQ(to_value(app).at("grants"), json::array({text_of(app.grants.front())}));
        EXPECT_EQ(app_profile_from(to_value(app)), app);
    }
}

TEST(AppProfileJson, AGrantThatThereIsNotIsToldAsTheReaderOfGrantsTellsIt) {
    for (const char* text : {"screen", "gpu:card0", ""}) {
        EXPECT_THAT(complaint_of(app_profile_from, json{{"may_ask", {text}}}),
                    HasSubstr(parse_grant(text).error().message));
    }
}

TEST(AppProfileJson, AbsentMembersKeepTheirDefaultsAndUnknownOnesAreIgnored) {
    EXPECT_EQ(app_profile_from(json::object()), AppProfile{});
    json value = to_value(test::filled_app());
    value["invented_later"] = {1, 2, 3};
    EXPECT_EQ(app_profile_from(value), test::filled_app());
}

TEST(AppProfileJson, EveryLeafMindsAWrongType) {
    const json full = to_value(test::filled_app()).flatten();
    for (const auto& [pointer, leaf] : full.items()) {
        json broken = full;
        broken[pointer] = leaf.is_string() ? json(true) : json("not a number");
        EXPECT_NE(complaint_of(app_profile_from, broken.unflatten()), "") << pointer;
    }
}

TEST(DoorItemJson, AFullItemComesBackFromTextToTheLastByte) {
    const DoorItem item = test::filled_door_item();
    ASSERT_EQ(item.content.size(), 256U);
    EXPECT_EQ(door_item_from(through_text(to_value(item))), item);
}

TEST(DoorItemJson, TheBuilderOfTheFullItemLeavesNoFieldAtItsDefault) {
    const json plain = to_value(DoorItem{});
    EXPECT_EQ(members_at_default(to_value(test::filled_door_item()), plain), std::vector<std::string>{});
    EXPECT_EQ(plain.size(), 6U) << "a new field of DoorItem needs its place in JSON and in filled_door_item()";
}

TEST(DoorItemJson, EveryKindHasAWordOfItsOwn) {
    using enum DoorItem::Kind;
    std::set<std::string> words;
    for (const DoorItem::Kind kind : {socket, node, directory, file, text}) {
        DoorItem item;
        item.kind = kind;
        words.insert(to_value(item).at("kind").get<std::string>());
        EXPECT_EQ(door_item_from(to_value(item)), item);
    }
    EXPECT_EQ(words, (std::set<std::string>{"directory", "file", "node", "socket", "text"}));
}

TEST(DoorItemJson, PlainTextStaysAsItIs) {
    DoorItem item;
    item.content = "0123abcd\n";
    EXPECT_EQ(to_value(item).at("content"), "0123abcd\n");
}

TEST(DoorItemJson, ACharacterThatStandsForNoByteIsAnError) {
    for (const char* text : {"\u0100", "\u20ac", "a\U0001f600"}) {
        EXPECT_THAT(complaint_of(door_item_from, json{{"content", text}}), HasSubstr("stands for no byte")) << text;
    }
    for (const std::string text : {"\xc3", "\x80", "\xc0\x80", "\xff", "\xc3(", "\xc1\xbf"}) { // no UTF-8 at all
        EXPECT_THAT(complaint_of(door_item_from, json{{"content", text}}), HasSubstr("stands for no byte"));
    }
}

TEST(DoorItemJson, EveryLeafMindsAWrongType) {
    const json full = to_value(test::filled_door_item());
    for (const auto& [name, leaf] : full.items()) {
        json broken = full;
        broken[name] = leaf.is_string() ? json(true) : json("no boolean");
        EXPECT_NE(complaint_of(door_item_from, broken), "") << name;
    }
    EXPECT_THAT(complaint_of(door_item_from, json{{"kind", "portal"}}), HasSubstr("portal"));
    EXPECT_EQ(door_item_from(json::object()), DoorItem{});
}

} // namespace
} // namespace berth::model
