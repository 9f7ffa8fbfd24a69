#pragma once

#include "model/seat.hpp"
#include "ports/engine.hpp"

#include <functional>
#include <string>
#include <vector>

namespace berth::effects {

/// Labels that berthd puts on a desktop's container, and finds it by after a crash.
namespace label {
inline constexpr const char* seat = "org.berth.seat";
inline constexpr const char* desktop = "org.berth.desktop";
inline constexpr const char* instance = "org.berth.instance"; ///< the runtime directory of the berthd that made it
inline constexpr const char* vt = "org.berth.vt";
inline constexpr const char* home_vt = "org.berth.home-vt";
inline constexpr const char* keyboard_mode = "org.berth.keyboard-mode";
} // namespace label

/// "berth-seat0"
std::string container_name(const model::SeatName& seat);

/// The seat's own device nodes below a prefix ("/dev/snd/"), sorted: others have theirs.
std::vector<std::string> own_nodes(const model::Seat& seat, const std::string& prefix);

/// What a container's making asks of the host's file system.
struct HostFiles {
    std::function<bool(const std::string& path)> exists;
};

/// The real ones.
HostFiles host_files();

/// The container of a seat whose plan, door and, where its mode has them, VT and lease are set. Pure, but for `host`:
/// optional devices that are not there are left out.
ports::ContainerSpec container_spec(const model::Seat& seat, const std::string& instance, const HostFiles& host);

/// The environment of a program that berthd runs in the desktop as its user.
std::map<std::string, std::string> session_environment(const model::DesktopProfile& profile);

/// "1000:1000"
std::string session_user(const model::DesktopProfile& profile);

} // namespace berth::effects
