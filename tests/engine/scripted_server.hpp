#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace berth::test {

/// What the scripted server does with one connection, once a whole request has come.
struct ScriptedAnswer {
    std::string bytes;                 ///< sent as they are
    std::size_t times{1};              ///< how often
    std::chrono::milliseconds drip{0}; ///< one byte at a time with this pause; zero: all at once
    bool hold{false};                  ///< afterwards the connection stays open and silent; else it is closed
};

/// "HTTP/1.1 STATUS …" with a Content-Length and `body`.
ScriptedAnswer http_answer(unsigned status, const std::string& body);

/// A Unix socket that answers each connection as the next script says, right or wrong, on the test's own io_context.
/// Connections for which there is no script are closed at once.
class ScriptedServer {
  public:
    ScriptedServer(boost::asio::io_context& io, std::string path);
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;
    /// Closes the socket and every connection, and removes the path.
    ~ScriptedServer();

    void next(ScriptedAnswer answer) { answers_.push_back(std::move(answer)); }

    /// The requests so far: header and body.
    [[nodiscard]] const std::vector<std::string>& requests() const { return requests_; }

    [[nodiscard]] const std::string& path() const { return path_; }

    /// Closes the connections that are held.
    void drop_connections();

  private:
    struct Connection;
    void accept();
    void read(const std::shared_ptr<Connection>& connection);
    void answer(const std::shared_ptr<Connection>& connection);
    void write(const std::shared_ptr<Connection>& connection, std::size_t offset);
    void finish(const std::shared_ptr<Connection>& connection);

    std::string path_;
    boost::asio::local::stream_protocol::acceptor acceptor_;
    std::deque<ScriptedAnswer> answers_;
    std::vector<std::string> requests_;
    std::vector<std::shared_ptr<Connection>> held_;
    std::shared_ptr<bool> alive_{std::make_shared<bool>(true)};
};

} // namespace berth::test
