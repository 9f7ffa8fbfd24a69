#pragma once

#include "base/result.hpp"
#include "bus/self_calls.hpp"
#include "bus/self_service.hpp"
#include "model/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace berth::bus {

/// The calls of one container that the policy is asked about: how many there may be, whose they are, and which have not
/// been answered yet. Private to bus/.
class SelfAdmission {
  public:
    /// All three outlive it. `mark`: the bit that tells these tokens from others (self_calls.hpp); `last`: counts the
    /// calls of all containers of that kind.
    SelfAdmission(const SelfLimits& limits, const PeerChecks& peers, std::uint64_t mark, std::uint64_t& last);

    /// As SelfService::admit. `who`: "client chrome-1", for the refusal; `container`: its full id.
    Result<std::optional<model::CallToken>> admit(const SelfPeer& peer, std::size_t waiting, const std::string& who,
                                                  const std::string& container);

    /// The connection of a call that is answered now; absent: not one of this container's.
    std::optional<unsigned> settle(model::CallToken token);

  private:
    const SelfLimits& limits_;
    const PeerChecks& peers_;
    std::uint64_t mark_;
    std::uint64_t& last_;
    SelfRate rate_;
    std::map<model::CallToken, unsigned> unanswered_; ///< by the policy; the connection of each
};

} // namespace berth::bus
