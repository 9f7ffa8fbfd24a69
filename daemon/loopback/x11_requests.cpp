#include "loopback/x11_requests.hpp"

#include <cstring>

namespace berth::loopback {

namespace {

constexpr std::size_t greeting_header = 12;
constexpr std::size_t request_header = 4;
constexpr std::size_t long_request_header = 8;
constexpr std::size_t name_at = 8; // in QueryExtension
constexpr unsigned char query_extension = 98;
constexpr char nobodys_letter = '-'; // "-IT-SHM" is the name of no extension

constexpr std::uint64_t padded(std::uint64_t size) {
    return (size + 3) / 4 * 4;
}

bool is_for_local_clients(const char* name, std::size_t length) {
    const auto is = [name, length](const char* hidden) {
        return length == std::strlen(hidden) && std::memcmp(name, hidden, length) == 0;
    };
    return is("MIT-SHM") || is("DRI3");
}

} // namespace

std::uint32_t X11Requests::number(const char* bytes, std::size_t length) const noexcept {
    std::uint32_t value = 0;
    for (std::size_t at = 0; at < length; ++at) {
        const std::size_t next = big_endian_ ? at : length - 1 - at;
        value = value << 8U | static_cast<unsigned char>(bytes[next]);
    }
    return value;
}

/// The first bytes: byte order, version, and how long the names and cookies behind them are.
std::size_t X11Requests::greet(const char* bytes, std::size_t size) noexcept {
    broken_ = bytes[0] != 'B' && bytes[0] != 'l';
    if (broken_ || size < greeting_header) {
        return 0;
    }
    big_endian_ = bytes[0] == 'B';
    unread_ = padded(number(bytes + 6, 2)) + padded(number(bytes + 8, 2));
    greeted_ = true;
    return greeting_header;
}

std::size_t X11Requests::request(char* bytes, std::size_t size) noexcept {
    if (size < request_header) {
        return 0;
    }
    std::uint64_t length = std::uint64_t{number(bytes + 2, 2)} * 4;
    std::size_t header = request_header;
    if (length == 0) {
        if (size < long_request_header) {
            return 0;
        }
        header = long_request_header;
        length = std::uint64_t{number(bytes + 4, 4)} * 4;
        broken_ = length < header;
        if (broken_) {
            return 0;
        }
    } else if (static_cast<unsigned char>(bytes[0]) == query_extension && length >= name_at && length <= most_held) {
        if (size < length) {
            return 0;
        }
        const std::size_t name = number(bytes + 4, 2);
        if (name <= length - name_at && is_for_local_clients(bytes + name_at, name)) {
            bytes[name_at] = nobodys_letter;
        }
        return static_cast<std::size_t>(length);
    }
    unread_ = length - header;
    return header;
}

std::size_t X11Requests::pass(char* bytes, std::size_t size) noexcept {
    std::size_t passed = 0;
    while (passed < size && !broken_) {
        const std::size_t left = size - passed;
        if (unread_ > 0) {
            const std::size_t more = unread_ < left ? static_cast<std::size_t>(unread_) : left;
            unread_ -= more;
            passed += more;
            continue;
        }
        const std::size_t taken = greeted_ ? request(bytes + passed, left) : greet(bytes + passed, left);
        if (taken == 0) {
            break;
        }
        passed += taken;
    }
    return passed;
}

} // namespace berth::loopback
