// What an X11 client sends goes on as it is, but that it asks for what only local clients can use.

#include "loopback/words.hpp"
#include "loopback/x11_requests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace berth::loopback {
namespace {

using test::x11_asks_for;
using test::x11_greeting;
using test::x11_request;

/// What goes on of a stream that comes in pieces of that size.
std::string passed(const std::string& stream, std::size_t piece) {
    X11Requests requests;
    std::string held;
    std::string out;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        held += stream.substr(at, piece);
        const std::size_t size = requests.pass(held.data(), held.size());
        out += held.substr(0, size);
        held.erase(0, size);
        EXPECT_LE(held.size(), X11Requests::most_held);
    }
    return out;
}

std::string passed(const std::string& stream) {
    return passed(stream, stream.size());
}

TEST(X11Requests, HidesWhatOnlyALocalClientCanUse) {
    for (const bool big_endian : {false, true}) {
        for (const char* name : {"MIT-SHM", "DRI3"}) {
            std::string hidden{name};
            hidden[0] = '-';
            const std::string before = x11_greeting(big_endian) + x11_request(43, "", big_endian);
            EXPECT_EQ(passed(before + x11_asks_for(name, big_endian)), before + x11_asks_for(hidden, big_endian))
                << name;
        }
    }
}

TEST(X11Requests, LetsEverythingElseGoOnAsItIs) {
    const std::string pixels(4000, 'M');
    for (const std::string& request :
         {x11_asks_for("GLX"), x11_asks_for("MIT-SHM2"), x11_asks_for("MIT-SH"), x11_asks_for("DRI"), x11_asks_for(""),
          x11_asks_for(std::string(64, 'x')), x11_asks_for(std::string(65, 'x')), x11_request(72, pixels),
          x11_request(127, ""), x11_request(98, "")}) {
        const std::string stream = x11_greeting() + request + x11_request(43, "");
        EXPECT_EQ(passed(stream), stream);
    }
}

TEST(X11Requests, ANameInsideAnotherRequestIsNotOne) {
    const std::string stream = x11_greeting() + x11_request(72, x11_asks_for("MIT-SHM")) + x11_request(43, "");
    EXPECT_EQ(passed(stream), stream);
}

TEST(X11Requests, ALongRequestIsReadByItsOwnLength) {
    const std::string body(300'000, 'x');
    const std::string big = std::string{"\x48\0\0\0", 4} + test::number(2 + 300'000 / 4, 4, false) + body;
    const std::string asks = x11_asks_for("DRI3");
    const std::string out = passed(x11_greeting() + big + asks);
    EXPECT_EQ(out.substr(0, out.size() - asks.size()), x11_greeting() + big);
    EXPECT_EQ(out.substr(out.size() - asks.size()), x11_asks_for("-RI3"));
}

TEST(X11Requests, HoweverItIsCutTheSameGoesOn) {
    const std::string stream = x11_greeting() + x11_asks_for("BIG-REQUESTS") + x11_asks_for("MIT-SHM") +
                               x11_request(72, std::string(100, 'p')) + x11_asks_for("DRI3") + x11_request(43, "");
    const std::string whole = passed(stream);
    EXPECT_EQ(whole.size(), stream.size());
    EXPECT_NE(whole, stream);
    for (std::size_t piece = 1; piece < 80; ++piece) {
        EXPECT_EQ(passed(stream, piece), whole) << piece;
    }
}

TEST(X11Requests, WhoSpeaksSomethingElseGetsNothingThrough) {
    for (const char* stream : {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01", "b"}) {
        X11Requests requests;
        std::string bytes{stream};
        EXPECT_EQ(requests.pass(bytes.data(), bytes.size()), 0U);
        EXPECT_TRUE(requests.is_broken());
        EXPECT_EQ(requests.pass(bytes.data(), bytes.size()), 0U);
    }
}

TEST(X11Requests, ALongRequestThatIsShorterThanItsHeadIsNone) {
    X11Requests requests;
    std::string bytes = x11_greeting();
    const std::size_t greeting = bytes.size();
    bytes += std::string{"\x48\0\0\0", 4} + test::number(1, 4, false) + "rest";
    EXPECT_EQ(requests.pass(bytes.data(), bytes.size()), greeting);
    EXPECT_TRUE(requests.is_broken());
}

} // namespace
} // namespace berth::loopback
