#include "store/profile_reader.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::store {
namespace {

namespace fs = std::filesystem;
using test::write_file;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AppReaderTest : public ::testing::Test {
  protected:
    AppReaderTest() {
        for (const char* folder : {"/vendor/apps", "/vendor/desktops", "/admin/apps"}) {
            fs::create_directories(scratch.path() + folder);
        }
    }

    void put(const std::string& file, const std::string& image) const {
        write_file(scratch.path() + file, R"({"image": ")" + image + "\"}");
    }

    test::ScratchFolder scratch;
    ProfileReader reader{{scratch.path() + "/vendor", scratch.path() + "/admin"}};
};

TEST_F(AppReaderTest, ALaterFolderReplacesTheSameName) {
    put("/vendor/apps/browser.json", "vendor");
    EXPECT_EQ(reader.read_app("browser")->image, "vendor");
    put("/admin/apps/browser.json", "admin");
    EXPECT_EQ(reader.read_app("browser")->image, "admin");
    EXPECT_EQ(reader.read_app("browser")->name, "browser");
}

TEST_F(AppReaderTest, AppsAndDesktopsOfOneNameDoNotMeet) {
    put("/vendor/apps/gnome.json", "app");
    put("/vendor/desktops/gnome.json", "desktop");
    put("/vendor/desktops/sway.json", "desktop");
    EXPECT_EQ(reader.read_app("gnome")->image, "app");
    EXPECT_EQ(reader.read("gnome")->image, "desktop");
    EXPECT_THAT(reader.app_names(), ElementsAre("gnome"));
    EXPECT_THAT(reader.names(), ElementsAre("gnome", "sway"));
    EXPECT_EQ(reader.read_app("sway").error().message, "no app is named \"sway\"; known apps: \"gnome\"");
}

TEST_F(AppReaderTest, AnUnknownAppListsThoseThatThereAre) {
    put("/vendor/apps/browser.json", "x");
    put("/admin/apps/player.json", "x");
    const auto profile = reader.read_app("browsr");
    ASSERT_FALSE(profile.has_value());
    EXPECT_EQ(profile.error().code, ErrorCode::bad_profile);
    EXPECT_EQ(profile.error().message,
              "no app is named \"browsr\", did you mean \"browser\"?; known apps: \"browser\" and \"player\"");
}

TEST_F(AppReaderTest, NamesThatCouldLeaveTheFolderAreRefused) {
    write_file(scratch.path() + "/vendor/secret.json", R"({"image": "x"})");
    for (const std::string name : {"../secret", "/etc/passwd", "", ".hidden", "localhost/berth/browser:latest"}) {
        const auto profile = reader.read_app(name);
        ASSERT_FALSE(profile.has_value()) << name;
        EXPECT_EQ(profile.error().code, ErrorCode::bad_profile);
        EXPECT_THAT(profile.error().message, HasSubstr("app name \"" + name + "\": expected 1 to 64 letters"));
    }
}

TEST_F(AppReaderTest, AMistakeIsToldWithThePathOfTheFile) {
    write_file(scratch.path() + "/admin/apps/browser.json", "{\"image\": \"x\",\n\"grants\": [\"gpu:card0\"]}");
    const auto profile = reader.read_app("browser");
    ASSERT_FALSE(profile.has_value());
    EXPECT_EQ(profile.error().message, scratch.path() + "/admin/apps/browser.json:2: grants[0]: " +
                                           model::parse_grant("gpu:card0").error().message);
}

TEST_F(AppReaderTest, AFileThatIsTooLargeOrNoFileIsRefused) {
    write_file(scratch.path() + "/admin/apps/big.json", std::string(70'000, ' '));
    EXPECT_THAT(reader.read_app("big").error().message, HasSubstr("/apps/big.json: expected at most 65536 bytes"));
    fs::create_directories(scratch.path() + "/admin/apps/folder.json");
    EXPECT_THAT(reader.read_app("folder").error().message, HasSubstr("/apps/folder.json: expected a regular file"));
}

TEST_F(AppReaderTest, AVolumeWhoseSourceIsMissingIsNamed) {
    model::AppProfile profile;
    profile.name = "browser";
    profile.volumes = {{scratch.path(), "/a", false}};
    EXPECT_TRUE(reader.check_app_host(profile).has_value());
    profile.volumes.push_back({scratch.path() + "/none", "/b", true});
    const auto checked = reader.check_app_host(profile);
    ASSERT_FALSE(checked.has_value());
    EXPECT_EQ(checked.error().code, ErrorCode::bad_profile);
    EXPECT_EQ(checked.error().message,
              "app \"browser\" mounts " + scratch.path() +
                  "/none, which this host does not have; make it, or take it out of the profile's volumes");
}

TEST(ShippedApps, AreAllValidAndFitEveryHost) {
    ProfileReader reader{{BERTH_PACKAGING_DIR}};
    EXPECT_THAT(reader.app_names(), ElementsAre("browser", "player", "terminal"));
    for (const std::string& name : reader.app_names()) {
        const auto profile = reader.read_app(name);
        ASSERT_TRUE(profile.has_value()) << profile.error().message;
        EXPECT_EQ(profile->image, "localhost/berth/" + name + ":latest");
        EXPECT_FALSE(profile->description.empty()) << name;
        EXPECT_TRUE(reader.check_app_host(*profile).has_value()) << name;
        EXPECT_THAT(profile->grants, ::testing::Contains(model::Grant{model::GrantKind::display, ""})) << name;
        for (const model::GrantKind kind : {model::GrantKind::host, model::GrantKind::input}) {
            const model::Grant too_much{kind, ""};
            EXPECT_THAT(profile->grants, ::testing::Not(::testing::Contains(too_much))) << name;
            EXPECT_THAT(profile->may_ask, ::testing::Not(::testing::Contains(too_much))) << name;
        }
    }
}

} // namespace
} // namespace berth::store
