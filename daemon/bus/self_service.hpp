#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "model/effect.hpp"
#include "model/facts.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>

namespace berth::bus {

/// What a container asks of the policy; which client or seat it is about is filled in by who knows it.
using SelfAsk = std::variant<model::GrantRequest, model::RevokeRequest, model::OpenRequest, model::RunRequest>;

/// The other end of one connection.
struct SelfPeer {
    unsigned connection{0};
    std::uint32_t uid{0xffffffff};                                          ///< as the kernel says
    Result<UniqueFd> process{Error{ErrorCode::failed, "nobody has asked"}}; ///< who connected, or why that is not known
};

/// Who speaks on one container's socket: what its connections are served with. Outlives them.
class SelfService {
  public:
    using Texts = std::map<std::string, std::string>;

    virtual ~SelfService() = default;

    /// "seat0", "client/chrome-1"; for the log.
    [[nodiscard]] virtual std::string name() const = 0;
    [[nodiscard]] virtual Texts describe() const = 0;
    [[nodiscard]] virtual Texts environment() const = 0;

    /// invalid_argument: this is no desktop.
    virtual Result<void> session_ready(model::SessionFacts facts) = 0;

    /// The process that connected the socket.
    virtual Result<UniqueFd> find_peer(int socket) = 0;

    /// Whether replies may carry descriptors.
    [[nodiscard]] virtual bool passes_descriptors() const = 0;

    /// Makes room for one call of that peer, whose connection has `waiting` others; nothing: a limit is reached.
    /// invalid_argument: nobody here asks for that. not_authorized: the peer is not, or not any more, a process of the
    /// container's.
    virtual Result<std::optional<model::CallToken>> admit(const SelfPeer& peer, std::size_t waiting,
                                                          const SelfAsk& what) = 0;

    /// Puts it to the policy; the answer may come from inside this call.
    virtual void ask(model::CallToken token, const SelfPeer& peer, SelfAsk what) = 0;

    /// That connection is no more.
    virtual void ended(unsigned connection) = 0;
};

} // namespace berth::bus
