#pragma once

#include "model/facts.hpp"

#include <string>
#include <vector>

namespace berth::os {

/// What this host offers now: systemd with its logind (their folders in `runtime_folder`), virtual terminals (/dev/tty0
/// answers VT_GETSTATE), a DRM card
/// (/dev/dri/card*), and the ids of the groups video, audio, render, input and tty as far as they exist
/// (getgrnam_r(3)).
model::HostFacts read_host_facts(const std::string& device_folder = "/dev", const std::string& runtime_folder = "/run");

/// Whether systemd is this host's init (sd_booted(3)).
bool systemd_is_running();

} // namespace berth::os
