// Who comes to a sound server by TCP has its test::sound_cookie, or gets nothing through.

#include "loopback/pulse_greeting.hpp"
#include "loopback/words.hpp"

#include <gtest/gtest.h>

namespace berth::loopback {
namespace {

using test::pulse_greeting;
using Verdict = PulseGreeting::Verdict;

Verdict judged(std::string bytes) {
    return PulseGreeting::judge(bytes.data(), bytes.size(), test::sound_cookie.data());
}

TEST(PulseGreeting, WithTheCookieIsWelcome) {
    EXPECT_EQ(judged(pulse_greeting(test::sound_cookie)), Verdict::welcome);
    EXPECT_EQ(judged(pulse_greeting(test::sound_cookie) + "what follows"), Verdict::welcome);
}

TEST(PulseGreeting, IsWaitedForUntilItIsWhole) {
    const std::string whole = pulse_greeting(test::sound_cookie);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_EQ(judged(whole.substr(0, size)), Verdict::unfinished) << size;
    }
}

TEST(PulseGreeting, WithAnotherCookieIsRefused) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{100}, PulseGreeting::cookie_size - 1}) {
        std::string other = test::sound_cookie;
        other[at] = 'd';
        EXPECT_EQ(judged(pulse_greeting(other)), Verdict::refused) << at;
    }
    EXPECT_EQ(judged(pulse_greeting(std::string(PulseGreeting::cookie_size, '\0'))), Verdict::refused);
    EXPECT_EQ(judged(pulse_greeting(test::sound_cookie.substr(1)) + "x"), Verdict::refused) << "a short one";
}

TEST(PulseGreeting, ThatIsNoneIsRefused) {
    const std::string whole = pulse_greeting(test::sound_cookie);
    // Length, channel, tags of values, command, length of the test::sound_cookie.
    for (const std::size_t at : {0U, 2U, 4U, 7U, 20U, 24U, 25U, 30U, 35U, 36U}) {
        std::string other = whole;
        other[at] = static_cast<char>(other[at] ^ 0x11);
        EXPECT_EQ(judged(other), Verdict::refused) << at;
    }
    EXPECT_EQ(judged(std::string(20, '\0')), Verdict::refused);
    EXPECT_EQ(judged("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"), Verdict::refused);
}

TEST(PulseGreeting, NeverKeepsMoreThanItSays) {
    std::string bytes = pulse_greeting(test::sound_cookie);
    bytes[2] = '\x03'; // 788 bytes of body, 1,024 with the head are the most
    bytes[3] = '\xEC';
    EXPECT_EQ(judged(bytes), Verdict::unfinished);
    bytes[3] = '\xED';
    EXPECT_EQ(judged(bytes), Verdict::refused);
}

TEST(PulseGreeting, OffersNoSharedMemory) {
    std::string bytes = pulse_greeting(test::sound_cookie, 0xC0000023U);
    ASSERT_EQ(PulseGreeting::judge(bytes.data(), bytes.size(), test::sound_cookie.data()), Verdict::welcome);
    EXPECT_EQ(bytes, pulse_greeting(test::sound_cookie, 0x23U));
}

} // namespace
} // namespace berth::loopback
