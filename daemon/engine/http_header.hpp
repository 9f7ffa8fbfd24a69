#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// As much of HTTP/1 (RFC 9112) as an answer needs after which the connection speaks something else. Pure: bytes in,
// values out; nothing that a server says is trusted. Not tied to a thread.

namespace berth::engine {

/// The header of an answer.
struct HttpHeader {
    unsigned status{0};                ///< 100 to 599
    std::optional<std::size_t> length; ///< Content-Length, bytes
    bool chunked{false};               ///< Transfer-Encoding: chunked

    bool operator==(const HttpHeader&) const = default;
};

/// Reads a header up to and with its empty line. engine_unavailable where it is not HTTP/1.
Result<HttpHeader> read_http_header(std::string_view bytes);

/// How a body that comes in pieces stands.
struct HttpBody {
    bool complete{false};
    std::string bytes; ///< without the chunks' own lines

    bool operator==(const HttpBody&) const = default;
};

/// What the bytes after `header` say so far. A body without a length ends with the connection and is never complete.
/// Chunks that are none end the body where they are.
HttpBody read_http_body(const HttpHeader& header, std::string_view bytes);

} // namespace berth::engine
