#pragma once

#include "engine/dialect.hpp"
#include "engine/http_client.hpp"
#include "engine/stream_client.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace berth::engine {

/// Where an engine's socket is found. One thread: the io_context's.
class SocketSource {
  public:
    virtual ~SocketSource() = default;

    /// The path of a socket that an engine serves, started where it is ours to start.
    virtual boost::asio::awaitable<Result<std::string>> socket() = 0;

    /// Nobody took a connection on the path that `socket` gave: it is looked for anew.
    virtual void doubt() noexcept = 0;

    /// Adds to an engine's own facts what is known of the host, and what was mended.
    virtual void complete(ports::EngineFacts& facts) const = 0;

    /// Ends what was started. Coroutines that wait in `socket` end with `cancelled`.
    virtual void close() noexcept = 0;
};

/// An engine that somebody else serves, at a path that does not change.
class FixedSocket final : public SocketSource {
  public:
    explicit FixedSocket(std::string path) : path_{std::move(path)} {}

    boost::asio::awaitable<Result<std::string>> socket() override { co_return path_; }

    void doubt() noexcept override {}

    void complete(ports::EngineFacts& facts) const override;

    void close() noexcept override {}

  private:
    std::string path_;
};

/// What an operation under way needs. It is shared by the engine and the operations' coroutines, so that the engine
/// may be destroyed under them.
struct Session {
    Session(boost::asio::io_context& context, std::unique_ptr<const Dialect> words,
            std::unique_ptr<SocketSource> source)
        : io{context}, http{context}, streams{context}, dialect{std::move(words)}, sockets{std::move(source)} {}

    boost::asio::io_context& io;
    HttpClient http;
    StreamClient streams;
    std::unique_ptr<const Dialect> dialect;
    std::unique_ptr<SocketSource> sockets;
    /// By container id: what it was taken off before it was set up, and is put on when it runs.
    std::map<std::string, std::vector<std::string>> left_networks{};
};

} // namespace berth::engine
