#include "effects/menu.hpp"
#include "support/fake_ports.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace berth;
using berth::effects::menu_entry;
using berth::effects::menu_of;
using berth::model::AppProfile;
using berth::model::DesktopProfile;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;

namespace {

AppProfile browser() {
    AppProfile app;
    app.name = "browser";
    app.description = "A web browser";
    return app;
}

DesktopProfile gnome(std::vector<std::string> may_run) {
    DesktopProfile desktop;
    desktop.name = "gnome";
    desktop.may_run = std::move(may_run);
    return desktop;
}

} // namespace

TEST(MenuEntry, OfAProfileThatSaysNothingIsItsNameItsDescriptionAndTheWayToRunIt) {
    EXPECT_EQ(menu_entry(browser()), "[Desktop Entry]\n"
                                     "Type=Application\n"
                                     "Name=Browser\n"
                                     "Comment=A web browser\n"
                                     "Exec=berth run browser\n"
                                     "Icon=application-x-executable\n");
}

TEST(MenuEntry, SaysWhatTheProfileSaysOfItsMenu) {
    AppProfile app = browser();
    app.menu = {"Firefox", "firefox", {"Network", "WebBrowser"}, {"text/html", "x-scheme-handler/https"}};
    EXPECT_EQ(menu_entry(app), "[Desktop Entry]\n"
                               "Type=Application\n"
                               "Name=Firefox\n"
                               "Comment=A web browser\n"
                               "Exec=berth run browser %U\n"
                               "Icon=firefox\n"
                               "Categories=Network;WebBrowser;\n"
                               "MimeType=text/html;x-scheme-handler/https;\n");
}

TEST(MenuEntry, OfWhatIsKeptRunsItByItsName) {
    AppProfile app = browser();
    app.keep = true;
    EXPECT_THAT(menu_entry(app), HasSubstr("\nExec=berth run --keep browser\n"));
}

TEST(MenuEntry, NoTextBeginsALineOfItsOwn) {
    AppProfile app = browser();
    app.description = "one\nExec=rm -rf ~\r\tC:\\";
    app.menu.title = "a\nb";
    const std::string entry = menu_entry(app);
    EXPECT_THAT(entry, HasSubstr("Comment=one\\nExec=rm -rf ~\\r\\tC:\\\\\n"));
    EXPECT_THAT(entry, HasSubstr("Name=a\\nb\n"));
    EXPECT_THAT(entry, Not(HasSubstr("\nExec=rm")));
}

TEST(Menu, HasTheAppsThatTheDesktopMayRun) {
    test::FakeProfiles profiles;
    profiles.app = browser();
    EXPECT_THAT(menu_of(profiles, gnome({})), IsEmpty());
    EXPECT_THAT(menu_of(profiles, gnome({"browser", "vlc"})),
                ElementsAre(Key("berth-browser.desktop"), Key("berth-vlc.desktop")));
    EXPECT_THAT(profiles.read_apps, ElementsAre("browser", "vlc"));
    profiles.known_apps = {"mail"};
    EXPECT_THAT(menu_of(profiles, gnome({"browser", "*"})), ElementsAre(Key("berth-mail.desktop")));
}

TEST(Menu, LacksAnAppWhoseProfileCannotBeRead) {
    test::FakeProfiles profiles;
    profiles.app = Error{ErrorCode::bad_profile, "browser.json:3: broken"};
    EXPECT_THAT(menu_of(profiles, gnome({"browser"})), IsEmpty());
}
