// The facts of a session are its own words. Whatever they are, a client is shown nothing but the seat's own folders.

#include "grants/a_seat.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::grants {
namespace {

using test::a_full_seat;
using test::a_grant;
using testing::HasSubstr;

const std::vector<std::string>& hostile_words() {
    static const std::vector<std::string> words{"",
                                                ".",
                                                "..",
                                                "/",
                                                "../x",
                                                "../../../etc/shadow",
                                                "/etc",
                                                "/run/docker.sock",
                                                "a/b",
                                                "wayland-0/..",
                                                "\n",
                                                "wayland-0\nLD_PRELOAD=/tmp/x",
                                                ":",
                                                ":.",
                                                ":.0",
                                                ":-1",
                                                ":0/../../x",
                                                ":99999999",
                                                ":123456",
                                                ":1a",
                                                ":0\n",
                                                ":0\nPATH=/x",
                                                ":0 ",
                                                "host:0",
                                                "host:0.0",
                                                "localhost:10.0",
                                                "unix/host:0",
                                                "tcp/10.0.0.1:0",
                                                std::string{":0\0.0", 5},
                                                std::string(5000, 'w')};
    return words;
}

bool climbs(const std::string& path) {
    const std::string all = "/" + path + "/";
    return path.starts_with('/') || all.find("/../") != std::string::npos || all.find("/./") != std::string::npos;
}

/// What is shown lies below one of the seat's own folders, without a way out of it.
void expect_its_own(const Offer& offered, const Surroundings& from) {
    for (const model::DoorItem& item : offered.items) {
        EXPECT_FALSE(climbs(item.name)) << item.name;
        EXPECT_FALSE(climbs(item.path)) << item.path;
        if (item.kind != model::DoorItem::Kind::text) {
            EXPECT_TRUE(item.root == from.seat.door->runtime || item.root == from.shares.tmp) << item.root;
            EXPECT_FALSE(item.path.empty()) << "that would be the folder itself";
        }
    }
    for (const auto& [name, value] : offered.environment) {
        EXPECT_EQ(value.find('\n'), std::string::npos) << name << "=" << value;
        EXPECT_EQ(value.find('\0'), std::string::npos) << name;
        EXPECT_LT(value.size(), 100U) << name;
    }
}

TEST(AHostileDesktop, LeavesItsOwnFoldersByNoWaylandDisplay) {
    for (const std::string& word : hostile_words()) {
        auto from = a_full_seat();
        from.seat.facts["wayland-display"] = word;
        const auto offered = offer(a_grant("display"), from);
        ASSERT_TRUE(offered) << "X11 is there, too";
        expect_its_own(*offered, from);
    }
}

TEST(AHostileDesktop, LeavesItsOwnFoldersByNoDisplay) {
    for (const std::string& word : hostile_words()) {
        auto from = a_full_seat();
        from.seat.facts["display"] = word;
        const auto offered = offer(a_grant("display"), from);
        ASSERT_TRUE(offered) << "Wayland is there, too";
        expect_its_own(*offered, from);
        EXPECT_FALSE(offered->environment.contains("DISPLAY")) << word;
    }
}

TEST(AHostileDesktop, PutsNoWordsOfItsOwnIntoAClientsEnvironment) {
    for (const std::string& word : hostile_words()) {
        auto from = a_full_seat();
        from.seat.facts["session-type"] = word;
        const auto offered = offer(a_grant("display"), from);
        ASSERT_TRUE(offered);
        EXPECT_FALSE(offered->environment.contains("XDG_SESSION_TYPE")) << word;
    }
}

TEST(AHostileDesktop, WhoseFactsAreAllNonsenseHasNoDisplay) {
    for (const char* word : {"../x", "/etc", "", ".."}) {
        auto from = a_full_seat();
        from.seat.facts = {{"wayland-display", word}, {"display", word}};
        const auto offered = offer(a_grant("display"), from);
        ASSERT_FALSE(offered) << word;
        EXPECT_THAT(offered.error().message, HasSubstr("told of no display"));
    }
}

TEST(AHostileDesktop, IsBelievedWhereItsNumberIsPlain) {
    for (const auto& [display, number] : {std::pair{":0", "0"}, {":0.0", "0"}, {":99999", "99999"}, {":1.5", "1"}}) {
        auto from = a_full_seat();
        from.seat.facts["display"] = display;
        EXPECT_EQ(offer(a_grant("display"), from)->environment.at("DISPLAY"), std::string{":"} + number) << display;
    }
}

TEST(AHostileDesktop, HasNoX11WhereTheSeatHasNoTmp) {
    auto from = a_full_seat();
    from.shares.tmp.clear();
    const auto offered = offer(a_grant("display"), from);
    ASSERT_TRUE(offered);
    EXPECT_FALSE(offered->environment.contains("DISPLAY")) << "its socket would be looked for in the host's own /tmp";
    expect_its_own(*offered, from);
}

} // namespace
} // namespace berth::grants
