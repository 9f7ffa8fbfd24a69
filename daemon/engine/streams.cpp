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
    while (!bytes.empty()) {
        if (payload_left_ != 0) {
            const std::size_t size = std::min<std::size_t>(payload_left_, bytes.size());
            output_.append(bytes.substr(0, std::min(size, longest_ - output_.size())));
            payload_left_ -= static_cast<std::uint32_t>(size);
            bytes.remove_prefix(size);
            continue;
        }
        header_[header_size_++] = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        if (header_size_ == header_length && !take_header()) {
            return false;
        }
    }
    return true;
}

bool ExecStream::take_header() {
    header_size_ = 0;
    if (header_[0] > 2 || header_[1] != 0 || header_[2] != 0 || header_[3] != 0) {
        return false;
    }
    payload_left_ = std::uint32_t{header_[4]} << 24U | std::uint32_t{header_[5]} << 16U |
                    std::uint32_t{header_[6]} << 8U | std::uint32_t{header_[7]};
    return true;
}

} // namespace berth::engine
