#include "model/app_profile.hpp"
#include "store/parse_profile.hpp"
#include "store/schema_texts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace berth::store {
namespace {

using model::Grant;
using model::GrantKind;
using nlohmann::json;
using ::testing::HasSubstr;

Result<model::AppProfile> parse_app(const std::string& text) {
    return parse_app_profile(text, "browser.json", "browser");
}

/// What is said of a profile with one more member, of which `text` is the JSON.
std::string complaint_about_app(const std::string& text) {
    const auto profile = parse_app("{\"image\": \"x\",\n" + text + "}");
    return profile ? "" : profile.error().message;
}

/// One malformed profile and the exact sentence that it deserves.
struct BadApp {
    std::string name;
    std::string text;
    std::string message;
};

class BadAppProfileTest : public ::testing::TestWithParam<BadApp> {};

TEST_P(BadAppProfileTest, IsReportedWithFileLineKeyAndWhatWasExpected) {
    const auto profile = parse_app(GetParam().text);
    ASSERT_FALSE(profile.has_value());
    EXPECT_EQ(profile.error().code, ErrorCode::bad_profile);
    EXPECT_EQ(profile.error().message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Form, BadAppProfileTest,
    ::testing::Values(
        BadApp{"Empty", "", "browser.json:1: is empty; expected an app profile"},
        BadApp{"NoObject", "\n\n[1]", "browser.json:3: is a list; expected an app profile"},
        BadApp{"NoImage", "\n{\n \"keep\": true\n}",
               "browser.json:2: the key \"image\" is missing; expected an image name such as "
               "\"localhost/berth/browser:latest\""},
        BadApp{"ImageLooksLikeAnOption", "{\"image\": \"--rm\"}",
               "browser.json:1: image: is \"--rm\"; expected an image name such as \"localhost/berth/browser:latest\""},
        BadApp{
            "AKeyOfDesktops", "{\"image\": \"x\",\n\"probe\": [\"true\"]}",
            "browser.json:2: probe: unknown key; expected one of \"$schema\", \"capabilities\", \"cdi\", \"command\", "
            "\"description\", \"environment\", \"grants\", \"image\", \"keep\", \"limits\", \"links\", \"may-ask\", "
            "\"menu\", "
            "\"network\", \"seat\", \"stop_s\", \"user\", \"volumes\" and \"workdir\""},
        BadApp{"KeyTwice", "{\"image\": \"x\",\n\"keep\": true,\n\"keep\": false}",
               "browser.json:3: keep: this key stands here twice, the first time on line 2"},
        BadApp{"NoDeviceOfASpec", "{\"image\": \"x\",\n\"cdi\": [\"nvidia.com/gpu\"]}",
               "browser.json:2: cdi[0]: is \"nvidia.com/gpu\"; expected a device of a CDI spec, such as "
               "\"nvidia.com/gpu=all\""},
        BadApp{"UnknownLimit", "{\"image\": \"x\",\n\"limits\": {\"pid\": 1}}",
               "browser.json:2: limits.pid: unknown key; did you mean \"pids\"?"},
        BadApp{"CommandAText", "{\"image\": \"x\",\n\"command\": \"firefox --kiosk\"}",
               "browser.json:2: command: is \"firefox --kiosk\"; expected a command as a list of texts, the first not "
               "empty"},
        BadApp{"CommandWithoutAProgram", "{\"image\": \"x\",\n\"command\":\n[\"\",\n\"a\"]}",
               "browser.json:3: command[0]: is \"\"; expected a program's name or path"},
        BadApp{"CommandWithANumber", "{\"image\": \"x\",\n\"command\": [\"sleep\",\n5]}",
               "browser.json:3: command[1]: is 5; expected a text"}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Values, BadAppProfileTest,
    ::testing::Values(
        BadApp{"SeatWithASlash", "{\"image\": \"x\",\n\"seat\": \"a/b\"}",
               "browser.json:2: seat: is \"a/b\"; expected a seat's name, such as \"seat0\""},
        BadApp{"UserWithABlank", "{\"image\": \"x\",\n\"user\": \"ann b\"}",
               "browser.json:2: user: is \"ann b\"; expected \"UID\", \"UID:GID\" or a user name of the image"},
        BadApp{"UserANumber", "{\"image\": \"x\",\n\"user\": 1000}",
               "browser.json:2: user: is 1000; expected \"UID\", \"UID:GID\" or a user name of the image"},
        BadApp{"RelativeFolder", "{\"image\": \"x\",\n\"workdir\": \"home\"}",
               "browser.json:2: workdir: is \"home\"; expected an absolute path in the container"},
        BadApp{"VariableOfBerths", "{\"image\": \"x\", \"environment\": {\n\"BERTH_CLIENT\": \"0\"}}",
               "browser.json:2: environment.BERTH_CLIENT: names that begin with BERTH_ are berth's own; expected "
               "another name"},
        BadApp{"VariableWithADigitFirst", "{\"image\": \"x\", \"environment\": {\"A\": \"\",\n\"1A\": \"0\"}}",
               "browser.json:2: environment.1A: not a variable's name; expected letters, digits and _, not a digit "
               "first"},
        BadApp{"VolumeOverTheDoor",
               "{\"image\": \"x\", \"volumes\": [{\"source\": \"/srv\",\n\"target\": \"/run/berth/x\"}]}",
               "browser.json:2: volumes[0].target: is \"/run/berth/x\"; expected an absolute path in the container, "
               "not / itself and not in /run/berth"},
        BadApp{"VolumeWithoutSource", "{\"image\": \"x\", \"volumes\": [\n{\"target\": \"/srv\"}]}",
               "browser.json:2: volumes[0]: the key \"source\" is missing; expected an absolute host path"},
        BadApp{"RelativeLink", "{\"image\": \"x\", \"links\": {\n\"tmp/pulse\": \"/run/berth/pulse\"}}",
               "browser.json:2: links.tmp/pulse: not a path for a link; expected an absolute path in the container "
               "without \"..\", not / itself, or one below ~/"},
        BadApp{"LinkInTheDoor", "{\"image\": \"x\", \"links\": {\n\"/run/berth\": \"/tmp\"}}",
               "browser.json:2: links./run/berth: the door is berth's own; expected a path outside /run/berth"},
        BadApp{"LinkToNothing", "{\"image\": \"x\", \"links\": {\"/a\": \"/b\",\n\"/c\": \"\"}}",
               "browser.json:2: links./c: is \"\"; expected a link's target, a path"},
        BadApp{"AutomaticNetwork", "{\"image\": \"x\",\n\"network\": \"auto\"}",
               "browser.json:2: network: is \"auto\"; expected \"none\", \"host\", \"bridge\" or the name of a "
               "network"},
        BadApp{"MistypedCapability", "{\"image\": \"x\",\n\"capabilities\": [\"CAP_NET_RAW\",\n\"CAP_NETADMIN\"]}",
               "browser.json:3: capabilities[1]: is \"CAP_NETADMIN\"; expected a capability's name as in "
               "capabilities(7), such as \"CAP_NET_ADMIN\""},
        BadApp{"MenuOfTwoLines", "{\"image\": \"x\",\n\"menu\": {\"title\": \"a\\nb\"}}",
               "browser.json:2: menu.title: is \"a\\nb\"; expected a text of one line"},
        BadApp{"TypeThatIsNone", "{\"image\": \"x\",\n\"menu\": {\"types\": [\"html\"]}}",
               "browser.json:2: menu.types[0]: is \"html\"; expected a MIME type, such as \"text/html\""},
        BadApp{"NegativeMemory", "{\"image\": \"x\",\n\"limits\": {\"memory_mib\": -1}}",
               "browser.json:2: limits.memory_mib: is -1; expected an integer from 0 to 16777216"},
        BadApp{"KeepAsAText", "{\"image\": \"x\",\n\"keep\": \"yes\"}",
               "browser.json:2: keep: is \"yes\"; expected true or false"},
        BadApp{"PatienceWithoutEnd", "{\"image\": \"x\",\n\"stop_s\": 601}",
               "browser.json:2: stop_s: is 601; expected an integer from 0 to 600"}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Grants, BadAppProfileTest,
    ::testing::Values(
        BadApp{"GrantsAText", "{\"image\": \"x\",\n\"grants\": \"display\"}",
               "browser.json:2: grants: is \"display\"; expected a list of grants, such as [\"display\", \"sound\"]"},
        BadApp{"GrantInCapitals", "{\"image\": \"x\",\n\"grants\": [\"display\",\n\"GPU\"]}",
               "browser.json:3: grants[1]: is \"GPU\"; expected a grant, such as \"display\", \"gpu?\" or "
               "\"usb:046d:c52b\""},
        BadApp{"TwoInOneText", "{\"image\": \"x\",\n\"may-ask\": [\"display gpu\"]}",
               "browser.json:2: may-ask[0]: is \"display gpu\"; expected a grant, such as \"display\" or "
               "\"usb:046d:c52b\""},
        BadApp{"HalfAUsbDevice", "{\"image\": \"x\",\n\"may-ask\": [\n\"usb:046d\"]}",
               "browser.json:3: may-ask[0]: grant 'usb:046d': expected usb:VENDOR:PRODUCT, four hexadecimal digits "
               "each, as in usb:046d:c52b"},
        BadApp{"TheSameTwice", "{\"image\": \"x\",\n\"grants\": [\"gpu\",\n\"sound\",\n\"gpu\"]}",
               "browser.json:4: grants[2]: the grant \"gpu\" stands here twice, the first time on line 2"},
        BadApp{"GivenAndToBeAskedFor", "{\"image\": \"x\",\n\"may-ask\": [\"gpu\"],\n\"grants\": [\"gpu\"]}",
               "browser.json:2: may-ask[0]: the grant \"gpu\" stands here twice, the first time on line 3"}),
    [](const auto& row) { return row.param.name; });

TEST(AppProfileTest, AGrantThatThereIsNotIsToldAsTheReaderOfGrantsTellsIt) {
    const auto wrong = model::parse_grant("screen");
    ASSERT_FALSE(wrong.has_value());
    EXPECT_EQ(complaint_about_app("\"grants\": [\"gpu\",\n\"screen\"]"),
              "browser.json:3: grants[1]: " + wrong.error().message);
}

TEST(AppProfileTest, EveryKindOfGrantIsReadFromEitherList) {
    for (const GrantKind kind : model::all_grant_kinds()) {
        const Grant grant{kind, kind == GrantKind::usb           ? "046d:c52b"
                                : kind == GrantKind::session_bus ? "org.a.B,org.c.*"
                                                                 : ""};
        const std::string list = "[\"" + model::text_of(grant) + "\"]";
        const auto given = parse_app(R"({"image": "x", "grants": )" + list + "}");
        ASSERT_TRUE(given.has_value()) << given.error().message;
        EXPECT_EQ(given->grants, std::vector{grant});
        EXPECT_TRUE(given->may_ask.empty());
        const auto asked = parse_app(R"({"image": "x", "may-ask": )" + list + "}");
        ASSERT_TRUE(asked.has_value()) << asked.error().message;
        EXPECT_EQ(asked->may_ask, std::vector{grant});
        EXPECT_TRUE(asked->grants.empty());
    }
}

TEST(AppProfileTest, OneKindMayStandOftenWithDifferentArguments) {
    const auto profile = parse_app(R"({"image": "x", "grants": ["usb:046d:c52b", "usb:1050:0407"]})");
    ASSERT_TRUE(profile.has_value()) << profile.error().message;
    EXPECT_EQ(profile->grants, (std::vector<Grant>{{GrantKind::usb, "046d:c52b"}, {GrantKind::usb, "1050:0407"}}));
}

TEST(AppProfileTest, AnImageIsEnoughAndTheRestHasDefaults) {
    const auto profile = parse_app(R"({"image": "localhost/berth/browser:latest"})");
    ASSERT_TRUE(profile.has_value()) << profile.error().message;
    model::AppProfile expected;
    expected.name = "browser";
    expected.image = "localhost/berth/browser:latest";
    EXPECT_EQ(*profile, expected);
}

/// Collects the defaults that a schema states for `part`'s members into a document.
json stated_defaults(const json& part) {
    json document = json::object();
    for (const auto& [key, member] : part.at("properties").items()) {
        if (member.contains("default")) {
            document[key] = member.at("default");
        } else if (member.contains("properties")) {
            document[key] = stated_defaults(member);
        }
    }
    return document;
}

TEST(AppProfileTest, TheDefaultsThatTheSchemaStatesAreThoseThatHold) {
    json document = stated_defaults(json::parse(app_schema_text));
    EXPECT_EQ(document.size(), 13U) << document;
    document["image"] = "x";
    const auto stated = parse_app(document.dump());
    ASSERT_TRUE(stated.has_value()) << stated.error().message;
    EXPECT_EQ(*stated, *parse_app(R"({"image": "x"})"));
}

/// The keys of `part`, and of what is below it, that lack a title or a description.
void find_unexplained(const json& part, const std::string& where, std::vector<std::string>& unexplained) {
    const json members = part.value("properties", json::object());
    for (const auto& [key, member] : members.items()) {
        if (!member.contains("title") || !member.contains("description")) {
            unexplained.push_back(where + key);
        }
        find_unexplained(member, where + key + ".", unexplained);
        find_unexplained(member.value("items", json::object()), where + key + "[].", unexplained);
    }
}

TEST(SchemaTest, EveryKeyHasATitleForMessagesAndADescriptionForPeople) {
    for (const std::string_view text : {app_schema_text, desktop_schema_text}) {
        std::vector<std::string> unexplained;
        find_unexplained(json::parse(text), "", unexplained);
        EXPECT_EQ(unexplained, std::vector<std::string>{});
    }
}

TEST(AppProfileTest, EveryKeyIsRead) {
    const auto profile = parse_app(R"({
        "$schema": "app.schema.json", "description": "All of it", "image": "quay.example/a/b@sha256:00",
        "command": ["firefox", ""], "grants": ["display", "usb:046d:c52b?"], "may-ask": ["camera"], "seat": "seat-1",
        "user": "1001:1002", "workdir": "/home/ann", "environment": {"LANG": "C.UTF-8"},
        "volumes": [{"source": "/srv", "target": "/mnt", "readonly": true}],
        "links": {"/tmp/pulse": "../run/pulse"}, "network": "office", "capabilities": ["CAP_NET_ADMIN"],
        "cdi": ["nvidia.com/gpu=all"],
        "limits": {"memory_mib": 1, "pids": 2, "cpu_percent": 3}, "keep": true, "stop_s": 4,
        "menu": {"title": "Firefox", "icon": "web-browser", "categories": ["Network"], "types": ["text/html"]}})");
    ASSERT_TRUE(profile.has_value()) << profile.error().message;
    const model::AppProfile expected{"browser",
                                     "All of it",
                                     "quay.example/a/b@sha256:00",
                                     {"firefox", ""},
                                     {{GrantKind::display, ""}, {GrantKind::usb, "046d:c52b"}},
                                     {{GrantKind::usb, "046d:c52b"}},
                                     {{GrantKind::camera, ""}},
                                     "seat-1",
                                     "1001:1002",
                                     "/home/ann",
                                     {{"LANG", "C.UTF-8"}},
                                     {{"/srv", "/mnt", true}},
                                     {{"/tmp/pulse", "../run/pulse"}},
                                     "office",
                                     {"CAP_NET_ADMIN"},
                                     {"nvidia.com/gpu=all"},
                                     {1, 2, 3},
                                     {"Firefox", "web-browser", {"Network"}, {"text/html"}},
                                     true,
                                     4};
    EXPECT_EQ(*profile, expected);
}

TEST(AppProfileTest, WhatItCanDoWithoutIsAmongItsGrantsAndNeverAmongWhatItMayAskFor) {
    const auto profile = parse_app(R"({"image": "x", "grants": ["gpu?", "display", "session-bus:org.a.B?"]})");
    ASSERT_TRUE(profile) << profile.error().message;
    const std::vector<Grant> grants{
        {GrantKind::gpu, ""}, {GrantKind::display, ""}, {GrantKind::session_bus, "org.a.B"}};
    EXPECT_EQ(profile->grants, grants);
    EXPECT_EQ(profile->optional, (std::vector<Grant>{grants[0], grants[2]}));
    EXPECT_THAT(complaint_about_app(R"("may-ask": ["gpu?"])"),
                HasSubstr("2: may-ask[0]: is \"gpu?\"; expected a grant"));
    EXPECT_THAT(complaint_about_app(R"("grants": ["gpu??"])"),
                HasSubstr("2: grants[0]: is \"gpu??\"; expected a grant"));
    EXPECT_THAT(complaint_about_app(R"("grants": ["gpu", "gpu?"])"), HasSubstr("grant \"gpu?\" stands here twice"));
    EXPECT_THAT(complaint_about_app(R"("grants": ["gpo?"])"), HasSubstr("no grant 'gpo'"));
}

TEST(AppProfileTest, UsersAreNumbersOrNames) {
    for (const char* user : {"0", "1000", "1000:1000", "root", "ann", "_ann-1"}) {
        EXPECT_EQ(complaint_about_app("\"user\": \"" + std::string{user} + "\""), "") << user;
    }
    for (const char* user : {"", "1000:", ":1000", "-1", "1000:ann", "9999999999", "Ann", "ann:", "a.b"}) {
        EXPECT_THAT(complaint_about_app("\"user\": \"" + std::string{user} + "\""), HasSubstr("2: user: is")) << user;
    }
}

TEST(AppProfileTest, ALinkNeverClimbs) {
    for (const char* path : {"/a", "/a/b..c", "/..a", "/a..", "/run/berths", "/a/.b", "~/.a", "~/a/b"}) {
        EXPECT_EQ(complaint_about_app("\"links\": {\"" + std::string{path} + "\": \"/t\"}"), "") << path;
    }
    for (const char* path :
         {"/", "//a", "a", "", "/..", "/../a", "/a/..", "/a/../b", "/a\\n/../b", "~", "~/", "~ann/a", "~/../a"}) {
        EXPECT_THAT(complaint_about_app("\"links\": {\"" + std::string{path} + "\": \"/t\"}"),
                    HasSubstr("not a path for a link"))
            << path;
    }
    EXPECT_THAT(complaint_about_app("\"links\": {\"/" + std::string(1024, 'a') + "\": \"/t\"}"),
                HasSubstr("not a path for a link"));
}

TEST(AppProfileTest, LongValuesThatAreAllowedAreReadWhole) {
    const std::string name = "org." + std::string(240, 'a');
    const std::string path = "/" + std::string(1023, 'a');
    const auto profile = parse_app(R"({"image": "x", "grants": ["session-bus:)" + name + "," + name + "," + name +
                                   R"("], "links": {")" + path + R"(": "/t"}, "workdir": ")" + path + "\"}");
    ASSERT_TRUE(profile.has_value()) << profile.error().message;
    EXPECT_EQ(profile->grants.at(0).argument, name + "," + name + "," + name);
    EXPECT_EQ(profile->links.begin()->first, path);
    EXPECT_EQ(profile->working_directory, path);
}

} // namespace
} // namespace berth::store
