#include "bus/self_server.hpp"

#include "base/log.hpp"
#include "base/unique_fd.hpp"
#include "bus/self_client.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <unistd.h>
#include <utility>

namespace berth::bus {

namespace asio = boost::asio;

namespace {

constexpr int backlog = 16;
/// Everyone in the container may connect; the door is not visible to anybody else.
constexpr mode_t socket_mode = 0666;

Result<void> remove_socket(const std::string& path) {
    struct stat status {};

    if (::lstat(path.c_str(), &status) < 0) {
        return errno == ENOENT ? Result<void>{} : Result<void>{system_error("lstat " + path, errno)};
    }
    if (!S_ISSOCK(status.st_mode)) {
        return Error{ErrorCode::failed, path + " is in the way and is not a socket"};
    }
    if (::unlink(path.c_str()) < 0 && errno != ENOENT) {
        return system_error("unlink " + path, errno);
    }
    return {};
}

Result<UniqueFd> listening_socket(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return Error{ErrorCode::failed, path + " is too long for a socket's name (unix(7))"};
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    if (const auto removed = remove_socket(path); !removed) {
        return removed.error();
    }
    UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!fd) {
        return system_error("socket", errno);
    }
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
        return system_error("bind " + path, errno);
    }
    if (::chmod(path.c_str(), socket_mode) < 0 || ::listen(fd.get(), backlog) < 0) {
        return system_error("listen on " + path, errno);
    }
    return fd;
}

} // namespace

/// One seat's listening socket and the clients on it.
class SelfServer::Listener {
  public:
    Listener(asio::io_context& io, UniqueFd socket, std::string path, SelfService service)
        : io_{io}, socket_{io, socket.release()}, path_{std::move(path)}, service_{std::move(service)} {
        wait();
    }

    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    ~Listener() {
        ::unlink(path_.c_str()); // the door goes as a whole; a name that stays there hurts nobody
    }

  private:
    void wait() {
        socket_.async_wait(asio::posix::descriptor_base::wait_read,
                           [this, weak = std::weak_ptr<int>{alive_}](const boost::system::error_code& error) {
                               if (!weak.expired() && !error) {
                                   accept_all();
                                   wait();
                               }
                           });
    }

    void accept_all() {
        while (true) {
            UniqueFd fd{::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
            if (!fd) {
                if (errno == EINTR || errno == ECONNABORTED) {
                    continue;
                }
                return; // EAGAIN: all are in; anything else comes back with the next client
            }
            if (clients_.size() < max_clients) {
                serve(std::move(fd));
            }
        }
    }

    void serve(UniqueFd fd) {
        const unsigned number = ++last_number_;
        try {
            clients_[number] =
                std::make_unique<SelfClient>(io_, std::move(fd), service_, number, [this, number](const auto& reason) {
                    log::debug("a client of the seat's socket left: " + reason, {{"BERTH_SEAT", service_.seat.value}});
                    clients_.erase(number); // the AsioBus that calls keeps itself alive until it returns
                });
        } catch (const std::exception& error) {
            clients_.erase(number);
            // Only for debugging: what a container sends must not fill the host's journal.
            log::debug(std::string{"cannot serve a client of the seat's socket: "} + error.what(),
                       {{"BERTH_SEAT", service_.seat.value}});
        }
    }

    asio::io_context& io_;
    asio::posix::stream_descriptor socket_;
    std::string path_;
    SelfService service_;
    unsigned last_number_{0};
    std::map<unsigned, std::unique_ptr<SelfClient>> clients_;
    std::shared_ptr<int> alive_{std::make_shared<int>(0)};
};

SelfServer::SelfServer(asio::io_context& io, std::function<void(model::Happening)> post)
    : io_{io}, post_{std::move(post)} {}

SelfServer::~SelfServer() = default;

Result<void> SelfServer::listen(const model::SeatName& seat, const std::string& path,
                                std::map<std::string, std::string> describe) {
    listeners_.erase(seat);
    auto socket = listening_socket(path);
    if (!socket) {
        return socket.error();
    }
    listeners_[seat] =
        std::make_unique<Listener>(io_, std::move(*socket), path, SelfService{seat, std::move(describe), post_});
    return {};
}

void SelfServer::close(const model::SeatName& seat) {
    listeners_.erase(seat);
}

} // namespace berth::bus
