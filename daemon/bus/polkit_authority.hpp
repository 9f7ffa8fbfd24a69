#pragma once

#include "bus/bus_connection.hpp"
#include "ports/outside.hpp"

#include <functional>
#include <memory>
#include <string>

namespace berth::bus {

/// Asks polkit, on the same bus as the callers (polkit(8), org.freedesktop.PolicyKit1.Authority). Root is allowed
/// without asking; a caller that could not be looked up is refused without asking. Where polkit is not there, root
/// alone is allowed.
class PolkitAuthority final : public ports::Authority {
  public:
    /// Looks for polkit at once, without waiting. `on_status` is called when status() changed. `bus` must outlive this.
    PolkitAuthority(BusConnection& bus, std::function<void()> on_status);
    ~PolkitAuthority() override;

    /// Never an Error: what goes wrong is a verdict of no, with its reason. At most 2 minutes pass, since a person may
    /// be asked for a password; polkit itself answers no when the caller leaves the bus meanwhile.
    void check(const model::Caller& caller, const std::string& action, Done<Verdict> done) override;

    /// polkit answered the last time it was asked for.
    [[nodiscard]] bool polkit_present() const noexcept;

    /// A sentence for STATUS= (sd_notify(3)): empty when polkit is there.
    [[nodiscard]] std::string status() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace berth::bus
