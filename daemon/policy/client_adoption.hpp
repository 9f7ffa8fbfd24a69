#pragma once

#include "policy/ledger.hpp"

namespace berth::policy {

/// Takes over the clients that an earlier berthd left: one that its state file and the engine (or the kernel) agree on
/// goes on, a kept one stays kept, and everything else of clients is ended and removed.
void adopt_clients(Ledger& ledger, const model::LeftoversFound& event);

} // namespace berth::policy
