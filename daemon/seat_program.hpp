#pragma once

#include "login1_bus/end.hpp"

#include <string>

namespace berth {

/// What berth-seat is told on its command line or in its environment.
struct SeatOptions {
    std::string seat;             ///< e.g. "seat0"
    std::string user;             ///< the host's user that the session is for
    unsigned vt{0};               ///< number of its virtual terminal, 1..63; 0: the seat has none
    std::string container_bus;    ///< where the container's bus socket appears on the host
    std::string state;            ///< file that tells berthd of the session
    std::string desktop{"gnome"}; ///< XDG_SESSION_DESKTOP
    bool withhold_cards{false};   ///< the desktop is not told of graphics cards that come later
    std::string login_files;      ///< folder for what the container may read of logind's state files; empty: none
    std::string login_state{"/run/systemd"}; ///< where logind keeps those
    std::string host_bus;                    ///< D-Bus address; empty: the system bus
    std::string pam_confdir;                 ///< instead of /etc/pam.d; empty: that
};

/// berth-seat: opens a PAM session, is the leader of its logind session, and bridges logind to the container until one
/// of the reasons in login1::End ends it. Blocks. Throws on what nobody expects.
login1::End run_seat(const SeatOptions& options);

} // namespace berth
