#pragma once

#include <string>

namespace berth::test {

/// One entry of an Xauthority file (Xsecurity(7)): the family, and four strings with their lengths.
inline std::string cookie_entry(unsigned family, const std::string& address, const std::string& number,
                                const std::string& data) {
    const auto counted = [](const std::string& bytes) {
        return std::string{static_cast<char>(bytes.size() / 256), static_cast<char>(bytes.size() % 256)} + bytes;
    };
    return std::string{static_cast<char>(family / 256), static_cast<char>(family % 256)} + counted(address) +
           counted(number) + counted("MIT-MAGIC-COOKIE-1") + counted(data);
}

/// As a desktop on the host "desk" writes it.
inline std::string local_cookie(const std::string& data) {
    return cookie_entry(256, "desk", "0", data);
}

/// … and as it must be for any host.
inline std::string wild_cookie(const std::string& data) {
    return cookie_entry(0xFFFF, "", "0", data);
}

} // namespace berth::test
