#include "policy/decide.hpp"

#include "base/overloaded.hpp"
#include "policy/adoption.hpp"
#include "policy/call_rules.hpp"
#include "policy/client_calls.hpp"
#include "policy/client_grants.hpp"
#include "policy/client_leases.hpp"
#include "policy/client_opens.hpp"
#include "policy/client_rules.hpp"
#include "policy/client_runs.hpp"
#include "policy/docks.hpp"
#include "policy/reseat.hpp"
#include "policy/seat_list.hpp"
#include "policy/seat_rules.hpp"

namespace berth::policy {

using namespace model;

namespace {

void on_devices_changed(Ledger& ledger, const DevicesChanged& event) {
    Seat* const seat = ledger.find_seat(event.seat);
    if (seat != nullptr && seat->devices != event.devices) {
        seat->devices = event.devices;
        // A card's driver may be loaded after berthd has looked at the host.
        ledger.world().host.graphics |= has_terminals(event.seat) && has_card(event.devices);
        ledger.enter(*seat, seat->state, "Devices changed");
        share_nodes(ledger, *seat);
        consider_reseat(ledger, *seat, true);
    }
}

} // namespace

Decision decide(World world, const Event& event) {
    Ledger ledger{std::move(world), event.at};
    std::visit(Overloaded{
                   [&](const Configured& e) { on_configured(ledger, e); },
                   [&](const LeftoversFound& e) { on_leftovers_found(ledger, e); },
                   [&](const Called& e) { on_called(ledger, e); },
                   [&](const Authorized& e) { on_authorized(ledger, e); },
                   [&](const ProfileRead& e) { on_profile_read(ledger, e); },
                   [&](const StepFinished& e) { on_step_finished(ledger, e); },
                   [&](const InitExited& e) { on_init_exited(ledger, e); },
                   [&](const PausedChanged& e) { on_paused_changed(ledger, e); },
                   [&](const LeaseLost& e) { on_lease_lost(ledger, e); },
                   [&](const SessionReady& e) { on_session_ready(ledger, e); },
                   [&](const TimerFired& e) { on_timer_fired(ledger, e); },
                   [&](const DevicesChanged& e) { on_devices_changed(ledger, e); },
                   [&](const HardwareChanged& e) { on_hardware_changed(ledger, e); },
                   [&](const DocksRead& e) { on_docks_read(ledger, e); },
                   [&](const DesktopAnswered& e) { on_desktop_answered(ledger, e); },
                   [&](const SeatAppeared& e) { on_seat_appeared(ledger, e); },
                   [&](const SeatGone& e) { on_seat_gone(ledger, e); },
                   [&](const ShutdownRequested& e) { on_shutdown(ledger, e); },
                   [&](const AppRead& e) { on_app_read(ledger, e); },
                   [&](const ClientStepFinished& e) { on_client_step_finished(ledger, e); },
                   [&](const ClientExited& e) { on_client_exited(ledger, e); },
                   [&](const ClientPausedChanged& e) { on_client_paused_changed(ledger, e); },
                   [&](const StreamsEnded& e) { on_streams_ended(ledger, e); },
                   [&](const ClientTimerFired& e) { on_client_timer_fired(ledger, e); },
                   [&](const ExecEnded& e) { on_exec_ended(ledger, e); },
                   [&](const OpenEnded& e) { on_open_ended(ledger, e); },
                   [&](const LeaseTimerFired& e) { on_lease_timer_fired(ledger, e); },
                   [&](const CallerGone& e) { on_caller_gone(ledger, e); },
                   [&](const SocketsRenewed& e) { on_sockets_renewed(ledger, e); },
               },
               event.what);
    follow_changed_seats(ledger);
    return std::move(ledger).take();
}

} // namespace berth::policy
