#pragma once

#include "base/result.hpp"

#include <string>

namespace berth::model {

/// Why the policy said no to a call. A refusal changes nothing.
enum class Refusal {
    not_authorized,      ///< → NotAuthorized
    no_such_seat,        ///< → NoSuchSeat
    seat_busy,           ///< a job runs on the seat → SeatBusy
    seat_taken,          ///< a desktop is up → SeatBusy
    seat_held,           ///< crash loop; `down` or `restore-tty` releases it → SeatBusy
    seat_empty,          ///< nothing to freeze, thaw, snapshot or re-seat → InvalidArgument
    no_such_job,         ///< → InvalidArgument
    job_not_cancellable, ///< it is already undoing itself → InvalidArgument
    bad_profile,         ///< → BadProfile
    no_terminals,        ///< mode vt on a seat that has no virtual terminals → VtUnavailable
    invalid_argument,    ///< → InvalidArgument
    shutting_down,       ///< → Failed
    no_such_client,      ///< → NoSuchClient
    client_state,        ///< not in the client's state → InvalidArgument
    name_taken,          ///< a client of that name is there → InvalidArgument
    grant_denied,        ///< the verdict was no → GrantDenied
};

/// The bus error a refusal is told as.
ErrorCode error_code(Refusal refusal) noexcept;

struct Refused {
    Refusal refusal{Refusal::invalid_argument};
    std::string message; ///< one sentence that a person can act on

    bool operator==(const Refused&) const = default;
};

} // namespace berth::model
