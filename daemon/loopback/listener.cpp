#include "loopback/listener.hpp"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

namespace berth::loopback {

namespace {

constexpr const char* own_network = "/proc/self/ns/net";
constexpr int retry_ms = 10;
constexpr int queue = 16;

Carrier carriers[most_connections];

bool bring_loopback_up(Trouble& trouble) {
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ifreq request{};
    std::strncpy(request.ifr_name, "lo", sizeof request.ifr_name - 1);
    bool is_up = socket >= 0 && ::ioctl(socket, SIOCGIFFLAGS, &request) == 0;
    if (is_up && (request.ifr_flags & IFF_UP) == 0) {
        request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
        is_up = ::ioctl(socket, SIOCSIFFLAGS, &request) == 0;
    }
    trouble = {"bring its loopback up", errno};
    ::close(socket);
    return is_up;
}

sockaddr_in address_of(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// Connected to the desktop, or -1: a queue that is full is no reason to wait, others are served meanwhile.
int connect_to(int target) {
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", target);
    if (socket >= 0 && ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(socket);
        return -1;
    }
    return socket;
}

Carrier* free_carrier() {
    for (Carrier& carrier : carriers) {
        if (carrier.is_free()) {
            return &carrier;
        }
    }
    return nullptr;
}

void take_one(int listener, int target, Speech speech, const char* cookie) {
    Carrier* const carrier = free_carrier();
    const int client = carrier == nullptr ? -1 : ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) {
        return;
    }
    const int at_once = 1; // small requests of a program that waits for their answers
    ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    const int server = connect_to(target);
    if (server < 0) {
        ::close(client);
        return;
    }
    carrier->begin(client, server, speech, cookie);
}

/// One that is not asked for anything is left out: its POLLHUP would wake us again and again.
pollfd waiting_for(int fd, short events) {
    return {events != 0 ? fd : -1, events, 0};
}

} // namespace

bool enter_network_of(int pidfd, Trouble& trouble) noexcept {
    struct stat before {};

    struct stat after {};

    trouble = {"look at our network namespace", 0};
    if (::stat(own_network, &before) != 0) {
        trouble.number = errno;
        return false;
    }
    trouble.step = "enter its network namespace";
    if (::setns(pidfd, CLONE_NEWNET) != 0) {
        trouble.number = errno;
        return false;
    }
    if (::stat(own_network, &after) != 0 || (before.st_ino == after.st_ino && before.st_dev == after.st_dev)) {
        return false;
    }
    return bring_loopback_up(trouble);
}

int listen_on(std::uint16_t port, int patience_ms, Trouble& trouble) noexcept {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int again = 1;
    const sockaddr_in address = address_of(port);
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &again, sizeof again); // connections of before linger (tcp(7))
    int bound = -1;
    while ((bound = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address)) != 0 &&
           errno == EADDRINUSE && patience_ms > 0) {
        const timespec moment{0, retry_ms * 1'000'000L};
        ::nanosleep(&moment, nullptr);
        patience_ms -= retry_ms;
    }
    if (bound == 0 && ::listen(socket, queue) == 0) {
        return socket;
    }
    trouble = {"listen on its loopback", errno};
    ::close(socket);
    return -1;
}

void serve(int listener, int target, Speech speech, const char* cookie) noexcept {
    pollfd waiting[1 + 2 * most_connections];
    for (;;) {
        waiting[0] = waiting_for(listener, free_carrier() != nullptr ? POLLIN : short{0});
        for (int at = 0; at < most_connections; ++at) {
            const Carrier& carrier = carriers[at];
            const bool runs = !carrier.is_free();
            waiting[1 + 2 * at] = waiting_for(carrier.client(), runs ? carrier.client_events() : short{0});
            waiting[2 + 2 * at] = waiting_for(carrier.server(), runs ? carrier.server_events() : short{0});
        }
        if (::poll(waiting, 1 + 2 * most_connections, -1) < 0) {
            if (errno == EINTR) {
                continue;
            }
            return;
        }
        for (int at = 0; at < most_connections; ++at) {
            const short client = waiting[1 + 2 * at].revents;
            const short server = waiting[2 + 2 * at].revents;
            if ((client | server) != 0) {
                carriers[at].turn(client, server);
            }
        }
        if (waiting[0].revents != 0) {
            take_one(listener, target, speech, cookie);
        }
    }
}

} // namespace berth::loopback
