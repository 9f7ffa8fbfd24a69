#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "bus/self_client.hpp"
#include "bus/self_service.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <string>

namespace berth::bus {

/// One container's listening Unix socket and the connections on it. One thread: the io_context's.
class SelfListener {
  public:
    /// Connections served at once; one more is hung up on.
    static constexpr std::size_t max_clients = 16;

    /// Listens on `path`, replacing a leftover socket; everyone in the container may connect. failed: the path is too
    /// long (unix(7)), something else than a socket is in the way, or the kernel refused.
    static Result<std::unique_ptr<SelfListener>> open(boost::asio::io_context& io, const std::string& path,
                                                      std::unique_ptr<SelfService> service);

    /// Hangs up on all, and removes the socket.
    ~SelfListener();
    SelfListener(const SelfListener&) = delete;
    SelfListener& operator=(const SelfListener&) = delete;

    /// To a call of that connection; nothing happens where it has gone.
    void answer(unsigned connection, const model::Reply& reply, const UniqueFd& opened);

    [[nodiscard]] bool has(unsigned connection) const { return clients_.contains(connection); }

  private:
    SelfListener(boost::asio::io_context& io, UniqueFd socket, std::string path, std::unique_ptr<SelfService> service);

    void wait();
    void wait_later();
    bool accept_some();
    void serve(UniqueFd fd);
    void forget(unsigned number);

    boost::asio::io_context& io_;
    boost::asio::posix::stream_descriptor socket_;
    std::string path_;
    std::unique_ptr<SelfService> service_;
    boost::asio::steady_timer pause_; // outlives its clients
    unsigned last_number_{0};
    std::map<unsigned, std::unique_ptr<SelfClient>> clients_;
    std::shared_ptr<int> alive_{std::make_shared<int>(0)};
};

} // namespace berth::bus
