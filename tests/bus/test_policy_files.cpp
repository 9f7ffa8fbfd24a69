#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace berth::testing {

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string read(const std::string& name) {
    std::ifstream file{std::string{BERTH_SOURCE_DIR} + "/" + name};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::set<std::string> matches(const std::string& text, const char* pattern) {
    const std::regex expression{pattern};
    std::set<std::string> found;
    for (std::sregex_iterator each{text.begin(), text.end(), expression}; each != std::sregex_iterator{}; ++each) {
        found.insert((*each)[1]);
    }
    return found;
}

TEST(PolkitFile, HasTheNineActions) {
    const auto actions = matches(read("packaging/polkit/org.berth.policy"), "action id=\"org\\.berth\\.([a-z-]+)\"");
    EXPECT_EQ(actions, (std::set<std::string>{"seat-up", "seat-down", "reseat", "run", "attach", "grant", "grant-host",
                                              "images", "restore-tty"}));
}

TEST(PolkitFile, NeverKeepsWhatGivesADeviceAway) {
    const std::string text = read("packaging/polkit/org.berth.policy");
    for (const char* action : {"org.berth.grant\"", "org.berth.grant-host\""}) {
        const auto begin = text.find(action);
        ASSERT_NE(begin, std::string::npos) << action;
        const std::string part = text.substr(begin, text.find("</action>", begin) - begin);
        EXPECT_THAT(part, HasSubstr("<allow_active>auth_admin</allow_active>"));
        EXPECT_THAT(part, Not(HasSubstr("keep")));
        EXPECT_THAT(part, Not(HasSubstr(">yes<")));
    }
}

TEST(PolkitFile, ListsEveryActionThatTheInterfacesName) {
    const auto actions = matches(read("packaging/polkit/org.berth.policy"), "action id=\"(org\\.berth\\.[a-z-]+)\"");
    std::set<std::string> named;
    for (const char* file : {"Manager", "Seat", "Job", "Self"}) {
        const auto more = matches(read(std::string{"dbus-interfaces/org.berth.Berth1."} + file + ".xml"),
                                  "polkit: (org\\.berth\\.[a-z-]+)");
        named.insert(more.begin(), more.end());
    }
    EXPECT_FALSE(named.empty());
    for (const std::string& action : named) {
        EXPECT_TRUE(actions.contains(action)) << action;
    }
}

TEST(BusPolicyFile, OnlyRootMayOwnTheName) {
    const std::string text = read("packaging/dbus/org.berth.Berth1.conf");
    const auto root = text.find("<policy user=\"root\">");
    const auto own = text.find("<allow own=\"org.berth.Berth1\"/>");
    ASSERT_NE(root, std::string::npos);
    ASSERT_NE(own, std::string::npos);
    EXPECT_LT(root, own);
    EXPECT_EQ(text.find("<allow own", own + 1), std::string::npos);
    EXPECT_THAT(text, HasSubstr("<allow send_destination=\"org.berth.Berth1\"/>"));
}

TEST(ActivationFile, StartsTheUnit) {
    EXPECT_THAT(read("packaging/dbus/org.berth.Berth1.service"), HasSubstr("SystemdService=berthd.service"));
}

} // namespace

} // namespace berth::testing
