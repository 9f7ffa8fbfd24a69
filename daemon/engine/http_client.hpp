#pragma once

#include "base/result.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace berth::engine {

/// One HTTP/1.1 request to an engine.
struct HttpRequest {
    std::string method;                           ///< "GET", "POST", "PUT", "DELETE" or "HEAD"
    std::string target;                           ///< path and query, percent-encoded
    std::string body;                             ///< empty: none is sent
    std::string content_type{"application/json"}; ///< of the body
    /// From the start of connect(2) to the last byte of the answer; zero: no time limit.
    std::chrono::milliseconds deadline{10'000};
    /// An answer whose body is longer ends with engine_unavailable. Streams hand their bytes on and have no cap.
    std::size_t body_cap{std::size_t{8} * 1024 * 1024};
    /// For a stream that lives on: the deadline covers the answer's header only.
    bool endless{false};

    bool operator==(const HttpRequest&) const = default;
};

/// An engine's answer. A stream's bytes went to its sink; then `body` is empty.
struct HttpAnswer {
    unsigned status{0};
    std::string body;

    bool operator==(const HttpAnswer&) const = default;
};

/// HTTP/1.1 (RFC 9112) over Unix sockets, one connection a request. What goes wrong is named: engine_unavailable
/// (nobody listens, the socket died in the middle of an answer, the bytes are not HTTP, the answer is too long),
/// timed_out, cancelled (`close` was called). An answer with a status such as 404 is an answer, not an Error.
/// One thread: the io_context's.
class HttpClient {
  public:
    /// Takes the next bytes of a body; false ends the stream, as a success.
    using Sink = std::function<bool(std::string_view)>;

    explicit HttpClient(boost::asio::io_context& io);
    HttpClient(const HttpClient&) = delete;
    HttpClient(HttpClient&&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;
    HttpClient& operator=(HttpClient&&) = delete;
    /// As `close`. Coroutines that are still under way may outlive the client: they hold what they need.
    ~HttpClient();

    /// Sends `request` to the socket at `path` and reads the whole answer. `*connected` is set once the engine has
    /// taken the connection; while it is false the engine has seen nothing of the request.
    boost::asio::awaitable<Result<HttpAnswer>> request(std::string path, HttpRequest request, bool* connected);

    /// As `request`, but the body of an answer with a 2xx status is handed to `sink` as it comes. Ends when the
    /// engine ends the body.
    boost::asio::awaitable<Result<HttpAnswer>> stream(std::string path, HttpRequest request, Sink sink);

    /// Ends every request under way with `cancelled`, from a later turn of the loop, and refuses new ones.
    void close() noexcept;

  private:
    struct Connections;
    struct Exchange;
    std::shared_ptr<Connections> connections_;
};

/// True when something accepts connections on the Unix socket at `path` now. Does not block.
bool listens(const std::string& path) noexcept;

} // namespace berth::engine
