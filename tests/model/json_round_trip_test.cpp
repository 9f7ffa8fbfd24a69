#include "model/json.hpp"
#include "support/filled.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <set>

using namespace berth;
using namespace berth::model;

namespace {

/// Every leaf of a JSON value by its pointer, e.g. "/seats/0/1/step".
nlohmann::json leaves(const nlohmann::json& value) {
    return value.flatten();
}

/// The members that look the same in a filled value and in a default one: what the builder forgot to fill.
std::vector<std::string> same_as_default(const nlohmann::json& filled, const nlohmann::json& plain) {
    std::vector<std::string> same;
    for (const auto& [name, value] : plain.items()) {
        if (filled.at(name) == value) {
            same.push_back(name);
        }
    }
    return same;
}

} // namespace

TEST(ModelJson, AFullWorldComesBackAsItWas) {
    const World world = test::filled_world();
    EXPECT_EQ(world_from(to_value(world)), world);
}

TEST(ModelJson, AFullWorldComesBackFromText) {
    const World world = test::filled_world();
    EXPECT_EQ(world_from(nlohmann::json::parse(to_value(world).dump())), world);
}

TEST(ModelJson, TheBuilderOfTheFullSeatLeavesNoFieldAtItsDefault) {
    World filled;
    filled.seats.emplace(SeatName{"seat-9"}, test::filled_seat());
    World plain;
    plain.seats.emplace(SeatName{"seat-9"}, Seat{});
    const nlohmann::json a = to_value(filled).at("seats").at(0).at(1);
    const nlohmann::json b = to_value(plain).at("seats").at(0).at(1);
    EXPECT_EQ(same_as_default(a, b), std::vector<std::string>{});
    EXPECT_EQ(b.size(), 38U) << "a new field of Seat needs its place in JSON and in filled_seat()";
}

TEST(ModelJson, TheBuilderOfTheFullClientLeavesNoFieldAtItsDefault) {
    const nlohmann::json plain = to_value(Client{});
    EXPECT_EQ(same_as_default(to_value(test::filled_client()), plain), std::vector<std::string>{});
    EXPECT_EQ(plain.size(), 31U) << "a new field of Client needs its place in JSON and in filled_client()";
    EXPECT_EQ(client_from(to_value(test::filled_client())), test::filled_client());
}

TEST(ModelJson, TheBuilderOfTheFullWorldLeavesNoFieldAtItsDefault) {
    EXPECT_EQ(same_as_default(to_value(test::filled_world()), to_value(World{})), std::vector<std::string>{});
    EXPECT_EQ(to_value(World{}).size(), 15U) << "a new field of World needs its place in JSON and in filled_world()";
}

TEST(ModelJson, TheFullProfileLeavesNoFieldAtItsDefault) {
    const Event filled{0, ProfileRead{CallToken{1}, test::filled_profile(), {}}};
    const Event plain{0, ProfileRead{CallToken{1}, DesktopProfile{}, {}}};
    const nlohmann::json a = to_value(filled).at("what").at("ProfileRead").at("profile");
    const nlohmann::json b = to_value(plain).at("what").at("ProfileRead").at("profile");
    EXPECT_EQ(same_as_default(a, b), std::vector<std::string>{});
    EXPECT_EQ(leaves(a.at("timeouts")).size(), 4U);
}

TEST(ModelJson, EveryKindOfEventComesBackAsItWas) {
    std::set<std::size_t> kinds;
    for (const Event& event : test::every_event()) {
        kinds.insert(event.what.index());
        EXPECT_EQ(event_from(to_value(event)), event) << describe(event);
    }
    EXPECT_EQ(kinds.size(), std::variant_size_v<Happening>);
}

TEST(ModelJson, EveryKindOfRequestAndFactComesBackAsItWas) {
    std::set<std::size_t> requests;
    for (const Request& request : test::every_request()) {
        requests.insert(request.index());
        const Event event{5, Called{CallToken{1}, Caller{":1.2", 3}, request}};
        EXPECT_EQ(event_from(to_value(event)), event) << describe(event);
    }
    std::set<std::size_t> facts;
    for (const StepFacts& fact : test::every_fact()) {
        facts.insert(fact.index());
        const Event event{6, StepFinished{SeatName{"seat0"}, StepSerial{1}, Step::create, fact, {}}};
        EXPECT_EQ(event_from(to_value(event)), event) << describe(event);
    }
    EXPECT_EQ(requests.size(), std::variant_size_v<Request>);
    EXPECT_EQ(facts.size(), std::variant_size_v<StepFacts>);
}

TEST(ModelJson, EveryKindOfEffectComesBackAsItWas) {
    std::set<std::size_t> kinds;
    for (const Effect& effect : test::every_effect()) {
        kinds.insert(effect.index());
        EXPECT_EQ(effect_from(to_value(effect)), effect) << describe(effect);
    }
    EXPECT_EQ(kinds.size(), std::variant_size_v<Effect>);
}

TEST(ModelJson, EveryKindHasATagOfItsOwn) {
    std::set<std::string> tags;
    for (const Event& event : test::every_event()) {
        tags.insert(to_value(event).at("what").begin().key());
    }
    EXPECT_EQ(tags.size(), std::variant_size_v<Happening>);
    tags.clear();
    for (const Effect& effect : test::every_effect()) {
        tags.insert(to_value(effect).begin().key());
    }
    EXPECT_EQ(tags.size(), std::variant_size_v<Effect>);
}

TEST(ModelJson, AbsentMembersKeepTheirDefaults) {
    EXPECT_EQ(world_from(nlohmann::json::object()), World{});
    const Event bare = event_from(nlohmann::json::parse(R"({"what":{"InitExited":{"seat":"seat0"}}})"));
    EXPECT_EQ(bare, (Event{0, InitExited{SeatName{"seat0"}, 0}}));
}

TEST(ModelJson, UnknownMembersAreIgnored) {
    nlohmann::json value = to_value(test::filled_world());
    value["invented_later"] = {1, 2, 3};
    EXPECT_EQ(world_from(value), test::filled_world());
}

TEST(ModelJson, ADescriptionIsOneLineThatNamesTheKind) {
    for (const Event& event : test::every_event()) {
        const std::string line = describe(event);
        EXPECT_EQ(line.find('\n'), std::string::npos);
        EXPECT_NE(line.find(to_value(event).at("what").begin().key()), std::string::npos);
    }
}
