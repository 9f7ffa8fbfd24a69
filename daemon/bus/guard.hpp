#pragma once

#include "base/log.hpp"
#include "bus/error_names.hpp"
#include "bus/sdbus_compat.hpp"

#include <exception>

/// The one way in for the bus: nothing that a callback throws may travel on, since the frames above it are C.
namespace berth::bus {

/// Runs a method's work; what it throws becomes an error reply on `result`.
template <class... Results, class Work>
void guarded(sdbus::Result<Results...>& result, Work&& work) noexcept {
    try {
        try {
            work();
        } catch (const sdbus::Error& error) {
            result.returnError(error);
        } catch (const std::exception& error) {
            result.returnError(compat::make_error(bus_error_name(ErrorCode::failed), error.what()));
        }
    } catch (const std::exception& error) {
        log::error(std::string{"a bus call was left without a reply: "} + error.what());
    }
}

/// Runs a synchronous method or a property's getter; what it throws becomes an sdbus::Error, which sdbus-c++ answers.
template <class Work>
auto guarded_value(Work&& work) {
    try {
        return work();
    } catch (const sdbus::Error&) {
        throw;
    } catch (const std::exception& error) {
        throw compat::make_error(bus_error_name(ErrorCode::failed), error.what());
    }
}

/// Runs a callback that has nobody to answer to; what it throws is logged.
template <class Work>
void guarded_callback(const char* what, Work&& work) noexcept {
    try {
        work();
    } catch (const std::exception& error) {
        log::error(std::string{what} + ": " + error.what());
    }
}

} // namespace berth::bus
