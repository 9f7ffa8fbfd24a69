#include "model/json.hpp"
#include "store/nearest_name.hpp"
#include "store/parse_profile.hpp"
#include "store/profile_reader.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

namespace berth::store {
namespace {

namespace fs = std::filesystem;
using test::write_file;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<model::DesktopProfile> parse(const std::string& text) {
    return parse_profile(text, "gnome.json", "gnome");
}

/// One malformed profile and the exact sentence that it deserves.
struct BadProfile {
    std::string name;
    std::string text;
    std::string message;
};

class BadProfileTest : public ::testing::TestWithParam<BadProfile> {};

TEST_P(BadProfileTest, IsReportedWithFileLineKeyAndWhatWasExpected) {
    const auto profile = parse(GetParam().text);
    ASSERT_FALSE(profile.has_value());
    EXPECT_EQ(profile.error().code, ErrorCode::bad_profile);
    EXPECT_EQ(profile.error().message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadProfileTest,
    ::testing::Values(
        BadProfile{"Empty", "", "gnome.json:1: is empty; expected a desktop profile"},
        BadProfile{"NoObject", "\n\n[1]", "gnome.json:3: is a list; expected a desktop profile"},
        BadProfile{"NoImage", "\n{\n \"mode\": \"vt\"\n}",
                   "gnome.json:2: the key \"image\" is missing; expected an image name such as "
                   "\"localhost/berth/gnome:latest\""},
        BadProfile{"ImageIsNoText", "{\n\"image\":\n\n 7\n}",
                   "gnome.json:2: image: is 7; expected an image name such as \"localhost/berth/gnome:latest\""},
        BadProfile{"ImageLooksLikeAnOption", "{\"image\": \"--rm\"}",
                   "gnome.json:1: image: is \"--rm\"; expected an image name such as \"localhost/berth/gnome:latest\""},
        BadProfile{"UnknownKeyNearAKnownOne", "{\n\"image\": \"x\",\n\n\"enviroment\": {}\n}",
                   "gnome.json:4: enviroment: unknown key; did you mean \"environment\"?"},
        BadProfile{"UnknownKeyFarFromAll", "{\n\"image\": \"x\",\n\"display\": {\"width\": 640,\n\"colour\": 1}}",
                   "gnome.json:4: display.colour: unknown key; expected one of \"height\" and \"width\""},
        BadProfile{"UnknownKeyInAList",
                   "{\"image\": \"x\", \"volumes\": [\n{\"source\": \"/a\", \"target\": \"/a\"},\n{\"source\": \"/a\", "
                   "\"target\": \"/a\",\n \"read-only\": true}]}",
                   "gnome.json:4: volumes[1].read-only: unknown key; did you mean \"readonly\"?"},
        BadProfile{"KeyTwice", "{\n\"image\": \"x\",\n\"mode\": \"vt\",\n\"image\": \"y\"}",
                   "gnome.json:4: image: this key stands here twice, the first time on line 2"},
        BadProfile{"KeyTwiceBelow", "{\"image\": \"x\",\n\"user\": {\"uid\": 1,\n\"uid\": 2}}",
                   "gnome.json:3: user.uid: this key stands here twice, the first time on line 2"},
        BadProfile{"CommaAtTheEnd", "{\n\"image\": \"x\",\n}",
                   "gnome.json:3: image: not JSON: syntax error while parsing object key - unexpected '}'; expected "
                   "string literal"},
        BadProfile{"Torn", "{\n\"image\": \"x\",\n\"display\": {",
                   "gnome.json:3: display: not JSON: syntax error while parsing object key - unexpected end of input; "
                   "expected string literal"},
        BadProfile{"SomethingAfterTheEnd", "{\"image\": \"x\"}\n{}",
                   "gnome.json:2: not JSON: syntax error while parsing value - unexpected '{'; expected end of input"},
        BadProfile{"UnknownMode", "{\"image\": \"x\",\n\"mode\": \"fullscreen\"}",
                   "gnome.json:2: mode: is \"fullscreen\"; expected \"auto\", \"headless\", \"vt\" or \"logind\""},
        BadProfile{"WidthTooSmall", "{\"image\": \"x\",\n\"display\": {\n\"width\": 1}}",
                   "gnome.json:3: display.width: is 1; expected an integer from 320 to 16384"},
        BadProfile{"WidthNoInteger", "{\"image\": \"x\",\n\"display\": {\n\"width\": 640.5}}",
                   "gnome.json:3: display.width: is 640.5; expected an integer from 320 to 16384"},
        BadProfile{"WidthAText", "{\"image\": \"x\",\n\"display\": {\n\"width\": \"640\"}}",
                   "gnome.json:3: display.width: is \"640\"; expected an integer from 320 to 16384"},
        BadProfile{"HugeNumber", "{\"image\": \"x\", \"display\": {\"width\": 99999999999999999999}}",
                   "gnome.json:1: display.width: is 1e+20; expected an integer from 320 to 16384"},
        BadProfile{"NegativeTimeLimit", "{\"image\": \"x\",\n\n\"timeouts\": {\"stop_s\": -1}}",
                   "gnome.json:3: timeouts.stop_s: is -1; expected an integer from 0 to 600"},
        BadProfile{"RootAsUser", "{\"image\": \"x\",\n\"user\": {\"name\": \"root\"}}",
                   "gnome.json:2: user.name: is \"root\"; expected a user name of a-z, 0-9, _ and -, not root"},
        BadProfile{"UidOfRoot", "{\"image\": \"x\",\n\"user\": {\"uid\": 0}}",
                   "gnome.json:2: user.uid: is 0; expected an integer from 1 to 65533"},
        BadProfile{"GroupThatIsANumber", "{\"image\": \"x\",\n\"user\": {\"groups\": [\"video\",\n44\n]}}",
                   "gnome.json:3: user.groups[1]: is 44; expected a group name of a-z, 0-9, _ and -"},
        BadProfile{"DeviceOutsideDev", "{\"image\": \"x\",\n\"devices\": [\"/etc/passwd\"]}",
                   "gnome.json:2: devices[0]: is \"/etc/passwd\"; expected a path below /dev, such as \"/dev/dri\", or "
                   "\"/dev/snd?\" where it may be absent"},
        BadProfile{"DeviceThatClimbs", "{\"image\": \"x\",\n\"devices\": [\"/dev/dri\",\n\"/dev/../etc/passwd\"]}",
                   "gnome.json:3: devices[1]: is \"/dev/../etc/passwd\"; expected a path below /dev, such as "
                   "\"/dev/dri\", or \"/dev/snd?\" where it may be absent"},
        BadProfile{"VolumeWithoutTarget", "{\"image\": \"x\", \"volumes\": [\n{\"source\": \"/srv\"}]}",
                   "gnome.json:2: volumes[0]: the key \"target\" is missing; expected an absolute path in the "
                   "container, not / itself"},
        BadProfile{"VolumeWithRelativeSource",
                   "{\"image\": \"x\", \"volumes\": [{\n\"source\": \"srv\",\n\"target\": \"/srv\"}]}",
                   "gnome.json:2: volumes[0].source: is \"srv\"; expected an absolute host path"},
        BadProfile{
            "VolumeOverEverything", "{\"image\": \"x\", \"volumes\": [{\n\"source\": \"/srv\",\n\"target\": \"/\"}]}",
            "gnome.json:3: volumes[0].target: is \"/\"; expected an absolute path in the container, not / itself"},
        BadProfile{
            "ReadonlyAsAText",
            "{\"image\": \"x\", \"volumes\": [{\"source\": \"/srv\", \"target\": \"/srv\",\n\"readonly\": \"yes\"}]}",
            "gnome.json:2: volumes[0].readonly: is \"yes\"; expected true or false"},
        BadProfile{"VariableThatIsANumber", "{\"image\": \"x\",\n\"environment\": {\n\"A\": \"1\",\n\"B\": 2}}",
                   "gnome.json:4: environment.B: is 2; expected a text"},
        BadProfile{
            "VariableOfBerths", "{\"image\": \"x\",\n\"environment\": {\n\"BERTH_UID\": \"0\"}}",
            "gnome.json:3: environment.BERTH_UID: names that begin with BERTH_ are berth's own; expected another name"},
        BadProfile{
            "VariableWithABlank", "{\"image\": \"x\",\n\"environment\": {\n\"A B\": \"0\"}}",
            "gnome.json:3: environment.A B: not a variable's name; expected letters, digits and _, not a digit first"},
        BadProfile{"AppThatIsAPath", "{\"image\": \"x\",\n\"may-run\": [\"browser\",\n\"../player\"]}",
                   "gnome.json:3: may-run[1]: is \"../player\"; expected an app's name, or \"*\""},
        BadProfile{"EmptyProbe", "{\"image\": \"x\",\n\"probe\": []}",
                   "gnome.json:2: probe: is a list; expected a command as a list of texts, the first not empty"},
        BadProfile{"NulInAText", "{\n\"image\": \"x\\u0000y\"}",
                   "gnome.json:2: image: a text with a NUL character in it"},
        BadProfile{"NestedTooDeep", "{\"image\":\n" + std::string(5000, '[') + "}",
                   "gnome.json:2: image[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]: nested deeper than 16 levels"},
        BadProfile{"TextTooLong", "{\"image\":\n\"" + std::string(3000, 'a') + "\"}",
                   "gnome.json:2: image: a text longer than 2048 bytes"}),
    [](const auto& row) { return row.param.name; });

TEST(ProfileTest, BytesThatAreNoUtf8AreReported) {
    const auto profile = parse("{\n\"image\": \"\xff\"}");
    ASSERT_FALSE(profile.has_value());
    EXPECT_THAT(profile.error().message, HasSubstr("gnome.json:2: image: not JSON: syntax error"));
}

TEST(ProfileTest, AnImageIsEnoughAndTheRestHasDefaults) {
    const auto profile = parse(R"({"image": "localhost/berth/gnome:latest"})");
    ASSERT_TRUE(profile.has_value()) << profile.error().message;
    model::DesktopProfile expected;
    expected.name = "gnome";
    expected.image = "localhost/berth/gnome:latest";
    EXPECT_EQ(*profile, expected);
}

TEST(ProfileTest, EveryModeHasItsWord) {
    const std::map<std::string, model::SeatMode> words{{"auto", model::SeatMode::automatic},
                                                       {"headless", model::SeatMode::headless},
                                                       {"vt", model::SeatMode::vt},
                                                       {"logind", model::SeatMode::logind}};
    for (const auto& [word, mode] : words) {
        const auto profile = parse(R"({"image": "x", "mode": ")" + word + "\"}");
        ASSERT_TRUE(profile.has_value()) << profile.error().message;
        EXPECT_EQ(profile->mode, mode) << word;
    }
}

TEST(ProfileTest, WhatALateCardMeansIsReadByItsWord) {
    using model::LateCards;
    for (const LateCards cards : {LateCards::automatic, LateCards::forward, LateCards::reseat, LateCards::ignore}) {
        const std::string word{model::name_of(cards)};
        const auto profile = parse(R"({"image": "x", "late-cards": ")" + word + R"("})");
        ASSERT_TRUE(profile.has_value()) << profile.error().message;
        EXPECT_EQ(profile->late_cards, cards) << word;
    }
    EXPECT_FALSE(parse(R"({"image": "x", "late-cards": "ask"})").has_value());
}

TEST(ProfileTest, EveryKeyIsRead) {
    const auto profile = parse(R"({
        "$schema": "desktop.schema.json", "description": "All of it", "image": "quay.example/a/b@sha256:00", "mode": "vt",
        "logout": "again", "late-cards": "ignore", "user": {"name": "ann", "uid": 1001, "gid": 1002, "groups": ["video", "render"]},
        "display": {"width": 1920, "height": 1080}, "network": "host", "devices": ["/dev/dri", "/dev/snd?"], "cdi": ["nvidia.com/gpu=all"],
        "volumes": [{"source": "/srv", "target": "/mnt", "readonly": true}, {"source": "/home", "target": "/home"}],
        "environment": {"LANG": "C.UTF-8"}, "may-run": ["browser", "*"], "probe": ["true", "-x"],
        "timeouts": {"start_s": 1, "end_session_s": 2, "stop_s": 3, "kill_s": 4}})");
    ASSERT_TRUE(profile.has_value()) << profile.error().message;
    model::DesktopProfile expected{"gnome",
                                   "All of it",
                                   "quay.example/a/b@sha256:00",
                                   {"ann", 1001, 1002, {"video", "render"}},
                                   model::SeatMode::vt,
                                   true,
                                   model::LateCards::ignore,
                                   {1920, 1080},
                                   "host",
                                   {{"/dev/dri", false}, {"/dev/snd", true}},
                                   {"nvidia.com/gpu=all"},
                                   {{"/srv", "/mnt", true}, {"/home", "/home", false}},
                                   {{"LANG", "C.UTF-8"}},
                                   {"browser", "*"},
                                   {"true", "-x"},
                                   {1, 2, 3, 4}};
    EXPECT_EQ(*profile, expected);
}

class ProfileReaderTest : public ::testing::Test {
  protected:
    ProfileReaderTest() {
        for (const char* folder : {"/vendor/desktops", "/admin/desktops", "/runtime/desktops"}) {
            fs::create_directories(scratch.path() + folder);
        }
    }

    void put(const std::string& file, const std::string& image) const {
        write_file(scratch.path() + file, R"({"image": ")" + image + "\"}");
    }

    test::ScratchFolder scratch;
    ProfileReader reader{{scratch.path() + "/vendor", scratch.path() + "/admin", scratch.path() + "/runtime"}};
};

TEST(ShippedProfiles, AreAllValidAndEachNamesTheImageOfItsName) {
    ProfileReader reader{{BERTH_PACKAGING_DIR}};
    EXPECT_THAT(reader.names(), ElementsAre("gnome", "sway", "weston"));
    for (const std::string& name : reader.names()) {
        const auto profile = reader.read(name);
        ASSERT_TRUE(profile.has_value()) << profile.error().message;
        EXPECT_EQ(profile->image, "localhost/berth/" + name + ":latest");
        EXPECT_TRUE(fs::exists(BERTH_PACKAGING_DIR "/images/" + name + "/suites")) << "no recipe of " << name;
        EXPECT_FALSE(profile->probe.empty()) << name;
    }
}

TEST_F(ProfileReaderTest, ALaterFolderReplacesTheSameName) {
    put("/vendor/desktops/gnome.json", "vendor");
    EXPECT_EQ(reader.read("gnome")->image, "vendor");
    put("/admin/desktops/gnome.json", "admin");
    EXPECT_EQ(reader.read("gnome")->image, "admin");
    put("/runtime/desktops/gnome.json", "runtime");
    EXPECT_EQ(reader.read("gnome")->image, "runtime");
}

TEST_F(ProfileReaderTest, AMistakeInTheReplacingFileIsNotHiddenByTheReplacedOne) {
    put("/vendor/desktops/gnome.json", "vendor");
    write_file(scratch.path() + "/admin/desktops/gnome.json", "{\n");
    const auto profile = reader.read("gnome");
    ASSERT_FALSE(profile.has_value());
    EXPECT_THAT(profile.error().message, HasSubstr(scratch.path() + "/admin/desktops/gnome.json:1: not JSON"));
}

TEST_F(ProfileReaderTest, NamesAreSortedAndOfProfilesOnly) {
    put("/vendor/desktops/xfce.json", "x");
    put("/vendor/desktops/gnome.json", "x");
    put("/admin/desktops/gnome.json", "x");
    put("/admin/desktops/kde.json", "x");
    put("/admin/desktops/.hidden.json", "x");
    put("/admin/desktops/kde.json~", "x");
    put("/admin/desktops/README", "x");
    EXPECT_THAT(reader.names(), ElementsAre("gnome", "kde", "xfce"));
}

TEST_F(ProfileReaderTest, FoldersThatAreNotThereHoldNoProfiles) {
    ProfileReader nowhere{{scratch.path() + "/none"}};
    EXPECT_TRUE(nowhere.names().empty());
    const auto profile = nowhere.read("gnome");
    ASSERT_FALSE(profile.has_value());
    EXPECT_EQ(profile.error().message, "no desktop is named \"gnome\"; known desktops: none");
}

TEST_F(ProfileReaderTest, AnUnknownDesktopListsThoseThatThereAre) {
    put("/vendor/desktops/gnome.json", "x");
    put("/vendor/desktops/kde.json", "x");
    EXPECT_EQ(reader.read("gnom").error().message,
              "no desktop is named \"gnom\", did you mean \"gnome\"?; known desktops: \"gnome\" and \"kde\"");
    EXPECT_EQ(reader.read("windowmaker").error().message,
              "no desktop is named \"windowmaker\"; known desktops: \"gnome\" and \"kde\"");
}

TEST_F(ProfileReaderTest, NamesThatCouldLeaveTheFolderAreRefused) {
    write_file(scratch.path() + "/vendor/secret.json", R"({"image": "x"})");
    const std::string too_long(65, 'a');
    for (const std::string& name : std::vector<std::string>{"../secret", "/etc/passwd", "", ".", "..", "a/b", ".hidden",
                                                            "a b", "a\nb", too_long, std::string{"a\0b", 3}}) {
        const auto profile = reader.read(name);
        ASSERT_FALSE(profile.has_value()) << name;
        EXPECT_EQ(profile.error().code, ErrorCode::bad_profile);
        EXPECT_THAT(profile.error().message, HasSubstr("desktop name \""));
    }
}

TEST_F(ProfileReaderTest, WhatIsNoRegularFileIsRefusedWithoutWaiting) {
    ASSERT_EQ(::mkfifo((scratch.path() + "/admin/desktops/fifo.json").c_str(), 0600), 0);
    fs::create_directories(scratch.path() + "/admin/desktops/folder.json");
    fs::create_symlink("/dev/null", scratch.path() + "/admin/desktops/masked.json");
    fs::create_symlink("/nowhere", scratch.path() + "/admin/desktops/dangling.json");
    for (const std::string name : {"fifo", "folder", "masked"}) {
        EXPECT_THAT(reader.read(name).error().message,
                    HasSubstr("/desktops/" + name + ".json: expected a regular file"));
    }
    EXPECT_THAT(reader.read("dangling").error().message, HasSubstr("dangling.json: No such file or directory"));
}

TEST_F(ProfileReaderTest, AFileThatIsTooLargeIsRefused) {
    write_file(scratch.path() + "/admin/desktops/big.json", std::string(70'000, ' '));
    EXPECT_THAT(reader.read("big").error().message, HasSubstr("big.json: expected at most 65536 bytes"));
}

TEST_F(ProfileReaderTest, ADeviceThatTheHostLacksIsNamedInVtModeOnly) {
    model::DesktopProfile profile;
    profile.name = "gnome";
    profile.devices = {{"/dev/null", false}, {"/dev/berth-nosuch", false}};
    EXPECT_TRUE(reader.check_host(profile, model::SeatMode::headless).has_value());
    const auto checked = reader.check_host(profile, model::SeatMode::vt);
    ASSERT_FALSE(checked.has_value());
    EXPECT_EQ(checked.error().code, ErrorCode::bad_profile);
    EXPECT_EQ(checked.error().message,
              "desktop \"gnome\" needs the device /dev/berth-nosuch, which this host does not have; write "
              "\"/dev/berth-nosuch?\" in its profile if it can do without, or use mode headless");
    profile.devices.back().optional = true;
    EXPECT_TRUE(reader.check_host(profile, model::SeatMode::vt).has_value());
}

TEST_F(ProfileReaderTest, AVolumeWhoseSourceIsMissingIsNamedInEveryMode) {
    model::DesktopProfile profile;
    profile.name = "gnome";
    profile.volumes = {{scratch.path(), "/a", false}, {scratch.path() + "/none", "/b", false}};
    for (const auto mode : {model::SeatMode::headless, model::SeatMode::vt}) {
        const auto checked = reader.check_host(profile, mode);
        ASSERT_FALSE(checked.has_value());
        EXPECT_THAT(checked.error().message, HasSubstr("mounts " + scratch.path() + "/none, which this host does not"));
    }
}

TEST(NearestNameTest, FindsATypingMistakeAndNothingFarther) {
    const std::vector<std::string> names{"width", "height", "environment"};
    EXPECT_EQ(nearest_name("widht", names), "");
    EXPECT_EQ(nearest_name("widt", names), "width");
    EXPECT_EQ(nearest_name("heigth", names), "height");
    EXPECT_EQ(nearest_name("colour", names), "");
    EXPECT_EQ(nearest_name("", names), "");
    EXPECT_EQ(nearest_name(std::string(5000, 'w'), names), "");
}

TEST(NearestNameTest, ListsNamesAsPeopleDo) {
    EXPECT_EQ(list_names({}), "none");
    EXPECT_EQ(list_names({"a"}), "\"a\"");
    EXPECT_EQ(list_names({"a", "b"}), "\"a\" and \"b\"");
    EXPECT_EQ(list_names({"a", "b", "c"}), "\"a\", \"b\" and \"c\"");
}

} // namespace
} // namespace berth::store
