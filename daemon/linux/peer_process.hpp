#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <string>

/// Who is at the other end of a Unix socket, and whose process that is. A process is held by a descriptor
/// (pidfd_open(2)) and never by its number, which may be another's by the time that it is used.
namespace berth::os {

/// How the kernel is asked.
enum class PeerQuestion {
    newest,      ///< SO_PEERPIDFD (Linux 6.5): the process itself, as it was at connect(2); else as `credentials`
    credentials, ///< SO_PEERCRED, and pidfd_open(2) of the number that it gives
};

/// The process that connected `socket`. failed: it is gone, or the kernel cannot say. By `credentials` a process that
/// connected and ended, and whose number was given to another since, is taken for that other one: whose process it is
/// must be looked at besides.
Result<UniqueFd> peer_process(int socket, PeerQuestion question = PeerQuestion::newest);

/// Ok where the process lives and is in a control group of that container, as the engine named it. A look-up that fails
/// is a no: failed, with why.
Result<void> check_member(const UniqueFd& process, const std::string& container);

} // namespace berth::os
