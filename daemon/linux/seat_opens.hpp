#pragma once

#include "ports/client_ports.hpp"

namespace berth::os {

/// ports::SeatOpens: what is opened is what open_source() has looked at, by its O_PATH descriptor, never by its name a
/// second time. Descriptors are close-on-exec here and block, as a program that gets one expects; getting them blocks
/// nobody: connect(2) to a Unix socket is done at once or not at all (EAGAIN).
class SeatOpens final : public ports::SeatOpens {
  public:
    Result<UniqueFd> node(const model::DoorItem& item) override;
    Result<UniqueFd> connection(const model::DoorItem& item, std::uint32_t uid, std::uint32_t gid) override;
    Result<UniqueFd> ipc_namespace(pid_t init, const std::string& container) override;
};

} // namespace berth::os
