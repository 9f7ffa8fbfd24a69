#include "engine/stream_client.hpp"

#include "engine/http_header.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <utility>

namespace berth::engine {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Socket = asio::local::stream_protocol::socket;

constexpr auto with_values = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t longest_header = std::size_t{64} * 1024;
constexpr std::size_t longest_refusal = std::size_t{64} * 1024;

bool takes_over(unsigned status) {
    return status == 101 || status / 100 == 2;
}

std::string request_text(const StreamRequest& request) {
    const bool upgraded = request.handover == StreamRequest::Handover::upgraded;
    std::string text = request.method + " " + request.target + (upgraded ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n") +
                       "Host: engine\r\nUser-Agent: berthd\r\n";
    text += upgraded ? "Connection: Upgrade\r\nUpgrade: tcp\r\n" : "";
    text += request.body.empty() ? "" : "Content-Type: application/json\r\n";
    if (request.method != "GET") {
        text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    }
    return text + "\r\n" + request.body;
}

} // namespace

/// The requests under way, so that `close` reaches them. Shared with the coroutines.
struct StreamClient::Connections {
    explicit Connections(asio::io_context& context) : io{context} {}

    asio::io_context& io;
    std::set<Opening*> open;
    bool closed{false};
};

/// One request under way. Shared by its coroutine and its timer.
struct StreamClient::Opening {
    Opening(std::shared_ptr<Connections> all, std::string path, StreamRequest what)
        : connections{std::move(all)}, socket_path{std::move(path)}, request{std::move(what)}, socket{connections->io},
          timer{connections->io} {
        connections->open.insert(this);
    }

    Opening(const Opening&) = delete;
    Opening(Opening&&) = delete;
    Opening& operator=(const Opening&) = delete;
    Opening& operator=(Opening&&) = delete;

    ~Opening() { connections->open.erase(this); }

    std::shared_ptr<Connections> connections;
    std::string socket_path;
    StreamRequest request;
    Socket socket;
    asio::steady_timer timer;
    bool expired{false};
    bool taken{false};

    void cut() noexcept {
        error_code ignored;
        socket.close(ignored);
    }

    static void limit(const std::shared_ptr<Opening>& self) {
        self->timer.expires_after(self->request.deadline);
        self->timer.async_wait([weak = std::weak_ptr{self}](const error_code& cancelled) {
            if (const auto alive = weak.lock(); alive && !cancelled) {
                alive->expired = true;
                alive->cut();
            }
        });
    }

    [[nodiscard]] Error failed(const std::string& what) const {
        if (connections->closed) {
            return Error{ErrorCode::cancelled, "the container engine's client was closed"};
        }
        if (expired) {
            return Error{ErrorCode::timed_out, "the container engine at " + socket_path + " did not answer in time"};
        }
        return Error{ErrorCode::engine_unavailable, what};
    }

    [[nodiscard]] Error broken_off() const {
        return failed("the container engine at " + socket_path + " closed its socket in the middle of an answer");
    }

    asio::awaitable<Result<void>> send() {
        if (connections->closed) {
            co_return failed("");
        }
        if (socket_path.size() >= sizeof(sockaddr_un::sun_path)) {
            co_return Error{ErrorCode::invalid_argument, "the socket's path is too long: " + socket_path};
        }
        // Asio's own sockets are inherited by programs that are started meanwhile.
        UniqueFd fresh{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
        if (!fresh) {
            co_return system_error("socket", errno);
        }
        error_code code;
        socket.assign(asio::local::stream_protocol{}, fresh.get(), code);
        if (code) {
            co_return failed("a socket cannot be watched: " + code.message());
        }
        [[maybe_unused]] const int watched = fresh.release();
        const asio::local::stream_protocol::endpoint endpoint{socket_path};
        auto [refused] = co_await socket.async_connect(endpoint, with_values);
        if (refused) {
            co_return failed("no container engine listens on " + socket_path + ": " + refused.message());
        }
        taken = true;
        const std::string text = request_text(request);
        auto [written, size] = co_await asio::async_write(socket, asio::buffer(text), with_values);
        // An engine may refuse and close before it has read everything: its answer says more than EPIPE.
        if (written && written != asio::error::broken_pipe) {
            co_return broken_off();
        }
        co_return Result<void>{};
    }

    static constexpr ssize_t nothing_yet = -1;
    static constexpr ssize_t lost = -2;

    /// Looks at the bytes that are there, without taking them out of the socket. 0: the engine closed it.
    ssize_t peek(const error_code& waited, std::array<char, 4096>& piece) {
        if (waited || !socket.is_open()) {
            return lost;
        }
        const ssize_t size = ::recv(socket.native_handle(), piece.data(), piece.size(), MSG_PEEK | MSG_DONTWAIT);
        if (size >= 0) {
            return size;
        }
        return errno == EAGAIN || errno == EINTR ? nothing_yet : lost;
    }

    /// Takes out bytes that were seen by `peek`.
    void drop(std::size_t size) {
        std::array<char, 4096> piece{};
        [[maybe_unused]] const ssize_t taken_out =
            ::recv(socket.native_handle(), piece.data(), std::min(size, piece.size()), MSG_DONTWAIT);
    }

    asio::awaitable<Result<HttpHeader>> read_header() {
        std::array<char, 4096> piece{};
        std::string header;
        while (header.size() <= longest_header) {
            auto [waited] = co_await socket.async_wait(Socket::wait_read, with_values);
            const ssize_t seen = peek(waited, piece);
            if (seen == nothing_yet) {
                continue;
            }
            if (seen <= 0) {
                co_return broken_off();
            }
            const auto size = static_cast<std::size_t>(seen);
            const std::size_t before = header.size();
            header.append(piece.data(), size);
            const std::size_t end = header.find("\r\n\r\n", before > 3 ? before - 3 : 0);
            if (end == std::string::npos) {
                drop(size);
                continue;
            }
            drop(end + 4 - before);
            header.resize(end + 4);
            co_return read_http_header(header);
        }
        co_return failed("the header of the container engine's answer does not end");
    }

    asio::awaitable<Result<std::string>> read_refusal(const HttpHeader& header) {
        std::array<char, 4096> piece{};
        std::string bytes;
        for (;;) {
            HttpBody body = read_http_body(header, bytes);
            if (body.complete || bytes.size() >= longest_refusal) {
                co_return std::move(body.bytes);
            }
            auto [waited] = co_await socket.async_wait(Socket::wait_read, with_values);
            const ssize_t seen = peek(waited, piece);
            if (seen == lost) {
                co_return broken_off();
            }
            if (seen == 0) {
                co_return std::move(body.bytes);
            }
            if (seen > 0) {
                bytes.append(piece.data(), static_cast<std::size_t>(seen));
                drop(static_cast<std::size_t>(seen));
            }
        }
    }

    asio::awaitable<Result<StreamAnswer>> run() {
        if (auto sent = co_await send(); !sent) {
            co_return sent.error();
        }
        if (request.patient) {
            timer.cancel();
        }
        const auto header = co_await read_header();
        if (!header) {
            co_return header.error();
        }
        StreamAnswer answer;
        answer.status = header->status;
        if (!takes_over(header->status)) {
            auto refusal = co_await read_refusal(*header);
            if (!refusal) {
                co_return refusal.error();
            }
            answer.body = std::move(*refusal);
            co_return answer;
        }
        if (header->chunked) {
            co_return failed("the container engine answered in chunks where a plain stream was asked for");
        }
        timer.cancel();
        error_code code;
        answer.socket.reset(socket.release(code));
        if (code || !answer.socket) {
            co_return broken_off();
        }
        co_return answer;
    }
};

StreamClient::StreamClient(asio::io_context& io) : connections_{std::make_shared<Connections>(io)} {}

StreamClient::~StreamClient() {
    close();
}

void StreamClient::close() noexcept {
    connections_->closed = true;
    for (Opening* opening : connections_->open) {
        opening->cut();
    }
}

asio::awaitable<Result<StreamAnswer>> StreamClient::open(std::string path, StreamRequest request, bool* connected) {
    const auto opening = std::make_shared<Opening>(connections_, std::move(path), std::move(request));
    Opening::limit(opening);
    auto answer = co_await opening->run();
    *connected = opening->taken;
    opening->timer.cancel();
    co_return answer;
}

} // namespace berth::engine
