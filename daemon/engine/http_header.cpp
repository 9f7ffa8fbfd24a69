#include "engine/http_header.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>

namespace berth::engine {
namespace {

/// A number in all of `text`.
template <class T>
std::optional<T> number_in_all(std::string_view text, int base) {
    T value{};
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

/// The text up to CR LF, which is taken off with it; nothing where there is none.
std::optional<std::string_view> take_line(std::string_view& text) {
    const std::size_t end = text.find("\r\n");
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 2);
    return line;
}

std::string lower(std::string_view text) {
    std::string result{text};
    std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

std::string_view without_blanks(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    return first == std::string_view::npos ? std::string_view{}
                                           : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

Error not_http(std::string_view line) {
    constexpr std::size_t longest = 60;
    return Error{ErrorCode::engine_unavailable,
                 "the container engine answered what is not HTTP: " + std::string{line.substr(0, longest)}};
}

HttpBody read_chunks(std::string_view bytes) {
    HttpBody body;
    while (const auto line = take_line(bytes)) {
        const auto size = number_in_all<std::uint32_t>(without_blanks(line->substr(0, line->find(';'))), 16);
        if (!size || *size == 0) {
            body.complete = true;
            break;
        }
        body.bytes.append(bytes.substr(0, *size));
        if (bytes.size() < *size + std::size_t{2}) {
            break;
        }
        bytes.remove_prefix(*size + std::size_t{2});
    }
    return body;
}

} // namespace

Result<HttpHeader> read_http_header(std::string_view bytes) {
    const auto first = take_line(bytes);
    // "HTTP/1.1 200 OK": the version, one blank, three digits (RFC 9112 §4)
    if (!first || first->size() < 12 || !first->starts_with("HTTP/1.") || (*first)[8] != ' ') {
        return not_http(first.value_or(bytes));
    }
    const auto status = number_in_all<unsigned>(first->substr(9, 3), 10);
    if (!status || *status < 100 || *status > 599 || (first->size() > 12 && (*first)[12] != ' ')) {
        return not_http(*first);
    }
    HttpHeader header;
    header.status = *status;
    while (const auto line = take_line(bytes)) {
        if (line->empty()) {
            return header;
        }
        const std::size_t colon = line->find(':');
        if (colon == std::string_view::npos) {
            return not_http(*line);
        }
        const std::string name = lower(line->substr(0, colon));
        const std::string_view value = without_blanks(line->substr(colon + 1));
        if (name == "content-length") {
            header.length = number_in_all<std::uint32_t>(value, 10);
            if (!header.length) {
                return not_http(*line);
            }
        } else if (name == "transfer-encoding") {
            header.chunked = lower(value) == "chunked";
        }
    }
    return not_http(bytes);
}

HttpBody read_http_body(const HttpHeader& header, std::string_view bytes) {
    if (header.chunked) {
        return read_chunks(bytes);
    }
    if (header.length) {
        return HttpBody{bytes.size() >= *header.length, std::string{bytes.substr(0, *header.length)}};
    }
    return HttpBody{false, std::string{bytes}};
}

} // namespace berth::engine
