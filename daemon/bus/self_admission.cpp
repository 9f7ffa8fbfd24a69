#include "bus/self_admission.hpp"

#include <chrono>

namespace berth::bus {

using Clock = std::chrono::steady_clock;

SelfAdmission::SelfAdmission(const SelfLimits& limits, const PeerChecks& peers, std::uint64_t mark, std::uint64_t& last)
    : limits_{limits}, peers_{peers}, mark_{mark}, last_{last}, rate_{limits, Clock::now()} {}

Result<std::optional<model::CallToken>> SelfAdmission::admit(const SelfPeer& peer, std::size_t waiting,
                                                             const std::string& who, const std::string& container) {
    if (waiting >= limits_.waiting || unanswered_.size() >= limits_.unanswered || !rate_.admit(Clock::now())) {
        return std::optional<model::CallToken>{};
    }
    const auto member = peer.process ? peers_.check(*peer.process, container) : Result<void>{peer.process.error()};
    if (!member) {
        return Error{ErrorCode::not_authorized,
                     who + " did not call, as far as can be told: " + member.error().message};
    }
    const model::CallToken token{mark_ | ++last_};
    unanswered_.emplace(token, peer.connection);
    return std::optional{token};
}

std::optional<unsigned> SelfAdmission::settle(model::CallToken token) {
    const auto found = unanswered_.extract(token);
    return found.empty() ? std::nullopt : std::optional{found.mapped()};
}

} // namespace berth::bus
