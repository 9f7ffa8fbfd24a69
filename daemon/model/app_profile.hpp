#pragma once

#include "model/grant.hpp"
#include "model/profile.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace berth::model {

/// Limits of a client container; 0: none but the host's.
struct AppLimits {
    std::uint64_t memory_mib{0};  ///< memory.max, cgroups(7)
    std::uint32_t pids{0};        ///< pids.max
    std::uint32_t cpu_percent{0}; ///< of one CPU: 150 is one and a half

    bool operator==(const AppLimits&) const = default;
};

/// How a desktop's menu shows an app (Desktop Entry Specification).
struct AppMenu {
    std::string title;                   ///< empty: the app's name
    std::string icon;                    ///< a name of the desktop's icon theme; empty: that of any program
    std::vector<std::string> categories; ///< "Network", "WebBrowser", …
    std::vector<std::string> types;      ///< MIME types that it opens, "text/html"

    bool operator==(const AppMenu&) const = default;
};

/// apps/NAME.json, read and validated (packaging/schemas/app.schema.json); or made of an image's name and options.
struct AppProfile {
    std::string name; ///< the file's name without ".json", or the image's last word
    std::string description;
    std::string image;
    std::vector<std::string> command; ///< argv where the caller gives none; empty: the image's own
    std::vector<Grant> grants;        ///< given when it starts, in the profile's order
    std::vector<Grant> optional;      ///< of `grants`: where its seat lacks it, it starts without
    std::vector<Grant> may_ask;       ///< given when it asks
    std::string seat;                 ///< whose desktop it goes with; empty: seat0
    std::string user;                 ///< "uid[:gid]" or a name in the image; empty: the image's own
    std::string working_directory;    ///< absolute; empty: the image's own
    std::map<std::string, std::string> environment;
    std::vector<ProfileVolume> volumes;
    std::map<std::string, std::string> links; ///< path of a symbolic link in the container → its target
    std::string network{"none"};              ///< "none", "host", "bridge" or a network's name
    std::vector<std::string> capabilities;    ///< beyond the engine's default, e.g. "CAP_NET_ADMIN" for a VPN
    std::vector<std::string> cdi;             ///< devices of CDI specs on the host, "nvidia.com/gpu=all"
    AppLimits limits;
    AppMenu menu;
    bool keep{false};         ///< the container stays when it has ended
    std::uint32_t stop_s{10}; ///< from the stop signal to SIGKILL

    bool operator==(const AppProfile&) const = default;
};

} // namespace berth::model
