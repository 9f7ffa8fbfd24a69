#include "pam/pam_session.hpp"
#include "support/pam_folder.hpp"

#include <gmock/gmock.h>

#include <sstream>
#include <utility>
#include <vector>

namespace berth::pam {
namespace {

using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Optional;

class PamSessionTest : public ::testing::Test {
  protected:
    [[nodiscard]] Request request(std::string user = "root") const {
        return Request{.user = std::move(user),
                       .tty = "tty7",
                       .environment = {{"XDG_SEAT", "seat0"}, {"XDG_VTNR", "7"}},
                       .confdir = services.path()};
    }

    [[nodiscard]] Error error_of(const Request& asked) const {
        const auto session = PamSession::open(asked);
        return session ? Error{ErrorCode::failed, "it was opened"} : session.error();
    }

    test::PamFolder services;
};

TEST_F(PamSessionTest, TheModulesVariablesAreRead) {
    services.serve_session("c3");
    const auto session = PamSession::open(request());
    ASSERT_TRUE(session) << session.error().message;
    EXPECT_THAT(session->variable("XDG_SESSION_ID"), Optional(Eq("c3")));
    EXPECT_THAT(session->variable("XDG_RUNTIME_DIR"), Optional(Eq("/run/user/1000")));
    EXPECT_THAT(session->variable("XDG_NOTHING"), Eq(std::nullopt));
}

TEST_F(PamSessionTest, TheModulesSeeTheEnvironmentAndTheTerminal) {
    services.serve_session("c3", "SEEN DEFAULT=${XDG_SEAT}-${XDG_VTNR}-@{PAM_TTY}-@{PAM_USER}\n");
    const auto session = PamSession::open(request());
    ASSERT_TRUE(session) << session.error().message;
    EXPECT_THAT(session->variable("SEEN"), Optional(Eq("seat0-7-tty7-root")));
}

TEST_F(PamSessionTest, WithoutATerminalTheModulesSeeNone) {
    services.serve_session("c3");
    auto asked = request();
    asked.tty.clear();
    {
        const auto session = PamSession::open(asked);
        ASSERT_TRUE(session) << session.error().message;
    }
    EXPECT_EQ(services.log(), "open_session root \nclose_session root \n");
}

TEST_F(PamSessionTest, ItIsClosedOnceWhenItIsDestroyed) {
    services.serve_session("c3");
    {
        auto session = PamSession::open(request());
        ASSERT_TRUE(session) << session.error().message;
        const PamSession moved{std::move(*session)};
        EXPECT_EQ(services.log(), "open_session root tty7\n");
    }
    EXPECT_EQ(services.log(), "open_session root tty7\nclose_session root tty7\n");
}

TEST_F(PamSessionTest, AnAccountThatIsRefusedOpensNothing) {
    services.serve("account required pam_deny.so\nsession required pam_permit.so\n");
    const Error error = error_of(request());
    EXPECT_EQ(error.code, ErrorCode::not_authorized);
    EXPECT_EQ(error.message, "PAM refused the account for user root: Authentication failure");
}

TEST_F(PamSessionTest, AnExpiredAccountIsRefused) {
    services.serve("account required pam_debug.so acct=acct_expired\nsession required pam_permit.so\n");
    const Error error = error_of(request());
    EXPECT_EQ(error.code, ErrorCode::not_authorized);
    EXPECT_THAT(error.message, HasSubstr("expired"));
}

TEST_F(PamSessionTest, APasswordThatMustBeChangedFirstIsRefusedSinceNobodyCanBeAsked) {
    services.serve("account required pam_debug.so acct=new_authtok_reqd\nsession required pam_permit.so\n");
    EXPECT_EQ(error_of(request()).code, ErrorCode::not_authorized);
}

TEST_F(PamSessionTest, AnUnknownUserIsRefusedByName) {
    services.serve("account required pam_unix.so\nsession required pam_permit.so\n");
    const Error error = error_of(request("nobody-of-that-name"));
    EXPECT_EQ(error.code, ErrorCode::not_authorized);
    EXPECT_THAT(error.message, HasSubstr("for user nobody-of-that-name: User not known"));
}

TEST_F(PamSessionTest, ASessionThatAModuleCannotOpenIsAFailureOfThatStep) {
    services.serve("account required pam_permit.so\nsession required pam_deny.so\n");
    const Error error = error_of(request());
    EXPECT_EQ(error.code, ErrorCode::failed);
    EXPECT_THAT(error.message, HasSubstr("PAM refused the session for user root"));
}

TEST_F(PamSessionTest, AServiceThatIsNotThereIsWhatOtherSays) {
    test::write_file(services.path() + "/other", "account required pam_deny.so\n"); // pam.conf(5)
    EXPECT_EQ(error_of(request()).code, ErrorCode::not_authorized);
}

TEST_F(PamSessionTest, WhatAModuleTellsIsNoObstacle) {
    services.serve(
        "account required pam_permit.so\nsession required pam_echo.so hello\nsession required pam_permit.so\n");
    EXPECT_EQ(error_of(request()).message, "it was opened");
}

TEST_F(PamSessionTest, CredentialsOfASitesModulesAreMadeAndDeletedAndNotMissed) {
    services.serve("auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n");
    EXPECT_EQ(error_of(request()).message, "it was opened");
    services.serve("auth required pam_deny.so\naccount required pam_permit.so\nsession required pam_permit.so\n");
    EXPECT_EQ(error_of(request()).message, "it was opened");
}

/// The words of the shipped service's lines, without comments.
std::vector<std::vector<std::string>> shipped_lines() {
    std::istringstream file{test::read_file(BERTH_SOURCE_DIR "/packaging/pam/berth")};
    std::vector<std::vector<std::string>> lines;
    for (std::string line; std::getline(file, line);) {
        std::istringstream text{line.substr(0, line.find('#'))};
        std::vector<std::string> words;
        for (std::string word; text >> word;) {
            words.push_back(word);
        }
        if (!words.empty()) {
            lines.push_back(words);
        }
    }
    return lines;
}

TEST(ShippedServiceTest, NobodyIsAuthenticatedByIt) {
    int auth = 0;
    for (const auto& words : shipped_lines()) {
        if (words.front() == "auth" || words.front() == "password") {
            ++auth;
            EXPECT_THAT(words, ::testing::ElementsAre(words.front(), "required", "pam_deny.so"));
        }
        EXPECT_NE(words, (std::vector<std::string>{"@include", "common-auth"}));
    }
    EXPECT_EQ(auth, 2) << "without such a line libpam would take the service 'other' (pam.conf(5))";
}

TEST(ShippedServiceTest, TheAccountIsCheckedAndASessionOfLogindOpened) {
    const auto lines = shipped_lines();
    EXPECT_THAT(lines, ::testing::Contains(std::vector<std::string>{"@include", "common-account"}));
    EXPECT_THAT(lines, ::testing::Contains(std::vector<std::string>{"session", "required", "pam_systemd.so"}));
}

} // namespace
} // namespace berth::pam
