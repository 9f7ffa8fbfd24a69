#pragma once

namespace berth::login1 {

/// Exit statuses of berth-seat. Whatever the status, the session is over: a new desktop needs a new berth-seat.
enum class End : int {
    asked = 0,            ///< SIGTERM or SIGINT: control released, the session closed
    failed = 1,           ///< what no other status says; the journal has the sentence
    usage = 2,            ///< the arguments, or the unit's environment file, are wrong
    pam_refused = 10,     ///< PAM knows no such user, or the account is expired, or a module refused
    no_session = 11,      ///< PAM opened no session of logind on that seat and VT, or another session has the VT
    session_ended = 12,   ///< logind removed the session, or is closing it
    logind_lost = 13,     ///< logind restarted or left: control is lost and does not come back
    host_bus_lost = 14,   ///< the host's bus hung up
    controller_hung = 15, ///< the program in the container that has screen and keyboard does not answer any more
};

} // namespace berth::login1
