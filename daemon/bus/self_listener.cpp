#include "bus/self_listener.hpp"

#include "base/log.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <unistd.h>
#include <utility>

namespace berth::bus {

namespace asio = boost::asio;

namespace {

constexpr int backlog = 16;
constexpr std::chrono::milliseconds shortage_pause{200};
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

SelfListener::SelfListener(asio::io_context& io, UniqueFd socket, std::string path,
                           std::unique_ptr<SelfService> service)
    : io_{io}, socket_{io, socket.release()}, path_{std::move(path)}, service_{std::move(service)}, pause_{io} {
    wait();
}

Result<std::unique_ptr<SelfListener>> SelfListener::open(asio::io_context& io, const std::string& path,
                                                         std::unique_ptr<SelfService> service) {
    auto socket = listening_socket(path);
    if (!socket) {
        return socket.error();
    }
    return std::unique_ptr<SelfListener>{new SelfListener{io, std::move(*socket), path, std::move(service)}};
}

SelfListener::~SelfListener() {
    ::unlink(path_.c_str()); // the door goes as a whole; a name that stays there hurts nobody
}

void SelfListener::answer(unsigned connection, const model::Reply& reply, const UniqueFd& opened) {
    const auto found = clients_.find(connection);
    if (found != clients_.end()) {
        found->second->answer(reply, opened);
    }
}

void SelfListener::wait() {
    socket_.async_wait(asio::posix::descriptor_base::wait_read,
                       [this, weak = std::weak_ptr<int>{alive_}](const boost::system::error_code& error) {
                           if (!weak.expired() && !error) {
                               accept_some() ? wait() : wait_later();
                           }
                       });
}

/// No descriptor, no memory: the client stays in the queue, and the socket readable.
void SelfListener::wait_later() {
    pause_.expires_after(shortage_pause);
    pause_.async_wait([this, weak = std::weak_ptr<int>{alive_}](const boost::system::error_code& error) {
        if (!weak.expired() && !error) {
            wait();
        }
    });
}

/// No more than fit in at once: one that connects without end must not keep the loop from the others. False when the
/// kernel could not give what accepting takes.
bool SelfListener::accept_some() {
    for (int left = backlog; left > 0; --left) {
        UniqueFd fd{::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
        if (!fd) {
            if (errno == EINTR || errno == ECONNABORTED) {
                continue;
            }
            return errno == EAGAIN; // all are in
        }
        if (clients_.size() < max_clients) {
            serve(std::move(fd));
        }
    }
    return true;
}

/// May be called by that connection's own loop, which stays until it returns; what called it does not.
void SelfListener::forget(unsigned number) {
    clients_.erase(number);
    service_->ended(number);
}

void SelfListener::serve(UniqueFd fd) {
    const unsigned number = ++last_number_;
    // Only for debugging: what a container sends must not fill the host's journal.
    const auto note = [name = service_->name()](const std::string& what) {
        log::debug("a client of the Self socket of " + name + ": " + what);
    };
    try {
        clients_[number] = std::make_unique<SelfClient>(io_, std::move(fd), *service_, number,
                                                        [this, number, note](const std::string& reason) {
                                                            note("left: " + reason);
                                                            forget(number);
                                                        });
    } catch (const std::exception& error) {
        clients_.erase(number);
        note(std::string{"cannot be served: "} + error.what());
    }
}

} // namespace berth::bus
