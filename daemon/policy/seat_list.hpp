#pragma once

#include "policy/ledger.hpp"

/// Which seats there are: those that berthd was told of by name, for as long as it runs, and those of the host's
/// logind, for as long as that has them.
namespace berth::policy {

/// Seats begin as `restoring`: until the engine has said what an earlier berthd left, nothing may start on them.
void on_configured(Ledger& ledger, const model::Configured& event);
void on_seat_appeared(Ledger& ledger, const model::SeatAppeared& event);
/// Its desktop is taken down and does not come again; a seat that logind alone has named disappears when it is vacant.
void on_seat_gone(Ledger& ledger, const model::SeatGone& event);

} // namespace berth::policy
