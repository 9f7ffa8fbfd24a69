#pragma once

#include "base/unique_fd.hpp"
#include "engine/http_client.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace berth::engine {

/// A request whose answer's connection is taken over.
struct StreamRequest {
    enum class Handover {
        upgraded, ///< HTTP/1.1 with "Upgrade: tcp" (Docker Engine API, "Attach to a container"): both directions
        body,     ///< HTTP/1.0, so that the body is not chunked: the connection's end is the body's
    };
    std::string method; ///< "GET" or "POST"
    std::string target; ///< path and query, percent-encoded
    std::string body;   ///< JSON; empty: none is sent
    Handover handover{Handover::upgraded};
    /// From the start of connect(2) to the end of the answer's header, and of a refusal's body.
    std::chrono::milliseconds deadline{10'000};
    /// The deadline ends when the request is sent: an engine that answers when there is something to say.
    bool patient{false};
};

/// An answer, and its connection where the status is 101 or 2xx.
struct StreamAnswer {
    unsigned status{0};
    /// Close-on-exec, non-blocking. Its next byte is the first one after the header.
    UniqueFd socket;
    std::string body; ///< of a refusal, at most 64 KiB
};

/// A client for the few requests after whose answer an engine's connection carries raw bytes. HttpClient reads ahead
/// and cannot give a connection away; here the header is taken byte-exactly (recv(2), MSG_PEEK). What goes wrong is
/// named as in HttpClient: engine_unavailable, timed_out, cancelled. One thread: the io_context's.
class StreamClient {
  public:
    explicit StreamClient(boost::asio::io_context& io);
    StreamClient(const StreamClient&) = delete;
    StreamClient(StreamClient&&) = delete;
    StreamClient& operator=(const StreamClient&) = delete;
    StreamClient& operator=(StreamClient&&) = delete;
    /// As `close`. Coroutines under way may outlive the client.
    ~StreamClient();

    /// `*connected` is set once the engine has taken the connection; while it is false it has seen nothing.
    boost::asio::awaitable<Result<StreamAnswer>> open(std::string path, StreamRequest request, bool* connected);

    /// Ends every request under way with `cancelled`, from a later turn of the loop, and refuses new ones. Connections
    /// that were handed out are their holders'.
    void close() noexcept;

  private:
    struct Connections;
    struct Opening;
    std::shared_ptr<Connections> connections_;
};

} // namespace berth::engine
