#include "policy/client_table.hpp"

#include <algorithm>
#include <array>

namespace berth::policy {

using model::Client;
using model::ClientState;
using model::Step;

namespace {

using RowChain = ClientRow::Chain;

// clang-format off
constexpr std::array<ClientRow, 21> rows{{
    // step               state                   next              on failure        interruptible  chain  progress
    {Step::find,         ClientState::preparing, Step::check_image,Step::unpause,    false, RowChain::up, 0.02, "Looking for the container"},
    {Step::check_image,  ClientState::preparing, Step::open_door,  Step::unpause,    false, RowChain::up, 0.05, "Looking for the image"},
    {Step::open_door,    ClientState::preparing, Step::create,     Step::unpause,    false, RowChain::up, 0.10, "Making the client's door"},
    {Step::create,       ClientState::preparing, Step::attach,     Step::unpause,    false, RowChain::up, 0.20, "Creating the container"},
    {Step::attach,       ClientState::preparing, Step::start,      Step::unpause,    false, RowChain::up, 0.50, "Connecting its streams"},
    {Step::start,        ClientState::starting,  Step::join,       Step::unpause,    false, RowChain::up, 0.60, "Starting the container"},
    {Step::join,         ClientState::starting,  Step::none,       Step::unpause,    false, RowChain::up, 0.80, "Showing it the client's door"},
    // Tear-down: what fails is passed over, since the next step is the stronger means.
    {Step::unpause,      ClientState::ending,    Step::stop,       Step::stop,       false, RowChain::down, 0.05, "Letting it go on"},
    {Step::stop,         ClientState::ending,    Step::kill,       Step::kill,       true,  RowChain::down, 0.10, "Asking its command to end"},
    {Step::kill,         ClientState::ending,    Step::collect,    Step::collect,    true,  RowChain::down, 0.60, "Killing the container"},
    {Step::collect,      ClientState::ending,    Step::flush,      Step::flush,      false, RowChain::down, 0.70, "Reading its exit code"},
    {Step::flush,        ClientState::ending,    Step::remove,     Step::remove,     true,  RowChain::down, 0.75, "Passing on what it wrote"},
    {Step::remove,       ClientState::ending,    Step::part,       Step::part,       false, RowChain::down, 0.80, "Removing the container"},
    {Step::part,         ClientState::ending,    Step::close_door, Step::close_door, false, RowChain::down, 0.85, "Taking the client's door away"},
    {Step::close_door,   ClientState::ending,    Step::none,       Step::none,       false, RowChain::down, 0.90, "Removing the client's door"},
    // On a client that runs. A thaw runs `unpause` in `frozen`.
    {Step::adopt,        ClientState::running,   Step::none,       Step::none,       false, RowChain::in_place, 0.10, "Taking over the client that runs"},
    {Step::pause,        ClientState::running,   Step::none,       Step::none,       false, RowChain::in_place, 0.10, "Freezing the client"},
    {Step::commit,       ClientState::running,   Step::none,       Step::none,       false, RowChain::in_place, 0.10, "Saving the client as an image"},
    {Step::give,         ClientState::running,   Step::none,       Step::none,       false, RowChain::in_place, 0.10, "Giving grants"},
    {Step::take,         ClientState::running,   Step::none,       Step::none,       false, RowChain::in_place, 0.10, "Taking grants back"},
    {Step::none,         ClientState::exited,    Step::none,       Step::none,       true,  RowChain::in_place, 0.00, ""},
}};
// clang-format on

constexpr std::int64_t second_ms = 1000;

} // namespace

std::span<const ClientRow> client_table() noexcept {
    return std::span{rows}.first(rows.size() - 1);
}

const ClientRow& row_of_client(Step step) noexcept {
    const auto* const row =
        std::find_if(rows.begin(), rows.end(), [step](const ClientRow& r) { return r.step == step; });
    return row == rows.end() ? rows.back() : *row;
}

namespace {

/// Of what is not berth's, berth looks for it, shows it a door, and takes that away again.
bool applies_to_foreign(Step step, const Client& client) noexcept {
    switch (row_of_client(step).chain) {
    case RowChain::in_place:
        return step != Step::none;
    case RowChain::up:
        return step == Step::find || step == Step::open_door || step == Step::join;
    case RowChain::down:
        return (step == Step::part && (!client.mounts.empty() || client.door.has_value())) ||
               (step == Step::close_door && client.door.has_value());
    }
    return false;
}

} // namespace

bool applies(Step step, const Client& client) noexcept {
    if (is_foreign(client)) {
        return applies_to_foreign(step, client);
    }
    switch (step) {
    case Step::create:
        return !client.was_kept || client.container.empty(); // a kept one is run again as it is
    case Step::attach:
        return client.plan.streamed;
    case Step::unpause:
        return client.paused;
    case Step::stop:
        return client.init_pid != 0 && !client.now;
    case Step::kill:
        return client.may_run;
    case Step::collect:
        return client.has_run && !client.exit_code && !client.container.empty();
    case Step::flush:
        return client.streams_open;
    case Step::remove:
        return !client.container.empty() && !stays_kept(client);
    case Step::close_door:
        return client.door.has_value();
    case Step::check_image:
        return !client.plan.image_seen;
    case Step::open_door:
    case Step::start:
    case Step::adopt:
    case Step::pause:
    case Step::commit:
    case Step::give:
    case Step::take:
        return true;
    case Step::none:
    case Step::find:
    case Step::join:
    case Step::part:
    case Step::claim_vt:
    case Step::lease_seat:
    case Step::check_systemd:
    case Step::initialize:
    case Step::await_lease:
    case Step::join_network:
    case Step::await_session:
    case Step::probe_shell:
    case Step::end_session:
    case Step::release_seat:
    case Step::restore_tty:
        return false;
    }
    return false;
}

bool stays_kept(const Client& client) noexcept {
    return client.plan.app.keep && (client.has_run || client.was_kept);
}

bool is_told_to_end(const Client& client) noexcept {
    const bool by_berth = client.failure && client.failure->code == ErrorCode::cancelled;
    return client.state == ClientState::ending && (client.now || client.work || by_berth);
}

Step first_applicable(Step step, const Client& client) noexcept {
    while (step != Step::none && !applies(step, client)) {
        step = row_of_client(step).next;
    }
    return step;
}

std::int64_t limit_ms(Step step, const Client& client) noexcept {
    switch (step) {
    case Step::stop:
        return std::max<std::int64_t>(1, client.stop_ms);
    case Step::kill:
    case Step::open_door:
    case Step::close_door:
        return 5 * second_ms;
    case Step::give:
    case Step::take:
    case Step::join:
    case Step::part:
    case Step::attach:
    case Step::collect:
    case Step::adopt:
    case Step::pause:
    case Step::unpause:
        return 15 * second_ms;
    case Step::create:
    case Step::start:
    case Step::remove:
        return 60 * second_ms;
    case Step::find:
    case Step::check_image: // the first that asks the engine, which may have to be started
        return 90 * second_ms;
    case Step::commit:
        return 1800 * second_ms;
    case Step::flush: // whoever reads slowly may, until somebody wants the client gone
        return is_told_to_end(client) ? 5 * second_ms : 0;
    case Step::none:
    case Step::claim_vt:
    case Step::lease_seat:
    case Step::check_systemd:
    case Step::initialize:
    case Step::await_lease:
    case Step::join_network:
    case Step::await_session:
    case Step::probe_shell:
    case Step::end_session:
    case Step::release_seat:
    case Step::restore_tty:
        return 0;
    }
    return 0;
}

} // namespace berth::policy
