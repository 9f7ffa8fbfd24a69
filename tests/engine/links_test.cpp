// Links in a container, as far as they are words: where "~" is, which paths are links, and the folders on the way.

#include "engine/links.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* passwd = "# a comment\n"
                               "root:x:0:0:root:/root:/bin/sh\n"
                               "torn:x:12\n"
                               "nowhere:x:7:7::relative:/bin/sh\n"
                               "ann:x:1000:1001:Ann,,:/home/ann:/bin/bash\n"
                               "1234:x:77:78::/home/by-name:/bin/sh\n"
                               "last:x:1002:1002::/:/bin/sh";

TEST(HomeInAContainer, IsWhatItsPasswdSays) {
    const Home ann{"/home/ann", 1000, 1001};
    for (const char* user : {"ann", "1000", "1000:5", "ann:audio"}) {
        EXPECT_EQ(*home_in(passwd, user), ann) << user;
    }
    for (const char* user : {"", "root", "0", "0:0"}) {
        EXPECT_EQ(*home_in(passwd, user), (Home{"/root", 0, 0})) << user;
    }
    EXPECT_EQ(*home_in(passwd, "last"), (Home{"/", 1002, 1002})) << "the last line need not end";
}

TEST(HomeInAContainer, OfRootIsWhereItsPasswdSays) {
    EXPECT_EQ(*home_in("root:x:0:0::/:/bin/sh\n", ""), (Home{"/", 0, 0}));
    EXPECT_EQ(*home_in("", "root"), (Home{"/root", 0, 0})) << "an image without the file";
    EXPECT_EQ(*home_in("", ""), (Home{"/root", 0, 0}));
}

TEST(HomeInAContainer, OfWhoIsNotKnownIsRefusedByName) {
    for (const char* user : {"bob", "1234", "nowhere", "torn", "4294967296", "-1", "77x"}) {
        const auto home = home_in(passwd, user);
        ASSERT_FALSE(home) << user;
        EXPECT_THAT(home.error().message, HasSubstr(std::string{"\""} + user + "\""));
        EXPECT_THAT(home.error().message, HasSubstr("/etc/passwd"));
    }
    EXPECT_FALSE(home_in("", "1000"));
}

TEST(Links, AreAbsoluteOrAtHomeAndDoNotClimb) {
    for (const char* path : {"/a", "/a/b.c", "~/a", "~/.config/pulse/0-runtime", "/a/..b", "/~/a"}) {
        EXPECT_TRUE(check_links({{path, "/t"}})) << path;
    }
    for (const char* path : {"", "/", "~", "~/", "a", "a/b", "~ann/x", "/a/", "/a//b", "//a", "/a/../b", "/..",
                             "~/../x", "/a/./b", "~/."}) {
        const auto checked = check_links({{"/fine", "/t"}, {path, "/t"}});
        ASSERT_FALSE(checked) << path;
        EXPECT_EQ(checked.error().code, ErrorCode::invalid_argument);
    }
    EXPECT_FALSE(check_links({{"/a", ""}})) << "it points nowhere";
}

TEST(Links, NameTheFoldersOnTheWayOutermostFirst) {
    EXPECT_THAT(folders_of({{"/a/b/c", "t"}, {"/a/d", "t"}, {"/e", "t"}}), ElementsAre("/a", "/a/b"));
    EXPECT_THAT(folders_of({}), ElementsAre());
}

} // namespace
} // namespace berth::engine
