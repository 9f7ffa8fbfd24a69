#pragma once

#include "login1/values.hpp"

#include <string>
#include <string_view>

/// sd-login(3) asks logind nothing on the bus: it reads the files that logind keeps below /run/systemd, and libraries
/// in the desktop (mutter, gnome-session, polkit) call it. What they may read there is what the bridge would answer.
namespace berth::login1 {

/// Which of logind's state files: sessions/ID, users/UID, seats/SEAT below /run/systemd.
enum class StateFile { session, user, seat };

/// Its path below /run/systemd, for the own session.
std::string path_of(StateFile file, const Session& own);

/// What of the file's text the container may read: keys that sd-login(3) reads, and of those that name sessions, users
/// and seats only the own. Other keys, lines that are none, and a text beyond 64 KiB are left out. Values stay as
/// logind wrote them.
std::string visible_part(StateFile file, std::string_view text, const Session& own);

} // namespace berth::login1
