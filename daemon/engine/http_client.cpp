#include "engine/http_client.hpp"

#include "base/unique_fd.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <limits>
#include <set>
#include <utility>

namespace berth::engine {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using Stream = beast::basic_stream<asio::local::stream_protocol>;
using Parser = http::response_parser<http::buffer_body>;

constexpr auto use_result = asio::as_tuple(asio::use_awaitable);
constexpr std::uint32_t header_cap = 64 * 1024;

/// sun_path's room without the closing zero, unix(7).
constexpr std::size_t longest_path = sizeof(sockaddr_un::sun_path) - 1;

Error unavailable(std::string message) {
    return Error{ErrorCode::engine_unavailable, std::move(message)};
}

Error connect_error(const std::string& path, const error_code& code) {
    if (code == beast::error::timeout) {
        return Error{ErrorCode::timed_out, "the container engine did not take a connection on " + path + " in time"};
    }
    return unavailable("no container engine listens on " + path + ": " + code.message());
}

Error exchange_error(const std::string& path, const error_code& code, std::size_t body_cap) {
    if (code == beast::error::timeout) {
        return Error{ErrorCode::timed_out, "the container engine at " + path + " did not answer in time"};
    }
    if (code == http::error::body_limit) {
        return unavailable("the container engine's answer is longer than " + std::to_string(body_cap) + " bytes");
    }
    if (code == http::error::end_of_stream || code == http::error::partial_message || code == asio::error::eof ||
        code == asio::error::connection_reset || code == asio::error::broken_pipe ||
        code == asio::error::not_connected) {
        return unavailable("the container engine at " + path + " closed its socket in the middle of an answer");
    }
    if (code.category() == make_error_code(http::error::end_of_stream).category()) {
        return unavailable("the container engine at " + path + " answered what is not HTTP: " + code.message());
    }
    return unavailable("the socket of the container engine at " + path + " failed: " + code.message());
}

http::request<http::string_body> message_of(const HttpRequest& request) {
    http::request<http::string_body> message{http::string_to_verb(request.method), request.target, 11};
    message.set(http::field::host, "engine");
    message.set(http::field::connection, "close");
    message.set(http::field::user_agent, "berthd");
    if (!request.body.empty()) {
        message.set(http::field::content_type, request.content_type);
        message.body() = request.body;
    }
    message.prepare_payload();
    return message;
}

} // namespace

/// The sockets of the requests under way, so that `close` reaches them. Shared with the coroutines.
struct HttpClient::Connections {
    explicit Connections(asio::io_context& context) : io{context} {}

    asio::io_context& io;
    std::set<Stream*> open;
    bool closed{false};
};

/// One request and its answer, on a connection of its own. Lives in the coroutine that runs it.
struct HttpClient::Exchange {
    Exchange(std::shared_ptr<Connections> all, std::string path, HttpRequest what)
        : connections{std::move(all)}, socket_path{std::move(path)}, request{std::move(what)}, stream{connections->io} {
        connections->open.insert(&stream);
    }

    Exchange(const Exchange&) = delete;
    Exchange(Exchange&&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    Exchange& operator=(Exchange&&) = delete;

    ~Exchange() { connections->open.erase(&stream); }

    std::shared_ptr<Connections> connections;
    std::string socket_path;
    HttpRequest request;
    Stream stream;
    beast::flat_buffer buffer;
    Parser parser;
    bool taken{false}; ///< the engine has taken the connection

    [[nodiscard]] Error failed(const error_code& code) const {
        if (connections->closed) {
            return Error{ErrorCode::cancelled, "the container engine's client was closed"};
        }
        return exchange_error(socket_path, code, request.body_cap);
    }

    asio::awaitable<Result<void>> send() {
        if (connections->closed) {
            co_return Error{ErrorCode::cancelled, "the container engine's client was closed"};
        }
        if (socket_path.size() > longest_path) {
            co_return Error{ErrorCode::invalid_argument, "the socket's path is too long: " + socket_path};
        }
        if (request.deadline.count() > 0) {
            stream.expires_after(request.deadline);
        } else {
            stream.expires_never();
        }
        const asio::local::stream_protocol::endpoint endpoint{socket_path};
        auto [connected] = co_await stream.async_connect(endpoint, use_result);
        if (connected) {
            co_return connections->closed ? failed(connected) : connect_error(socket_path, connected);
        }
        taken = true;
        const auto message = message_of(request);
        auto [written, sent] = co_await http::async_write(stream, message, use_result);
        // An engine may answer, e.g. 400, and close before it has read everything: its answer says more than EPIPE.
        if (written && written != asio::error::broken_pipe) {
            co_return failed(written);
        }
        co_return Result<void>{};
    }

    asio::awaitable<Result<void>> read_header(bool streamed) {
        parser.header_limit(header_cap);
        parser.body_limit(streamed ? std::numeric_limits<std::uint64_t>::max() : request.body_cap);
        if (request.method == "HEAD") {
            parser.skip(true);
        }
        auto [code, size] = co_await http::async_read_header(stream, buffer, parser, use_result);
        if (code) {
            co_return failed(code);
        }
        if (request.endless) {
            stream.expires_never();
        }
        co_return Result<void>{};
    }

    /// Hands the body to `sink` until it ends or the sink has enough.
    asio::awaitable<Result<void>> read_body(const Sink& sink) {
        std::array<char, std::size_t{16} * 1024> piece{};
        while (!parser.is_done()) {
            parser.get().body().data = piece.data();
            parser.get().body().size = piece.size();
            auto [code, size] = co_await http::async_read_some(stream, buffer, parser, use_result);
            const std::size_t filled = piece.size() - parser.get().body().size;
            if (filled != 0 && !sink(std::string_view{piece.data(), filled})) {
                break;
            }
            if (code && code != http::error::need_buffer) {
                co_return failed(code);
            }
        }
        co_return Result<void>{};
    }

    /// `sink` null: the body goes into the answer.
    asio::awaitable<Result<HttpAnswer>> run(Sink sink) {
        const bool streamed = static_cast<bool>(sink);
        if (auto sent = co_await send(); !sent) {
            co_return sent.error();
        }
        if (auto read = co_await read_header(streamed); !read) {
            co_return read.error();
        }
        HttpAnswer answer;
        answer.status = parser.get().result_int();
        if (!streamed || answer.status / 100 != 2) {
            // The sentence of a refused stream has the usual cap, the parser's own limit was lifted for the stream.
            sink = [this, &answer](std::string_view bytes) {
                answer.body.append(bytes.substr(0, request.body_cap - answer.body.size()));
                return answer.body.size() < request.body_cap || parser.is_done();
            };
        }
        if (auto read = co_await read_body(sink); !read) {
            co_return read.error();
        }
        co_return answer;
    }
};

HttpClient::HttpClient(asio::io_context& io) : connections_{std::make_shared<Connections>(io)} {}

HttpClient::~HttpClient() {
    close();
}

void HttpClient::close() noexcept {
    connections_->closed = true;
    for (Stream* stream : connections_->open) {
        stream->close();
    }
}

asio::awaitable<Result<HttpAnswer>> HttpClient::request(std::string path, HttpRequest request, bool* connected) {
    Exchange exchange{connections_, std::move(path), std::move(request)};
    auto answer = co_await exchange.run(nullptr);
    *connected = exchange.taken;
    co_return answer;
}

asio::awaitable<Result<HttpAnswer>> HttpClient::stream(std::string path, HttpRequest request, Sink sink) {
    Exchange exchange{connections_, std::move(path), std::move(request)};
    auto answer = co_await exchange.run(std::move(sink));
    co_return answer;
}

bool listens(const std::string& path) noexcept {
    sockaddr_un address{};
    if (path.empty() || path.size() > longest_path) {
        return false;
    }
    address.sun_family = AF_UNIX;
    std::memcpy(static_cast<char*>(address.sun_path), path.data(), path.size());
    const UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) {
        return false;
    }
    // EAGAIN: somebody listens and is busy, unix(7).
    return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN;
}

} // namespace berth::engine
