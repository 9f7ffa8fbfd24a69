#pragma once

#include "base/result.hpp"
#include "model/ids.hpp"

#include <string>

namespace berth::os {

/// RUNTIME/shm/SEAT, the /dev/shm that every holder of the seat's grant `shm` shares, made where it is not there. Its
/// path. It is a tmpfs of its own (01777, nosuid, nodev, noexec, as engines mount /dev/shm), since /run must not be
/// filled by containers: a quarter of the memory at most. RUNTIME/shm is root's alone, so that no other user of the
/// host gets there.
///
/// It stays until the host goes down: the grant is of the seat and not of its desktop, so what is in there outlives
/// both desktop and holders, as what is in the host's own /dev/shm outlives programs; and a holder that is left must
/// meet the next one. A berthd that is started again takes it as it is.
///
/// invalid_argument: no seat's name. failed: something else is in the way, or the kernel refused (CAP_SYS_ADMIN is
/// needed). Nothing waits.
Result<std::string> shared_memory(const std::string& runtime_dir, const model::SeatName& seat);

} // namespace berth::os
