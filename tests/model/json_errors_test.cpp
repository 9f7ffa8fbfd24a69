#include "model/json.hpp"
#include "support/filled.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace berth;
using namespace berth::model;
using nlohmann::json;
using ::testing::HasSubstr;

namespace {

/// What reading `text` as an event complains about; empty when it does not.
std::string complaint_about_event(const char* text) {
    try {
        static_cast<void>(event_from(json::parse(text)));
    } catch (const json::exception& error) {
        return error.what();
    }
    return {};
}

std::string complaint_about_effect(const char* text) {
    try {
        static_cast<void>(effect_from(json::parse(text)));
    } catch (const json::exception& error) {
        return error.what();
    }
    return {};
}

} // namespace

TEST(ModelJsonErrors, AnUnknownKindOfEventIsNamed) {
    EXPECT_THAT(complaint_about_event(R"({"at":1,"what":{"Exploded":{}}})"), HasSubstr("Exploded"));
}

TEST(ModelJsonErrors, AnUnknownKindOfEffectIsNamed) {
    EXPECT_THAT(complaint_about_effect(R"({"MakeCoffee":{}})"), HasSubstr("MakeCoffee"));
}

TEST(ModelJsonErrors, TwoKindsAtOnceAreNoEvent) {
    EXPECT_THAT(complaint_about_event(R"({"what":{"InitExited":{},"SessionReady":{}}})"), HasSubstr("unknown kind"));
}

TEST(ModelJsonErrors, AnArrayIsNoEvent) {
    EXPECT_THAT(complaint_about_event(R"({"what":[1,2]})"), HasSubstr("unknown kind"));
}

TEST(ModelJsonErrors, ANumberWhereASeatsNameBelongsIsNamed) {
    EXPECT_THAT(complaint_about_event(R"({"what":{"InitExited":{"seat":7,"pid":1}}})"), HasSubstr("must be string"));
}

TEST(ModelJsonErrors, AWordWhereANumberBelongsIsNamed) {
    EXPECT_THAT(complaint_about_event(R"({"what":{"InitExited":{"seat":"seat0","pid":"one"}}})"),
                HasSubstr("must be number"));
}

TEST(ModelJsonErrors, AnUnknownStepIsNamed) {
    EXPECT_THAT(complaint_about_effect(R"({"RunStep":{"seat":"seat0","serial":1,"step":"teleport"}})"),
                HasSubstr("teleport"));
}

TEST(ModelJsonErrors, AnUnknownErrorNameIsNamed) {
    const char* const text =
        R"({"what":{"StepFinished":{"seat":"seat0","error":{"step":"start","code":"Sadness","message":""}}}})";
    EXPECT_THAT(complaint_about_event(text), HasSubstr("Sadness"));
}

TEST(ModelJsonErrors, ASeatThatIsNoObjectIsAnError) {
    EXPECT_THROW(static_cast<void>(world_from(json::parse(R"({"seats":[["seat0",3]]})"))), json::exception);
}

TEST(ModelJsonErrors, AWorldThatIsNoObjectIsAnError) {
    EXPECT_THROW(static_cast<void>(world_from(json::parse("[1]"))), json::exception);
}

TEST(ModelJsonErrors, EveryLeafOfAFullWorldMindsAWrongType) {
    const json full = to_value(test::filled_world()).flatten();
    for (const auto& [pointer, leaf] : full.items()) {
        EXPECT_FALSE(leaf.is_null()) << pointer << " is not filled";
        json broken = full;
        broken[pointer] = leaf.is_string() ? json(true) : json("not a number");
        EXPECT_THROW(static_cast<void>(world_from(broken.unflatten())), json::exception) << pointer;
    }
}
