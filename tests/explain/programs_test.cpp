#include "base/unique_fd.hpp"
#include "explain/programs.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <unistd.h>

namespace berth::explain {

namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr const char* armed_answer = R"({"word":"armed","vt":20,"home":1,"desktop":"alive","berthd":true,)"
                                     R"("restored":false,"report":null})";

/// A socket in a folder of its own, as a guard listens on it.
class GuardSocket : public ::testing::Test {
  protected:
    GuardSocket() {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        EXPECT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(listener.get(), 1), 0);
    }

    /// What a guard says that hears `heard` and answers with `answer`.
    Guard ask(const std::string& answer) {
        std::thread peer{[&] {
            const UniqueFd caller{::accept(listener.get(), nullptr, nullptr)};
            std::array<char, 64> buffer{};
            const ssize_t got = ::read(caller.get(), buffer.data(), buffer.size());
            heard.assign(buffer.data(), static_cast<std::size_t>(got > 0 ? got : 0));
            [[maybe_unused]] const ssize_t sent = ::write(caller.get(), answer.data(), answer.size());
        }};
        const Guard guard = ask_guard(path, 5'000);
        peer.join();
        return guard;
    }

    test::ScratchFolder folder;
    std::string path{folder.path() + "/seat0.sock"};
    UniqueFd listener{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::string heard;
};

TEST_F(GuardSocket, AWordIsSaidAsALineAndTheLineThatAnswersIsGiven) {
    std::thread peer{[&] {
        const UniqueFd caller{::accept(listener.get(), nullptr, nullptr)};
        std::array<char, 64> buffer{};
        const ssize_t got = ::read(caller.get(), buffer.data(), buffer.size());
        heard.assign(buffer.data(), static_cast<std::size_t>(got > 0 ? got : 0));
        [[maybe_unused]] const ssize_t sent = ::write(caller.get(), "{\"switched\":true}\nmore", 23);
    }};
    const Said answer = tell_guard(path, "switch", 5'000);
    peer.join();
    EXPECT_EQ(heard, "switch\n");
    EXPECT_EQ(answer.line, "{\"switched\":true}");
    EXPECT_EQ(answer.error, 0);
    EXPECT_EQ(tell_guard(path + ".gone", "switch", 5'000).error, ENOENT);
    EXPECT_EQ(tell_guard("/" + std::string(200, 'x'), "switch", 5'000).error, ENAMETOOLONG);
}

TEST_F(GuardSocket, AGuardIsAskedForItsStatusAndNothingElse) {
    const Guard guard = ask(std::string{armed_answer} + "\n");
    EXPECT_EQ(heard, "status\n") << "'load' would make us its berthd";
    EXPECT_EQ(guard.presence, Presence::here);
    EXPECT_EQ(guard.word, "armed");
}

TEST_F(GuardSocket, AGuardThatDoesNotAnswerIsSilent) {
    const auto begin = std::chrono::steady_clock::now();
    const Guard guard = ask_guard(path, 50); // it is connected to by the kernel, and nobody accepts
    EXPECT_EQ(guard.presence, Presence::silent);
    EXPECT_EQ(guard.trouble, "it does not answer");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{5});
}

TEST_F(GuardSocket, AGuardWhoseQueueIsFullIsSilentAtOnce) {
    std::array<Guard, 4> guards;
    for (Guard& guard : guards) {
        guard = ask_guard(path, 1);
    }
    EXPECT_EQ(guards.back().presence, Presence::silent);
}

TEST_F(GuardSocket, AGuardThatHangsUpIsNotGuessed) {
    EXPECT_EQ(ask("").presence, Presence::unasked);
    EXPECT_EQ(ask("half a li").presence, Presence::unasked);
}

TEST_F(GuardSocket, ASocketThatADeadGuardLeftIsNoGuard) {
    listener.reset();
    EXPECT_EQ(ask_guard(path, 1'000).presence, Presence::absent);
    EXPECT_EQ(ask_guard(folder.path() + "/none", 1'000).presence, Presence::absent);
}

TEST_F(GuardSocket, APathThatIsNoSocketCannotBeAsked) {
    const Guard guard = ask_guard(folder.path() + "/" + std::string(200, 'x'), 1'000);
    EXPECT_EQ(guard.presence, Presence::unasked);
    EXPECT_NE(guard.trouble, "");
}

TEST(GuardAnswer, HasAllThatAGuardSays) {
    const Guard guard = guard_from(armed_answer);
    EXPECT_EQ(guard.vt, 20U);
    EXPECT_EQ(guard.desktop, "alive");
    EXPECT_TRUE(guard.berthd);
    EXPECT_FALSE(guard.restored);
    EXPECT_EQ(guard.verified, std::nullopt);
    EXPECT_EQ(guard.report, "");
}

TEST(GuardAnswer, AReportSaysWhetherItWasVerified) {
    for (const bool verified : {false, true}) {
        json answer = json::parse(armed_answer);
        answer["restored"] = true;
        answer["report"] = {{"verified", verified}, {"remaining", {"tty1: KD_GRAPHICS"}}};
        const Guard guard = guard_from(answer.dump());
        EXPECT_TRUE(guard.restored);
        EXPECT_EQ(guard.verified, verified);
        EXPECT_THAT(guard.report, HasSubstr("tty1: KD_GRAPHICS"));
    }
}

TEST(GuardAnswer, WhatIsNotUnderstoodIsSaid) {
    for (const char* line : {"", "hello", "[]", "3", R"({"error":"load or status was expected"})", R"({"word":5})"}) {
        const Guard guard = guard_from(line);
        EXPECT_EQ(guard.presence, Presence::unasked) << line;
        EXPECT_THAT(guard.trouble, HasSubstr(line));
    }
    EXPECT_EQ(guard_from(R"({"word":"armed","vt":-3,"desktop":7,"berthd":"yes"})").vt, 0U);
}

TEST(BerthdAnswer, HasTheSeatsProperties) {
    const Berthd berthd = berthd_from({{"State", "held"},
                                       {"Mode", "vt"},
                                       {"Desktop", "gnome"},
                                       {"Vt", 7U},
                                       {"LastFailure", {"restore-tty", "VtUnavailable", "the kernel said no"}}},
                                      801);
    EXPECT_EQ(berthd.presence, Presence::here);
    EXPECT_EQ(berthd.pid, 801);
    EXPECT_TRUE(berthd.knows_seat);
    EXPECT_EQ(berthd.state, "held");
    EXPECT_EQ(berthd.mode, "vt");
    EXPECT_EQ(berthd.desktop, "gnome");
    EXPECT_EQ(berthd.vt, 7U);
    EXPECT_EQ(berthd.failed_step, "restore-tty");
    EXPECT_EQ(berthd.failure, "VtUnavailable: the kernel said no");
}

TEST(BerthdAnswer, ThreeEmptyStringsAreNoFailure) {
    EXPECT_EQ(berthd_from({{"State", "vacant"}, {"LastFailure", {"", "", ""}}}, 1).failure, "");
    EXPECT_EQ(berthd_from({{"State", "vacant"}, {"LastFailure", {1, "x", 3}}}, 1).failure, "");
}

TEST(BerthdAnswer, ASeatThatItDoesNotHaveIsSaid) {
    const Berthd berthd = berthd_from(nullptr, 801);
    EXPECT_EQ(berthd.presence, Presence::here);
    EXPECT_FALSE(berthd.knows_seat);
}

} // namespace

} // namespace berth::explain
