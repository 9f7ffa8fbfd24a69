#include "effects/client_loopback.hpp"

#include <algorithm>
#include <set>

namespace berth::effects {

using namespace model;

std::vector<std::uint16_t> ports_in(const ClientDoor& door) {
    std::set<std::uint16_t> found;
    for (const auto& [grant, parts] : door.parts) {
        found.insert(parts.ports.begin(), parts.ports.end());
    }
    return {found.begin(), found.end()};
}

void open_ports(const Ports& ports, const ClientId& client, pid_t init, std::vector<LoopbackPort> wanted,
                Done<void> done) {
    if (wanted.empty()) {
        done({});
        return;
    }
    const LoopbackPort first = wanted.front();
    wanted.erase(wanted.begin());
    ports.loopbacks.open(
        client, init, first,
        [ports, client, init, wanted = std::move(wanted), done = std::move(done)](const Result<void>& opened) mutable {
            opened ? open_ports(ports, client, init, std::move(wanted), std::move(done)) : done(opened.error());
        });
}

void close_ports_gone(const Ports& ports, const ClientId& client, const ClientDoor& before, const ClientDoor& after) {
    const std::vector<std::uint16_t> kept = ports_in(after);
    for (const std::uint16_t port : ports_in(before)) {
        if (!std::binary_search(kept.begin(), kept.end(), port)) {
            ports.loopbacks.close(client, port);
        }
    }
}

} // namespace berth::effects
