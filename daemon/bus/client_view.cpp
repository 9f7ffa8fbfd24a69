#include "bus/client_view.hpp"

#include "model/json.hpp"

#include <algorithm>

namespace berth::bus {

namespace {

std::vector<std::string> texts_of(const std::vector<model::Grant>& grants) {
    std::vector<std::string> texts;
    std::transform(grants.begin(), grants.end(), std::back_inserter(texts), model::text_of);
    return texts;
}

void add_ends(ClientView& view, const model::Client& client, std::int64_t boot_offset) {
    for (const auto& [grant, end] : client.ends) {
        if (end.at != 0) {
            view.until[grant] = static_cast<std::uint64_t>(end.at + boot_offset);
        }
        if (!end.with.empty()) {
            view.with[grant] = end.with;
        }
    }
    for (const model::Grant& grant : client.grants) {
        view.revocations[model::text_of(grant)] = model::name_of(model::revocation_of(grant));
    }
}

} // namespace

ClientView view_of(const model::Client& client, const RealtimeOffsets& offsets) {
    ClientView view;
    view.name = client.id.value;
    view.app = client.plan.app.name;
    view.image = client.plan.app.image;
    view.command = client.plan.command;
    view.container_id = client.container;
    view.seat = client.seat.value;
    view.state = model::name_of(client.state);
    view.grants = texts_of(client.grants);
    view.may_ask = texts_of(client.plan.app.may_ask);
    view.environment = client.door ? model::environment_of(*client.door) : view.environment;
    view.spc = std::any_of(client.grants.begin(), client.grants.end(),
                           [](const model::Grant& grant) { return grant.kind == model::GrantKind::host; });
    view.foreign = model::is_foreign(client);
    view.kept = client.plan.app.keep;
    view.pid = static_cast<std::uint32_t>(client.init_pid);
    view.exit_code = client.exit_code.value_or(-1);
    view.since = client.since == 0 ? 0 : static_cast<std::uint64_t>(client.since + offsets.monotonic);
    add_ends(view, client, offsets.boot);
    return view;
}

std::vector<std::string> changed_properties(const ClientView& before, const ClientView& after) {
    std::vector<std::string> names;
    const auto compare = [&](const char* name, const auto& old_value, const auto& new_value) {
        if (old_value != new_value) {
            names.emplace_back(name);
        }
    };
    compare("ContainerId", before.container_id, after.container_id);
    compare("State", before.state, after.state);
    compare("Grants", before.grants, after.grants);
    compare("GrantsUntil", before.until, after.until);
    compare("GrantsWith", before.with, after.with);
    compare("Revocations", before.revocations, after.revocations);
    compare("Environment", before.environment, after.environment);
    compare("Kept", before.kept, after.kept);
    compare("Pid", before.pid, after.pid);
    compare("ExitCode", before.exit_code, after.exit_code);
    compare("Since", before.since, after.since);
    return names;
}

} // namespace berth::bus
