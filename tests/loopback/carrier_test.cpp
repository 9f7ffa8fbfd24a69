// A connection carried between two sockets, turn by turn.

#include "base/unique_fd.hpp"
#include "loopback/carrier.hpp"
#include "loopback/words.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>

#include <array>
#include <poll.h>
#include <string>
#include <unistd.h>

namespace berth::loopback {
namespace {

/// A carrier between two pairs of sockets: the test holds the outer ends.
class CarrierTest : public ::testing::Test {
  protected:
    void begin(Speech speech) {
        std::array<int, 2> client_ends{};
        std::array<int, 2> server_ends{};
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, client_ends.data()), 0);
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, server_ends.data()), 0);
        client.reset(client_ends[0]);
        server.reset(server_ends[0]);
        carrier.begin(client_ends[1], server_ends[1], speech, test::sound_cookie.data());
    }

    /// Turns until there is nothing to do.
    void settle() {
        while (!carrier.is_free()) {
            std::array<pollfd, 2> ends{
                {{carrier.client(), carrier.client_events(), 0}, {carrier.server(), carrier.server_events(), 0}}};
            for (pollfd& end : ends) {
                end.fd = end.events == 0 ? -1 : end.fd;
            }
            if (::poll(ends.data(), ends.size(), 0) <= 0) {
                return;
            }
            carrier.turn(ends[0].revents, ends[1].revents);
        }
    }

    static void say(const UniqueFd& end, const std::string& bytes) {
        ASSERT_EQ(::send(end.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
    }

    /// All that is there; "<end>" where the other side has ended.
    static std::string hear(const UniqueFd& end) {
        std::string all;
        std::array<char, 4096> piece{};
        for (;;) {
            const ssize_t size = ::recv(end.get(), piece.data(), piece.size(), MSG_DONTWAIT);
            if (size <= 0) {
                return size == 0 ? all + "<end>" : all;
            }
            all.append(piece.data(), static_cast<std::size_t>(size));
        }
    }

    UniqueFd client;
    UniqueFd server;
    Carrier carrier;
};

TEST_F(CarrierTest, CarriesBothWays) {
    begin(Speech::x11);
    say(client, test::x11_greeting() + test::x11_asks_for("MIT-SHM"));
    say(server, "an answer");
    settle();
    EXPECT_EQ(hear(server), test::x11_greeting() + test::x11_asks_for("-IT-SHM"));
    EXPECT_EQ(hear(client), "an answer");
    EXPECT_FALSE(carrier.is_free());
}

TEST_F(CarrierTest, ASoundServerHearsNothingBeforeTheCookie) {
    begin(Speech::pulse);
    const std::string greeting = test::pulse_greeting(test::sound_cookie);
    say(client, greeting.substr(0, greeting.size() - 1));
    settle();
    EXPECT_EQ(hear(server), "");
    say(client, greeting.substr(greeting.size() - 1) + "play");
    settle();
    EXPECT_EQ(hear(server), greeting + "play");
    say(client, "more");
    settle();
    EXPECT_EQ(hear(server), "more");
}

TEST_F(CarrierTest, WhoHasAnotherCookieIsHungUpOn) {
    begin(Speech::pulse);
    say(client, test::pulse_greeting(std::string(PulseGreeting::cookie_size, 'x')));
    settle();
    EXPECT_TRUE(carrier.is_free());
    EXPECT_EQ(hear(server), "<end>");
    EXPECT_EQ(hear(client), "<end>");
}

TEST_F(CarrierTest, WhoSpeaksNoX11IsHungUpOn) {
    begin(Speech::x11);
    say(client, "GET / HTTP/1.1\r\n");
    settle();
    EXPECT_TRUE(carrier.is_free());
    EXPECT_EQ(hear(server), "<end>");
}

TEST_F(CarrierTest, TheEndOfOneSideIsToldToTheOtherAndTheRestIsStillCarried) {
    begin(Speech::x11);
    say(client, test::x11_greeting());
    ASSERT_EQ(::shutdown(client.get(), SHUT_WR), 0);
    settle();
    EXPECT_EQ(hear(server), test::x11_greeting() + "<end>");
    EXPECT_FALSE(carrier.is_free());
    say(server, "the last answer");
    settle();
    EXPECT_EQ(hear(client), "the last answer");
    server.reset();
    settle();
    EXPECT_TRUE(carrier.is_free());
    EXPECT_EQ(hear(client), "<end>");
}

TEST_F(CarrierTest, AServerThatIsGoneEndsIt) {
    begin(Speech::x11);
    say(server, "goodbye");
    server.reset();
    settle();
    EXPECT_EQ(hear(client), "goodbye<end>");
    EXPECT_TRUE(carrier.is_free());
}

TEST_F(CarrierTest, AClientThatIsGoneEndsIt) {
    begin(Speech::x11);
    client.reset();
    settle();
    EXPECT_EQ(hear(server), "<end>");
    EXPECT_TRUE(carrier.is_free());
}

TEST_F(CarrierTest, WhoDoesNotReadHoldsUpNobodyButHimself) {
    begin(Speech::x11);
    const std::string much(64'000, 'x');
    std::string sent;
    for (int full = 0; full < 1000; ++full) { // until neither the kernel nor the carrier takes more
        const ssize_t size = ::send(server.get(), much.data(), much.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size <= 0) {
            break;
        }
        sent += much.substr(0, static_cast<std::size_t>(size));
        settle();
    }
    ASSERT_LT(sent.size(), 64'000'000U);
    say(client, test::x11_greeting());
    settle();
    EXPECT_EQ(hear(server), test::x11_greeting()) << "the other way goes on";
    std::string heard;
    for (std::string piece; !(piece = hear(client)).empty(); settle()) {
        heard += piece;
    }
    EXPECT_EQ(heard.size(), sent.size());
}

TEST_F(CarrierTest, ServesOneAfterAnother) {
    begin(Speech::pulse);
    say(client, test::pulse_greeting(test::sound_cookie) + "half a pac");
    client.reset();
    settle();
    ASSERT_TRUE(carrier.is_free());
    begin(Speech::x11);
    say(client, test::x11_greeting());
    settle();
    EXPECT_EQ(hear(server), test::x11_greeting()) << "nothing of the one before";
}

} // namespace
} // namespace berth::loopback
