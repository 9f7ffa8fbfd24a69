#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <optional>
#include <string_view>

namespace berth::udev_relay {

/// Speaks as udevd in the network namespace of a container: all of its libudev monitors hear what is sent. Keeps that
/// namespace alive. One thread.
class EventSender {
  public:
    /// The namespace is that of the process which listens on the other end of `connected`, a Unix stream socket. That
    /// process is named by the kernel (SO_PEERPIDFD, or SO_PEERCRED and pidfd_open(2) where that is not known;
    /// unix(7)), and no path of the container's is used. This thread enters the namespace for the one socket(2) and
    /// comes back (setns(2)): the caller has one thread, so nothing else runs in there. A child that did it would be a
    /// fork of a process with a PAM session and two buses open, for the same three system calls. When the way back
    /// fails, the program ends at once: whatever it opened later would be the container's. Nothing: the namespace is
    /// this process's own, where udevd is heard anyway.
    static Result<std::optional<EventSender>> to_peer_of(int connected);

    /// Sends a message of udevd's form. That nobody listens is no error.
    [[nodiscard]] Result<void> send(std::string_view message) const;

  private:
    explicit EventSender(UniqueFd socket) noexcept : socket_{std::move(socket)} {}

    UniqueFd socket_;
};

} // namespace berth::udev_relay
