#pragma once

#include "engine/operations.hpp"
#include "engine/tar.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Symbolic links in a container that does not run, by way of an archive.
namespace berth::engine {

/// A user's home folder, and who he is.
struct Home {
    std::string path;
    std::uint32_t uid{0};
    std::uint32_t gid{0};

    bool operator==(const Home&) const = default;
};

/// The home of a container's user by its passwd(5). `user`: "", name, uid, or one of these with ":group". root's is
/// /root where the file does not say. failed: who he is is not said.
Result<Home> home_in(std::string_view passwd, const std::string& user);

/// invalid_argument: a link's path is neither absolute nor below "~/", climbs, is a folder alone, or has no target.
Result<void> check_links(const std::map<std::string, std::string>& links);

/// Every folder on the way to the links (whose paths are absolute), outermost first, each once.
std::vector<std::string> folders_of(const std::map<std::string, std::string>& links);

Task<void> put_links(SharedSession session, std::string container, std::map<std::string, std::string> links);

} // namespace berth::engine
