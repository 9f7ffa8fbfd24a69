#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <sys/types.h>

#include <optional>
#include <string_view>
#include <utility>

namespace berth::udev_relay {

/// Speaks as udevd in the network namespace of a container: all of its libudev monitors hear what is sent. Keeps that
/// namespace alive. One thread.
///
/// libudev believes what user 0 sent (SCM_CREDENTIALS; systemd, src/libsystemd/sd-device/device-monitor.c), as the
/// receiver's user namespace knows users: in a container that has one of its own the host's root is nobody (65534), and
/// is not heard. So to such a one it is sent as the user that is root in there, which root of the host may say
/// (CAP_SETUID; unix(7)); nobody enters the user namespace for it.
class EventSender {
  public:
    /// The namespace is that of a process, named by its pidfd (pidfd_open(2)). This thread enters it for the one
    /// socket(2) and comes back (setns(2)): the caller has one thread, so nothing else runs in there. A child that did
    /// it would be a fork of a process with a PAM session and two buses open, for the same three system calls. When the
    /// way back fails, the program ends at once: whatever it opened later would be the container's. Nothing: the
    /// namespace is this process's own, where udevd is heard anyway. failed: the process has gone, or may not be asked.
    static Result<std::optional<EventSender>> to_network_of(int process);

    /// … of the process which listens on the other end of `connected`, a Unix stream socket. That process is named by
    /// the kernel (SO_PEERPIDFD, or SO_PEERCRED and pidfd_open(2) where that is not known; unix(7)), and no path of the
    /// container's is used.
    static Result<std::optional<EventSender>> to_peer_of(int connected);

    /// Sends a message of udevd's form. That nobody listens is no error.
    [[nodiscard]] Result<void> send(std::string_view message) const;

  private:
    /// Who is user 0 in the receivers' user namespace, as this process knows users.
    struct Root {
        uid_t uid{0};
        gid_t gid{0};
    };

    static Result<Root> root_of(int process);

    EventSender(UniqueFd socket, Root root) noexcept : socket_{std::move(socket)}, root_{root} {}

    UniqueFd socket_;
    Root root_;
};

} // namespace berth::udev_relay
