#include "engine/streams.hpp"

#include <algorithm>
#include <utility>

namespace berth::engine {

bool LineSplitter::feed(std::string_view bytes, const Sink& sink) {
    while (!bytes.empty()) {
        const std::size_t newline = bytes.find('\n');
        const std::string_view piece = bytes.substr(0, newline);
        if (pending_.size() + piece.size() > longest_) {
            return false;
        }
        pending_.append(piece);
        if (newline == std::string_view::npos) {
            return true;
        }
        bytes.remove_prefix(newline + 1);
        const std::string line = std::exchange(pending_, {});
        if (!line.empty() && line != "\r") {
            sink(line);
        }
    }
    return true;
}

bool ExecStream::feed(std::string_view bytes) {
    relay::FrameReader::Piece piece;
    for (;;) {
        switch (frames_.next(bytes, piece)) {
        case relay::FrameReader::Step::payload:
            output_.append(piece.bytes.substr(0, std::min(piece.bytes.size(), longest_ - output_.size())));
            break;
        case relay::FrameReader::Step::needs_more:
            return true;
        case relay::FrameReader::Step::broken:
            return false;
        }
    }
}

} // namespace berth::engine
