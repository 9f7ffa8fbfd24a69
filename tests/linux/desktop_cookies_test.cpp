#include "linux/desktop_cookies.hpp"
#include "support/cookies.hpp"
#include "support/scratch_folder.hpp"
#include "xauth/wild.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace berth::os {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

/// A desktop's runtime directory, where it can do what it likes.
class DesktopCookies : public ::testing::Test {
  protected:
    [[nodiscard]] std::string path(const std::string& name) const { return runtime.path() + "/" + name; }

    void write(const std::string& name, const std::string& content, long seconds = 1'000) const {
        test::write_file(path(name), content);
        const timespec times[2]{{seconds, 0}, {seconds, 0}};
        ASSERT_EQ(::utimensat(AT_FDCWD, path(name).c_str(), times, 0), 0);
    }

    [[nodiscard]] Result<std::string> cookies(CookieFile which = CookieFile::xwayland) const {
        return desktop_cookies(runtime.path(), which, ::geteuid());
    }

    /// Nothing to read is no error: the desktop may have no X server.
    void expect_none(CookieFile which = CookieFile::xwayland) const {
        const auto found = cookies(which);
        ASSERT_TRUE(found.has_value()) << found.error().message;
        EXPECT_EQ(*found, "");
    }

    test::ScratchFolder runtime;
};

TEST_F(DesktopCookies, AreMadeGoodForEveryHost) {
    write(".mutter-Xwaylandauth.AB12CD", test::local_cookie("secret"));
    const auto found = cookies();
    ASSERT_TRUE(found.has_value()) << found.error().message;
    EXPECT_EQ(*found, test::wild_cookie("secret"));
}

TEST_F(DesktopCookies, OfTheNewestFileAreTaken) {
    write(".mutter-Xwaylandauth.AAAAAA", test::local_cookie("old"), 1'000);
    write(".mutter-Xwaylandauth.BBBBBB", test::local_cookie("new"), 3'000);
    write(".mutter-Xwaylandauth.CCCCCC", test::local_cookie("middle"), 2'000);
    EXPECT_EQ(*cookies(), test::wild_cookie("new"));
}

TEST_F(DesktopCookies, OfADesktopWithItsOwnServerAreThoseOfItsFile) {
    write(".mutter-Xwaylandauth.AAAAAA", test::local_cookie("xwayland"));
    expect_none(CookieFile::own);
    write("berth-xauthority", test::local_cookie("own"));
    EXPECT_EQ(*cookies(CookieFile::own), test::wild_cookie("own"));
    EXPECT_EQ(*cookies(), test::wild_cookie("xwayland"));
}

TEST_F(DesktopCookies, WhereThereIsNoServerThereAreNone) {
    expect_none();
    write(".mutter-Xwayland", test::local_cookie("x"));
    write("wayland-0", "x");
    expect_none();
}

TEST_F(DesktopCookies, ALinkIsNotFollowed) {
    test::ScratchFolder elsewhere;
    test::write_file(elsewhere.path() + "/file", test::local_cookie("of the host"));
    fs::create_symlink(elsewhere.path() + "/file", path(".mutter-Xwaylandauth.AAAAAA"));
    write("target", test::local_cookie("of the desktop"));
    fs::create_symlink("target", path(".mutter-Xwaylandauth.BBBBBB"));
    fs::create_symlink("/proc/self/environ", path(".mutter-Xwaylandauth.CCCCCC"));
    expect_none();
}

TEST_F(DesktopCookies, WhatIsNoRegularFileIsLeftAloneAndHoldsUpNobody) {
    ASSERT_EQ(::mkfifo(path(".mutter-Xwaylandauth.AAAAAA").c_str(), 0600), 0);
    fs::create_directory(path(".mutter-Xwaylandauth.BBBBBB"));
    const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = path(".mutter-Xwaylandauth.CCCCCC");
    std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
    ASSERT_EQ(::bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(listening);
    expect_none();
}

TEST_F(DesktopCookies, AFileOfSomebodyElseIsLeftAlone) {
    write(".mutter-Xwaylandauth.AAAAAA", test::local_cookie("x"));
    const auto found = desktop_cookies(runtime.path(), CookieFile::xwayland, ::geteuid() + 1);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(*found, "");
}

TEST_F(DesktopCookies, AFileThatIsTooLargeIsAnErrorAndTheLargestIsNot) {
    // One entry whose data fill the file to the last byte.
    const std::size_t rest = xauth::largest_file - test::local_cookie("").size();
    write(".mutter-Xwaylandauth.AAAAAA", test::local_cookie(std::string(rest, 'd')));
    ASSERT_EQ(fs::file_size(path(".mutter-Xwaylandauth.AAAAAA")), xauth::largest_file);
    EXPECT_EQ(*cookies(), test::wild_cookie(std::string(rest, 'd')));
    write(".mutter-Xwaylandauth.BBBBBB", test::local_cookie("") + std::string(1U << 20U, 'd'), 2'000);
    const auto found = cookies();
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error().code, ErrorCode::invalid_argument);
}

TEST_F(DesktopCookies, WhatIsNoFileOfCookiesIsAnErrorThatTellsNothingOfIt) {
    write(".mutter-Xwaylandauth.AAAAAA", test::local_cookie("top-secret").substr(0, 40));
    const auto found = cookies();
    ASSERT_FALSE(found.has_value());
    EXPECT_THAT(found.error().message, Not(HasSubstr("secret")));
    EXPECT_FALSE(found.error().message.empty());
}

TEST_F(DesktopCookies, AFloodOfNamesHidesNothingThatIsNotOfThatName) {
    for (int i = 0; i < 200; ++i) {
        fs::create_symlink("nowhere", path(".mutter-Xwaylandauth." + std::to_string(i)));
    }
    expect_none();
    write("berth-xauthority", test::local_cookie("own"));
    EXPECT_EQ(*cookies(CookieFile::own), test::wild_cookie("own"));
}

TEST_F(DesktopCookies, ADirectoryThatIsGoneOrALinkIsAnError) {
    EXPECT_FALSE(desktop_cookies(path("gone"), CookieFile::xwayland, ::geteuid()).has_value());
    fs::create_directory(path("real"));
    fs::create_directory_symlink("real", path("link"));
    EXPECT_TRUE(desktop_cookies(path("real"), CookieFile::xwayland, ::geteuid()).has_value());
    EXPECT_FALSE(desktop_cookies(path("link"), CookieFile::xwayland, ::geteuid()).has_value());
}

} // namespace
} // namespace berth::os
