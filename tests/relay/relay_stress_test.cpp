// Much at once: nothing is lost or changes its order, and neither direction holds up the other.

#include "relay/pump.hpp"
#include "relay/relay_run.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>

#include <cerrno>
#include <poll.h>
#include <random>
#include <unistd.h>

namespace berth::test {
namespace {

constexpr std::size_t mebibyte = std::size_t{1024} * 1024;

/// Text in which every place is another: numbers, one a line.
std::string numbered(std::size_t size) {
    std::string text;
    for (int number = 0; text.size() < size; ++number) {
        text += std::to_string(number) + "\n";
    }
    return text;
}

/// Cuts `text` into frames of random sizes for stdout, with something for stderr now and then.
std::string in_frames(const std::string& text, std::string& err) {
    std::mt19937 random{7};
    std::uniform_int_distribution<std::size_t> sizes{1, 70'000};
    std::string bytes;
    for (std::size_t at = 0; at < text.size();) {
        const std::string piece = text.substr(at, sizes(random));
        bytes += frame(1, piece);
        at += piece.size();
        err += piece.substr(0, 10);
        bytes += frame(2, piece.substr(0, 10));
    }
    return bytes;
}

TEST(RelayOfMuch, EightMebibytesArriveWholeAndInOrderAtAReaderWhoIsSlow) {
    PipedRelay relay{"framed"};
    const std::string text = numbered(8 * mebibyte);
    std::string err;
    const std::string bytes = in_frames(text, err);
    std::string seen;
    for (std::size_t sent = 0; seen.size() < text.size();) {
        // As much as is taken, and only then a little is read: the reader is always who is waited for.
        while (sent < bytes.size()) {
            const ssize_t size = ::send(relay.connection.first.get(), bytes.data() + sent, bytes.size() - sent,
                                        MSG_DONTWAIT | MSG_NOSIGNAL);
            if (size < 0) {
                ASSERT_EQ(errno, EAGAIN);
                break;
            }
            sent += static_cast<std::size_t>(size);
        }
        const std::string piece =
            read_bytes(relay.out.first.get(), std::min<std::size_t>(3000, text.size() - seen.size()));
        ASSERT_FALSE(piece.empty()) << "nothing came for 10 s, after " << seen.size() << " bytes";
        seen += piece;
    }
    relay.connection.first.reset();
    EXPECT_TRUE(seen == text) << "it came changed";
    EXPECT_EQ(relay.run.end(), static_cast<int>(relay::End::ended));
    EXPECT_EQ(read_to_end(relay.out.first.get()), "");
    EXPECT_EQ(read_to_end(relay.err.first.get()), err);
}

TEST(RelayOfMuch, OutputFlowsWhileTheContainerTakesNoInput) {
    PipedRelay relay{"framed"};
    // Until neither the connection nor the relay nor the pipe takes any more.
    const std::string text = numbered(mebibyte);
    std::size_t typed = 0;
    pollfd room{relay.in.second.get(), POLLOUT, 0};
    while (::poll(&room, 1, 200) == 1) {
        const ssize_t size = ::write(relay.in.second.get(), text.data() + typed, 4096);
        ASSERT_GT(size, 0);
        typed += static_cast<std::size_t>(size);
        ASSERT_LT(typed + 4096, text.size()) << "all of it went somewhere";
    }
    ASSERT_TRUE(write_bytes(relay.connection.first.get(), frame(1, "flows")));
    EXPECT_EQ(read_bytes(relay.out.first.get(), 5), "flows");
    relay.in.second.reset();
    const std::string taken = read_to_end(relay.connection.first.get());
    EXPECT_EQ(taken.size(), typed);
    EXPECT_TRUE(taken == text.substr(0, typed)) << "it came changed";
}

TEST(RelayOfMuch, InputFlowsWhileTheCallerReadsNothing) {
    PipedRelay relay{"raw"};
    const std::string text = numbered(2 * mebibyte);
    std::size_t sent = 0;
    pollfd room{relay.connection.first.get(), POLLOUT, 0};
    while (::poll(&room, 1, 200) == 1) {
        const ssize_t size = ::send(relay.connection.first.get(), text.data() + sent, 4096, MSG_DONTWAIT);
        ASSERT_GT(size, 0);
        sent += static_cast<std::size_t>(size);
        ASSERT_LT(sent + 4096, text.size()) << "all of it went somewhere";
    }
    ASSERT_TRUE(write_bytes(relay.in.second.get(), "ctrl-c"));
    EXPECT_EQ(read_bytes(relay.connection.first.get(), 6), "ctrl-c");
    ::shutdown(relay.connection.first.get(), SHUT_WR);
    EXPECT_TRUE(read_to_end(relay.out.first.get()) == text.substr(0, sent)) << "it came changed";
    EXPECT_EQ(relay.run.end(), static_cast<int>(relay::End::ended));
}

} // namespace
} // namespace berth::test
