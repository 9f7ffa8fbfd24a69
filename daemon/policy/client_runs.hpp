#pragma once

#include "policy/ledger.hpp"

/// How Manager.Run, or a desktop's Self.Run, becomes a client.
namespace berth::policy {

/// Why the call is impossible now, whatever its profile says.
std::optional<model::Refused> refuse_run(const model::World& world, const model::RunRequest& run);

/// Why a desktop's own call is refused: it runs the apps that its profile's `may_run` names, and that is all.
std::optional<model::Refused> refuse_desktop(const model::World& world, const model::Request& request,
                                             const model::SeatName& desktop);

/// The profile of a Run that waits.
void on_app_read(Ledger& ledger, const model::AppRead& event);

/// Why no client of that name ("": any) can begin on that seat now.
std::optional<model::Refused> refuse_new_client(const model::World& world, const std::string& name,
                                                const model::SeatName& seat);

/// "chrome-3": the app's name, cut to what a name may be, and a number that no client has.
model::ClientId fresh_name(model::World& world, const std::string& app);

} // namespace berth::policy
