#pragma once

#include "policy/ledger.hpp"

/// What a berthd that starts makes of what an earlier one of this boot left. The engine and the kernel say what there
/// is (Leftover); the earlier one's state files (`kept`) say what it was for, and are believed only where both agree.
namespace berth::policy {

/// Each seat that waits for it: a desktop that is up, is the one that was kept, and can run without a berthd in
/// between is taken over as it runs. Anything else that was left is ended, the terminal restored. LastFailure, the
/// crash-loop window and `held` go on. A desktop that was left on a seat that is no more is ended like any other; its
/// seat goes with it.
void on_leftovers_found(Ledger& ledger, const model::LeftoversFound& event);

/// Whether the seat's desktop may go on while no berthd is there: it is up, and something else than berthd gives the
/// terminal back when it dies: the host's logind in mode `logind`; in `headless` it has none.
[[nodiscard]] bool can_do_without_berthd(const model::Seat& seat) noexcept;

} // namespace berth::policy
