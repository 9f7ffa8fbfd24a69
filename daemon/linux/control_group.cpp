#include "linux/control_group.hpp"

#include <cstddef>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace berth::os {
namespace {

constexpr std::size_t shortest_container_id = 12; ///< a shorter name could be part of another's

/// A line of /proc/PID/cgroup, "NUMBER:CONTROLLERS:PATH".
struct Line {
    std::string controllers; ///< "" of v2
    std::string path;
};

Line parse(const std::string& line) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first == std::string::npos ? first : first + 1);
    if (second == std::string::npos) {
        return {};
    }
    return {line.substr(first + 1, second - first - 1), line.substr(second + 1)};
}

/// "" when no part of the path has `id` in its name.
std::string up_to(const std::string& path, const std::string& id) {
    const std::size_t at = path.find(id);
    return at == std::string::npos ? std::string{} : path.substr(0, path.find('/', at));
}

/// Where a hierarchy of v1 is mounted: by its first controller, or its name.
std::string mount_of_v1(const std::string& controllers) {
    const std::string first = controllers.substr(0, controllers.find(','));
    return "/sys/fs/cgroup/" + (first.starts_with("name=") ? first.substr(5) : first);
}

/// Where v2 is mounted. It stays there for as long as the host runs, and the table of all mounts is long beside many
/// containers.
const std::string& mount_of_v2() {
    static std::string mount;
    if (mount.empty()) {
        mount = control_groups_mount();
    }
    return mount;
}

bool is_group(const std::string& folder) {
    return ::access((folder + "/cgroup.procs").c_str(), R_OK) == 0;
}

} // namespace

std::string control_groups_mount(const std::string& mounts) {
    std::ifstream lines{mounts};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::string word;
        std::string where;
        // Field 5 is where; the type follows the separator "-".
        for (int number = 1; words >> word && word != "-"; ++number) {
            where = number == 5 ? word : where;
        }
        if (words >> word && word == "cgroup2") {
            return where;
        }
    }
    return {};
}

std::string control_group_of(pid_t pid) {
    std::ifstream lines{"/proc/" + std::to_string(pid) + "/cgroup"};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("0::/")) {
            return line.substr(3);
        }
    }
    return {};
}

std::string control_group_of_container(pid_t init, const std::string& container) {
    if (init <= 0 || container.size() < shortest_container_id) {
        return {};
    }
    std::ifstream lines{"/proc/" + std::to_string(init) + "/cgroup"};
    std::string found;
    for (std::string text; std::getline(lines, text);) {
        const Line line = parse(text);
        const std::string group = up_to(line.path, container);
        if (group.empty()) {
            continue;
        }
        const std::string folder = (line.controllers.empty() ? mount_of_v2() : mount_of_v1(line.controllers)) + group;
        if (is_group(folder) && (found.empty() || line.controllers.empty())) { // v2 last, and best: it can kill at once
            found = folder;
        }
    }
    return found;
}

std::string control_group_of_container(pid_t init, const std::string& container, const std::string& controller) {
    if (init <= 0 || container.size() < shortest_container_id) {
        return {};
    }
    std::ifstream lines{"/proc/" + std::to_string(init) + "/cgroup"};
    for (std::string text; std::getline(lines, text);) {
        const Line line = parse(text);
        const std::string group = up_to(line.path, container);
        if (("," + line.controllers + ",").find("," + controller + ",") == std::string::npos || group.empty()) {
            continue;
        }
        // Hierarchies of several controllers are mounted by all their names, with a link for each.
        const std::string folder = "/sys/fs/cgroup/" + controller + group;
        return is_group(folder) ? folder : std::string{};
    }
    return {};
}

std::vector<std::string> control_groups_of_container(pid_t init, const std::string& container) {
    const std::string own = init <= 0 ? std::string{} : control_group_of(init);
    const std::string top = container.size() < shortest_container_id ? std::string{} : up_to(own, container);
    const std::string& mount = mount_of_v2();
    std::vector<std::string> groups;
    if (top.empty() || mount.empty() || !is_group(mount + top)) {
        return groups;
    }
    for (std::size_t end = top.size(); end != std::string::npos && end <= own.size(); end = own.find('/', end + 1)) {
        groups.push_back(mount + own.substr(0, end));
    }
    if (own.size() > top.size()) {
        groups.push_back(mount + own);
    }
    return groups;
}

} // namespace berth::os
