// Frames are taken apart the same way however their bytes are cut.

#include "relay/frames.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace berth::relay {
namespace {

using Step = FrameReader::Step;
using namespace std::string_literals;

/// stream and payload; empty payloads leave no trace.
using Frames = std::vector<std::pair<unsigned char, std::string>>;

std::string bytes_of(const Frames& frames) {
    std::string bytes;
    for (const auto& [stream, payload] : frames) {
        std::string header(8, '\0');
        header[0] = static_cast<char>(stream);
        for (unsigned byte = 0; byte < 4; ++byte) {
            header[7 - byte] = static_cast<char>(payload.size() >> (8 * byte) & 0xFFU);
        }
        bytes += header + payload;
    }
    return bytes;
}

/// What one after the other said, pieces of the same stream joined.
Frames joined(const Frames& frames) {
    Frames result;
    for (const auto& [stream, payload] : frames) {
        if (payload.empty()) {
            continue;
        }
        if (result.empty() || result.back().first != stream) {
            result.emplace_back(stream, "");
        }
        result.back().second += payload;
    }
    return result;
}

/// Feeds all of `bytes` and adds what comes out to `taken`.
Step feed(FrameReader& reader, std::string_view bytes, Frames& taken) {
    FrameReader::Piece piece;
    for (;;) {
        const Step step = reader.next(bytes, piece);
        if (step != Step::payload) {
            EXPECT_TRUE(step == Step::broken || bytes.empty());
            return step;
        }
        EXPECT_FALSE(piece.bytes.empty());
        taken.emplace_back(piece.stream, std::string{piece.bytes});
    }
}

TEST(Frames, RandomFramesCutAtRandomComeOutWhole) {
    std::mt19937 random{20'240'817};
    const auto up_to = [&random](std::size_t most) {
        return std::uniform_int_distribution<std::size_t>{0, most}(random);
    };
    for (int round = 0; round < 2000; ++round) {
        Frames frames(1 + up_to(6));
        for (auto& [stream, payload] : frames) {
            stream = static_cast<unsigned char>(up_to(2));
            payload = std::string(up_to(3) == 0 ? 0 : up_to(300), '\0');
            std::ranges::generate(payload, [&] { return static_cast<char>(up_to(255)); });
        }
        const std::string bytes = bytes_of(frames);
        FrameReader reader;
        Frames taken;
        for (std::size_t at = 0; at < bytes.size();) {
            const std::size_t size = std::min(bytes.size() - at, 1 + up_to(20));
            ASSERT_EQ(feed(reader, std::string_view{bytes}.substr(at, size), taken), Step::needs_more) << round;
            at += size;
        }
        ASSERT_TRUE(reader.complete()) << round;
        ASSERT_EQ(joined(taken), joined(frames)) << round;
    }
}

TEST(Frames, EveryCutOfAStreamIsIncompleteOrBetweenTwoFrames) {
    const std::string bytes = bytes_of({{1, "out"}, {2, ""}, {2, "err"}});
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
        FrameReader reader;
        Frames taken;
        ASSERT_EQ(feed(reader, std::string_view{bytes}.substr(0, size), taken), Step::needs_more);
        EXPECT_EQ(reader.complete(), size == 0 || size == 11 || size == 19 || size == 30) << size;
    }
}

TEST(Frames, EachByteOfAHeaderThatIsNoneBreaksIt) {
    for (std::size_t at = 0; at < 4; ++at) {
        std::string bytes = bytes_of({{1, "first"}, {1, "second"}});
        bytes[13 + at] = '\x03';
        FrameReader reader;
        Frames taken;
        EXPECT_EQ(feed(reader, bytes, taken), Step::broken) << at;
        EXPECT_EQ(taken, (Frames{{1, "first"}})) << "what came before is whole";
        EXPECT_EQ(feed(reader, bytes_of({{1, "x"}}), taken), Step::broken) << "and it stays broken";
    }
}

TEST(Frames, AFrameOf4GiBIsTakenPieceByPiece) {
    FrameReader reader;
    Frames taken;
    EXPECT_EQ(feed(reader, "\x01\0\0\0\xff\xff\xff\xff"s + "begin", taken), Step::needs_more);
    EXPECT_EQ(taken, (Frames{{1, "begin"}}));
    EXPECT_FALSE(reader.complete());
}

} // namespace
} // namespace berth::relay
