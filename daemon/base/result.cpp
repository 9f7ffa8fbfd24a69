#include "base/result.hpp"

#include <system_error>

namespace berth {

std::string_view error_name(ErrorCode code) noexcept {
    switch (code) {
    case ErrorCode::not_authorized:
        return "NotAuthorized";
    case ErrorCode::seat_busy:
        return "SeatBusy";
    case ErrorCode::no_such_seat:
        return "NoSuchSeat";
    case ErrorCode::no_such_client:
        return "NoSuchClient";
    case ErrorCode::not_a_container:
        return "NotAContainer";
    case ErrorCode::unknown_grant:
        return "UnknownGrant";
    case ErrorCode::grant_denied:
        return "GrantDenied";
    case ErrorCode::engine_unavailable:
        return "EngineUnavailable";
    case ErrorCode::image_not_found:
        return "ImageNotFound";
    case ErrorCode::bad_profile:
        return "BadProfile";
    case ErrorCode::invalid_argument:
        return "InvalidArgument";
    case ErrorCode::timed_out:
        return "TimedOut";
    case ErrorCode::vt_unavailable:
        return "VtUnavailable";
    case ErrorCode::cancelled:
        return "Cancelled";
    case ErrorCode::failed:
        return "Failed";
    }
    return "Failed";
}

Error system_error(std::string_view what, int number) {
    return Error{ErrorCode::failed, std::string{what} + ": " + std::generic_category().message(number)};
}

} // namespace berth
