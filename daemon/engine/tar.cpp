#include "engine/tar.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace berth::engine {
namespace {

constexpr std::size_t block_size = 512;
constexpr std::size_t longest_name = 100;
constexpr std::size_t longest_prefix = 155;
constexpr std::uint32_t largest_id = 07777777; ///< seven octal digits
constexpr std::size_t checksum_at = 148;
constexpr std::size_t checksum_length = 8;

/// One header block, and where its fields are (pax(1)).
class TarHeader {
  public:
    void text(std::size_t at, std::string_view value) { block_.replace(at, value.size(), value); }

    /// Octal digits, filled up with zeros; the last byte of the field stays NUL.
    void number(std::size_t at, std::size_t length, std::uint64_t value) {
        for (std::size_t digit = length - 1; digit-- > 0; value /= 8) {
            block_[at + digit] = static_cast<char>('0' + value % 8);
        }
    }

    const std::string& sealed() {
        text(checksum_at, std::string(checksum_length, ' '));
        std::uint64_t sum = 0;
        for (const char byte : block_) {
            sum += static_cast<unsigned char>(byte);
        }
        number(checksum_at, checksum_length - 1, sum);
        block_[checksum_at + checksum_length - 2] = '\0';
        return block_;
    }

  private:
    std::string block_ = std::string(block_size, '\0');
};

Error no_room(const std::string& what) {
    return Error{ErrorCode::invalid_argument,
                 "\"" + what.substr(0, 300) + "\" is too long for an archive, or has a NUL"};
}

/// Where a path is cut in two: prefix, '/', name. The whole length: it needs no prefix; 0: it does not fit.
std::size_t cut_of(const std::string& path) {
    if (path.size() <= longest_name) {
        return path.size();
    }
    const std::size_t slash = path.rfind('/', longest_prefix);
    const bool fits =
        slash != std::string::npos && slash != 0 && path.size() - slash - 1 <= longest_name && path.size() - slash > 1;
    return fits ? slash : 0;
}

Result<std::string> header_of(const TarEntry& entry) {
    const bool is_link = !entry.target.empty();
    const std::string path = is_link ? entry.path : entry.path + "/";
    const std::size_t cut = cut_of(path);
    if (entry.path.empty() || cut == 0 || path.find('\0') != std::string::npos) {
        return no_room(entry.path);
    }
    if (entry.target.size() > longest_name || entry.target.find('\0') != std::string::npos) {
        return no_room(entry.target);
    }
    if (std::max(entry.uid, entry.gid) > largest_id) {
        return Error{ErrorCode::invalid_argument, "an archive has no room for the ids of \"" + entry.path + "\""};
    }
    TarHeader header;
    const bool whole = cut == path.size();
    header.text(0, whole ? path : path.substr(cut + 1));
    header.text(345, whole ? std::string{} : path.substr(0, cut));
    header.number(100, 8, is_link ? 0777 : 0755);
    header.number(108, 8, entry.uid);
    header.number(116, 8, entry.gid);
    header.number(124, 12, 0); // size
    header.number(136, 12, 0); // time
    header.text(156, is_link ? "2" : "5");
    header.text(157, entry.target);
    header.text(257, "ustar");
    header.text(263, "00");
    return header.sealed();
}

Error no_archive() {
    return Error{ErrorCode::engine_unavailable, "the container engine sent an archive that is none, or is cut off"};
}

} // namespace

Result<std::string> write_tar(const std::vector<TarEntry>& entries) {
    std::string archive;
    for (const TarEntry& entry : entries) {
        const auto header = header_of(entry);
        if (!header) {
            return header.error();
        }
        archive += *header;
    }
    return archive.append(2 * block_size, '\0');
}

Result<std::string> first_file_in_tar(std::string_view archive) {
    if (archive.size() < block_size || archive.substr(257, 5) != "ustar") {
        return no_archive();
    }
    const std::string_view field = archive.substr(124, 12);
    std::uint64_t size = 0;
    const auto read = std::from_chars(field.data(), field.data() + field.size(), size, 8);
    if (read.ec != std::errc{} || size > archive.size() - block_size) {
        return no_archive();
    }
    const char kind = archive[156];
    return kind == '0' || kind == '\0' ? std::string{archive.substr(block_size, size)} : std::string{};
}

} // namespace berth::engine
