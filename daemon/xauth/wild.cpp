#include "xauth/wild.hpp"

#include <array>
#include <optional>
#include <set>

namespace berth::xauth {
namespace {

Error no_cookies(const std::string& why) {
    return Error{ErrorCode::invalid_argument, "this is no file of X cookies: " + why};
}

/// Takes numbers and strings from the front of bytes.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : rest_{bytes}, size_{bytes.size()} {}

    [[nodiscard]] bool is_done() const { return rest_.empty(); }

    [[nodiscard]] std::size_t at() const { return size_ - rest_.size(); }

    std::optional<unsigned> number() {
        if (rest_.size() < 2) {
            return std::nullopt;
        }
        const auto high = static_cast<unsigned char>(rest_[0]);
        const auto low = static_cast<unsigned char>(rest_[1]);
        rest_.remove_prefix(2);
        return high * 256U + low;
    }

    std::optional<std::string_view> counted() {
        const auto length = number();
        if (!length || rest_.size() < *length) {
            return std::nullopt;
        }
        const std::string_view found = rest_.substr(0, *length);
        rest_.remove_prefix(*length);
        return found;
    }

  private:
    std::string_view rest_;
    std::size_t size_;
};

void put_number(std::string& out, std::size_t number) {
    out.push_back(static_cast<char>(number / 256));
    out.push_back(static_cast<char>(number % 256));
}

void put_counted(std::string& out, std::string_view bytes) {
    put_number(out, bytes.size());
    out.append(bytes);
}

} // namespace

Result<std::string> for_every_host(std::string_view file) {
    if (file.empty()) {
        return no_cookies("it is empty");
    }
    if (file.size() > largest_file) {
        return no_cookies("it is larger than " + std::to_string(largest_file) + " bytes");
    }
    std::string wild;
    std::set<std::string> seen;
    for (Reader reader{file}; !reader.is_done();) {
        const std::size_t begin = reader.at();
        const auto family = reader.number();
        std::array<std::optional<std::string_view>, 4> strings; // address, number, name, data
        for (auto& string : strings) {
            string = reader.counted();
        }
        if (!family || !strings[0] || !strings[1] || !strings[2] || !strings[3]) {
            return no_cookies("the entry at byte " + std::to_string(begin) + " is cut off");
        }
        if (strings[2]->empty()) {
            return no_cookies("the entry at byte " + std::to_string(begin) + " names no protocol");
        }
        std::string entry;
        put_number(entry, family_wild);
        put_counted(entry, {});
        for (std::size_t at = 1; at < strings.size(); ++at) {
            put_counted(entry, *strings[at]);
        }
        if (seen.insert(entry).second) {
            wild += entry;
        }
    }
    return wild;
}

} // namespace berth::xauth
