#pragma once

#include <boost/system/result.hpp>

#include <string>
#include <string_view>

namespace berth {

/// Why an operation failed, in the terms of the D-Bus API: each value is one error name
/// `org.berth.Berth1.Error.*` (dbus-interfaces/errors.md). A refusal by the policy is not an Error: see
/// model/refusal.hpp.
enum class ErrorCode {
    not_authorized,     ///< polkit, or the caller's uid, said no
    seat_busy,          ///< another job runs on the seat, or it is held
    no_such_seat,       ///< no seat of that name is configured
    no_such_client,     ///< no client container of that id
    not_a_container,    ///< the caller is not a container of ours
    unknown_grant,      ///< no grant kind of that name
    grant_denied,       ///< the grant's verdict was no
    engine_unavailable, ///< the container engine does not answer, or answered what is not its protocol
    image_not_found,    ///< the engine has no image of that name
    bad_profile,        ///< a profile is malformed, or names what this host or image lacks
    invalid_argument,   ///< a value in a call is out of its range
    timed_out,          ///< a time limit passed
    vt_unavailable,     ///< no free virtual terminal, or the kernel refused it
    cancelled,          ///< the job was cancelled
    failed,             ///< everything else; the message says what
};

/// The error's short name as on the bus, e.g. "ImageNotFound".
std::string_view error_name(ErrorCode code) noexcept;

/// A failure that is part of normal life. `message` is one sentence that a person can act on.
struct Error {
    ErrorCode code{ErrorCode::failed};
    std::string message;

    bool operator==(const Error&) const = default;
};

/// The single result type of the project: a value or an Error. Asked by `if (result)`, then read by `*result` or
/// `error()`.
template <class T>
using Result = boost::system::result<T, Error>;

/// The system call `what` failed with errno value `number`: "what: strerror".
Error system_error(std::string_view what, int number);

} // namespace berth
