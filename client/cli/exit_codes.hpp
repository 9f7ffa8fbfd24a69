#pragma once

#include <string>

namespace berth::cli {

// Of `berth run` and `berth exec`, as podman's and docker's; every other code is the contained command's own.
inline constexpr int exit_berth_failed = 125;  ///< berth or berthd failed, or refused
inline constexpr int exit_cannot_invoke = 126; ///< the command is there and cannot be run
inline constexpr int exit_not_found = 127;     ///< there is no such command
inline constexpr int exit_signal_offset = 128; ///< plus the signal's number

/// The code for a job that failed before its command ran, by what the engine and the OCI runtime (crun, runc) say in
/// `error`. Pure.
int exit_code_of(const std::string& error);

} // namespace berth::cli
