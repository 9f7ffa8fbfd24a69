#include "relay/frames.hpp"

namespace berth::relay {

FrameReader::Step FrameReader::next(std::string_view& bytes, Piece& piece) noexcept {
    while (!broken_ && !bytes.empty()) {
        if (payload_left_ != 0) {
            const std::size_t size = bytes.size() < payload_left_ ? bytes.size() : payload_left_;
            piece = Piece{header_[0], bytes.substr(0, size)};
            payload_left_ -= static_cast<std::uint32_t>(size);
            bytes.remove_prefix(size);
            return Step::payload;
        }
        header_[header_size_++] = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        broken_ = header_size_ == header_length && !take_header();
    }
    return broken_ ? Step::broken : Step::needs_more;
}

bool FrameReader::take_header() noexcept {
    header_size_ = 0;
    if (header_[0] > 2 || header_[1] != 0 || header_[2] != 0 || header_[3] != 0) {
        return false;
    }
    payload_left_ = std::uint32_t{header_[4]} << 24U | std::uint32_t{header_[5]} << 16U |
                    std::uint32_t{header_[6]} << 8U | std::uint32_t{header_[7]};
    return true;
}

} // namespace berth::relay
