#include "loopback/carrier.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <poll.h>
#include <unistd.h>

namespace berth::loopback {

namespace {

bool is_for_later(int number) {
    return number == EAGAIN || number == EINTR;
}

} // namespace

void Lane::reset() noexcept {
    size_ = passed_ = 0;
    ended_ = shut_ = false;
}

bool Lane::read(int from) noexcept {
    // Descriptors that a server passes are not asked for: the kernel closes them (unix(7), SCM_RIGHTS).
    const ssize_t size = ::recv(from, bytes_ + size_, capacity - size_, MSG_DONTWAIT);
    if (size > 0) {
        size_ += static_cast<std::size_t>(size);
        return true;
    }
    ended_ = size == 0;
    return size == 0 || is_for_later(errno);
}

bool Lane::write(int to) noexcept {
    const ssize_t size = ::send(to, bytes_, passed_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size < 0) {
        return is_for_later(errno);
    }
    const auto gone = static_cast<std::size_t>(size);
    std::memmove(bytes_, bytes_ + gone, size_ - gone);
    size_ -= gone;
    passed_ -= gone;
    return true;
}

void Lane::shut_when_over(int to) noexcept {
    if (ended_ && passed_ == 0 && !shut_) {
        ::shutdown(to, SHUT_WR);
        shut_ = true;
    }
}

void Carrier::begin(int client, int server, Speech speech, const char* cookie) noexcept {
    up_.reset();
    down_.reset();
    requests_ = {};
    cookie_ = cookie;
    client_ = client;
    server_ = server;
    speech_ = speech;
    welcome_ = false;
}

short Carrier::events(const Lane& reads, const Lane& writes) noexcept {
    return static_cast<short>((reads.wants_bytes() ? POLLIN : 0) | (writes.has_bytes() ? POLLOUT : 0));
}

/// What the client sent and may go on. False: it may not be served.
bool Carrier::judge() noexcept {
    if (speech_ == Speech::x11) {
        up_.pass(requests_.pass(up_.unjudged(), up_.unjudged_size()));
        return !requests_.is_broken();
    }
    if (!welcome_) {
        const auto verdict = PulseGreeting::judge(up_.unjudged(), up_.unjudged_size(), cookie_);
        welcome_ = verdict == PulseGreeting::Verdict::welcome;
        if (!welcome_) {
            return verdict == PulseGreeting::Verdict::unfinished;
        }
    }
    up_.pass(up_.unjudged_size());
    return true;
}

bool Carrier::carry(short client_events, short server_events) noexcept {
    constexpr short readable = POLLIN | POLLHUP | POLLERR;
    if ((client_events & readable) != 0 && up_.wants_bytes() && (!up_.read(client_) || !judge())) {
        return false;
    }
    if ((server_events & readable) != 0 && down_.wants_bytes()) {
        if (!down_.read(server_)) {
            return false;
        }
        down_.pass(down_.unjudged_size());
    }
    if (((server_events & POLLOUT) != 0 && up_.has_bytes() && !up_.write(server_)) ||
        ((client_events & POLLOUT) != 0 && down_.has_bytes() && !down_.write(client_))) {
        return false;
    }
    up_.shut_when_over(server_);
    down_.shut_when_over(client_);
    // Who hangs up whole while there is something for him, or after he said that he has no more to say, reads no more.
    const bool client_gone = (client_events & (POLLHUP | POLLERR)) != 0 && !up_.wants_bytes();
    const bool server_gone = (server_events & (POLLHUP | POLLERR)) != 0 && !down_.wants_bytes() && !down_.has_bytes();
    return !client_gone && !server_gone && !(up_.is_over() && down_.is_over());
}

void Carrier::turn(short client_events, short server_events) noexcept {
    if (!carry(client_events, server_events)) {
        end();
    }
}

void Carrier::end() noexcept {
    ::close(client_);
    ::close(server_);
    client_ = server_ = -1;
}

} // namespace berth::loopback
