#include "explain/processes.hpp"

#include <linux/major.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <set>
#include <sstream>
#include <string_view>
#include <unistd.h>

namespace berth::explain {

namespace {

/// A kind of device: "/dev/" + `prefix` + a number.
struct Kind {
    std::string_view prefix;
    unsigned major;
};

constexpr unsigned drm_major = 226; // DRM_MAJOR, include/drm/drm_drv.h
constexpr std::array kinds{Kind{"tty", TTY_MAJOR}, Kind{"dri/card", drm_major}, Kind{"input/event", INPUT_MAJOR}};

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// False when the descriptor is of something that only has a device's name: a container may call a pipe so. Where the
/// link leads nowhere (the node was removed), the name is all there is.
bool is_that_device(const std::string& link, const Kind& kind, unsigned number) {
    struct stat status {};

    if (::stat(link.c_str(), &status) != 0) {
        return true;
    }
    return S_ISCHR(status.st_mode) && major(status.st_rdev) == kind.major &&
           (kind.major != TTY_MAJOR || minor(status.st_rdev) == number);
}

/// The name below /dev of the device that a descriptor's link leads to, if it is one of ours. errno is readlink(2)'s.
std::optional<std::string> device_of(const std::string& link) {
    std::array<char, 256> target{};
    const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
    constexpr std::string_view folder{"/dev/"};
    const std::string_view path{target.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
    if (path.rfind(folder, 0) != 0) {
        return std::nullopt;
    }
    const std::string_view name = path.substr(folder.size());
    for (const Kind& kind : kinds) {
        const std::string number{name.rfind(kind.prefix, 0) == 0 ? name.substr(kind.prefix.size()) : ""};
        // tty0 is whichever terminal is visible, and none of its own.
        if (is_number(number) && name != "tty0" && is_that_device(link, kind, number_in(number))) {
            return std::string{name};
        }
    }
    return std::nullopt;
}

std::string stat_path(const Places& places, int pid) {
    return places.proc + "/" + std::to_string(pid) + "/stat";
}

/// The fields of a stat file from the third on. The name before them is in brackets and may contain anything.
std::vector<std::string> fields_after_name(const std::string& stat) {
    const std::size_t end = stat.rfind(')');
    std::vector<std::string> fields;
    if (end != std::string::npos) {
        std::istringstream rest{stat.substr(end + 1)};
        for (std::string field; rest >> field;) {
            fields.push_back(field);
        }
    }
    return fields;
}

/// Adds what one process has open; false when it may not be read.
bool read_files(const Places& places, const Process& process, Processes& result) {
    const auto is_refused = [](int error) { return error == EACCES || error == EPERM; };
    const std::string folder = places.proc + "/" + std::to_string(process.pid) + "/fd";
    int error = 0;
    std::set<std::string> devices; // each once, however often it was opened
    for (const std::string& name : names_in(folder, "", error)) {
        errno = 0;
        const auto device = device_of(folder + "/" + name);
        if (device) {
            devices.insert(*device);
        } else if (is_refused(errno)) {
            return false;
        }
    }
    for (const std::string& device : devices) {
        result.holders[device].push_back(process);
    }
    return !is_refused(error);
}

} // namespace

std::string session_of(const std::string& cgroup) {
    constexpr std::string_view before{"/session-"};
    const std::size_t at = cgroup.find(before);
    const std::size_t end = at == std::string::npos ? at : cgroup.find(".scope", at);
    return end == std::string::npos ? std::string{} : cgroup.substr(at + before.size(), end - at - before.size());
}

std::vector<Process> Processes::holders_of(const std::string& device) const {
    const auto found = holders.find(device);
    return found == holders.end() ? std::vector<Process>{} : found->second;
}

std::optional<Process> find_process(const Places& places, int pid) {
    const Text stat = read_text(stat_path(places, pid));
    if (pid <= 0 || stat.error != 0) {
        return std::nullopt;
    }
    const auto fields = fields_after_name(stat.text);
    return Process{pid, read_line(places.proc + "/" + std::to_string(pid) + "/comm"),
                   fields.empty() ? '?' : fields[0][0]};
}

std::optional<std::uint64_t> start_of(const Places& places, int pid) {
    constexpr std::size_t start = 22 - 3;
    const auto fields = fields_after_name(read_text(stat_path(places, pid)).text);
    std::uint64_t ticks = 0;
    if (fields.size() <= start ||
        std::from_chars(fields[start].data(), fields[start].data() + fields[start].size(), ticks).ec != std::errc{}) {
        return std::nullopt;
    }
    return ticks;
}

Processes read_processes(const Places& places) {
    Processes result;
    for (const std::string& name : names_in(places.proc, "", result.error)) {
        const auto process = is_number(name) ? find_process(places, static_cast<int>(number_in(name))) : std::nullopt;
        if (!process) {
            continue;
        }
        const std::string session = session_of(read_text(places.proc + "/" + name + "/cgroup").text);
        if (!session.empty()) {
            result.of_session[session].push_back(*process);
        }
        if (!read_files(places, *process, result)) {
            result.unreadable.push_back(*process);
        }
    }
    return result;
}

} // namespace berth::explain
