#pragma once

#include "policy/ledger.hpp"

/// Who may have what of a seat, while a client runs. Every grant is a lease: it ends with its client at the latest, and
/// the steps `give` and `take` are transactions of their effects.
namespace berth::policy {

/// Why these grants cannot be given now. `caller`: the client itself may have what its profile's `grants` and `may-ask`
/// say; who else calls has been asked about by the authority.
std::optional<model::Refused> refuse_grants(const model::World& world, const model::Client& client,
                                            const std::vector<model::Grant>& grants, const model::Caller& caller);

/// Why these cannot be given when a client is made for that seat.
std::optional<model::Refused> refuse_at_creation(const model::World& world, const model::SeatName& seat,
                                                 const std::vector<model::Grant>& grants);

/// Records it where what was refused are grants.
void note_denial(Ledger& ledger, const model::Request& request, const model::Caller& caller,
                 const model::Refused& refused);

/// Begins to give or take, or puts the call in the queue; answers it at once where there is nothing to do.
void accept_grants(Ledger& ledger, model::CallToken token, model::Client& client,
                   const std::vector<model::Grant>& grants, bool give);

/// A step in place has ended: of `give` and `take`, the leases and whoever asked.
void settle_grants(Ledger& ledger, model::Client& client, model::Step step,
                   const std::optional<model::Failure>& failure);

/// Whether its door shows what no lease covers.
[[nodiscard]] bool has_strays(const model::Client& client);

/// A `give` that was given up on has given after all, and is undone, as is what the door of an earlier client of that
/// name shows; or a `take` has taken.
void absorb_late_grants(Ledger& ledger, model::Client& client, const model::ClientStepFinished& event);

/// No step is in flight: the next call in the queue, or what a new desktop makes necessary.
void take_next(Ledger& ledger, model::Client& client);

/// Refuses every call that waits for this client, since it ends.
void answer_waiting(Ledger& ledger, model::Client& client, const std::string& reason);

/// Whoever had something of the desktop is given what that is now.
void on_sockets_renewed(Ledger& ledger, const model::SocketsRenewed& event);

/// Seats have changed their state: who shares the desktop's IPC namespace ends with it, and who had something of an
/// earlier desktop is given the new one's.
void follow_changed_seats(Ledger& ledger);

} // namespace berth::policy
