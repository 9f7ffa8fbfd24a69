#pragma once

#include "base/done.hpp"
#include "base/unique_fd.hpp"
#include "linux/spawn.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <string>

namespace berth::os {

/// A child that was started to serve, and the reading end of a pipe whose other end is the child's: any byte says that
/// it serves, but "!" begins a sentence why not.
struct StartedServer {
    Spawned child;
    UniqueFd ready;
};

/// Children that serve until they are ended, each by a name of its own: awaited until they say that they serve, reaped
/// when they end, and told of in the log when nobody ended them. They outlive this object. One thread: the
/// io_context's.
class Servers {
  public:
    /// `what`: "the filter of the session bus". `limit`: within which one must say that it serves.
    Servers(boost::asio::io_context& io, std::string what, std::chrono::milliseconds limit)
        : io_{io}, what_{std::move(what)}, limit_{limit} {}

    /// Takes the child under that name; one that has it already is ended. failed: why it does not serve, or it ended
    /// without a word; timed_out: nothing came in time. Then it is ended. `client`: whose it is, for the log.
    void add(const std::string& name, const std::string& client, StartedServer started, Done<void> done);

    /// Ends it at once (SIGKILL). False: there is none of that name.
    bool end(const std::string& name);

  private:
    struct Server;
    struct Start;

    void watch(const std::string& name, const std::string& client, const std::shared_ptr<Server>& server);
    void wait(const std::shared_ptr<Start>& start, Done<void> done);

    boost::asio::io_context& io_;
    std::string what_;
    std::chrono::milliseconds limit_;
    using Running = std::map<std::string, std::shared_ptr<Server>>;
    std::shared_ptr<Running> running_{std::make_shared<Running>()};
};

} // namespace berth::os
