#pragma once

#include "grants/offer.hpp"

#include <map>
#include <string>
#include <vector>

/// A seat's grants as a spec of the Container Device Interface, by which an engine gives them to a container that berth
/// did not make: `podman run --device berth.org/seat0=display IMAGE`. Source:
/// github.com/cncf-tags/container-device-interface, SPEC.md. What is used of it is all in version 0.3.0, the oldest
/// that engines read. Pure.
namespace berth::cdi {

/// A seat's shares go by vendor and class "berth.org/SEAT".
constexpr const char* vendor = "berth.org";

/// One device of a spec: a grant, and what a container that asks for it is made with.
struct Device {
    struct Mount {
        std::string source; ///< on the host; only the host can change what is there
        std::string target; ///< in the container
        bool writable{false};

        bool operator==(const Mount&) const = default;
    };

    std::string name; ///< the grant's word: "gpu"
    std::vector<Mount> mounts;
    std::map<std::string, std::string> environment;
    std::vector<std::string> nodes; ///< device nodes, at the same path in the container

    bool operator==(const Device&) const = default;
};

/// The kinds that are published: those that a container can be made with, and that give no more than the desktop shows
/// anyhow. Not `input` and `usb` (what is typed), `session-bus` (a filter a client), `ipc` and `host` (namespaces are
/// not CDI's), `shm` (a folder that is made for who asks).
const std::vector<model::GrantKind>& published_kinds();

/// What of `offer` becomes a device. Sockets, files and texts are taken from `door`, where they were looked at; nodes
/// keep their own paths. Variables "BERTH_…" are left out: they name places of live grants.
Device device_of(const std::string& name, const grants::Offer& offer, const std::string& door);

/// The items of an offer that `device_of` takes from the door.
std::vector<model::DoorItem> items_of(const grants::Offer& offer);

/// Can a spec name this seat? Classes begin with a letter, and are letters, digits, "_", "-" and ".".
bool can_be_named(const std::string& seat);

/// "berth.org-seat0.json"
std::string file_name(const std::string& seat);

/// The spec as JSON, with a line break at its end.
std::string spec_text(const std::string& seat, const std::vector<Device>& devices);

} // namespace berth::cdi
