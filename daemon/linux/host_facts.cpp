#include "linux/host_facts.hpp"

#include "base/unique_fd.hpp"

#include <linux/vt.h>
#include <sys/ioctl.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <grp.h>
#include <optional>

namespace berth::os {
namespace {

bool answers_getstate(const std::string& console) {
    const UniqueFd tty{::open(console.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)};
    vt_stat state{};
    return tty && ::ioctl(tty.get(), VT_GETSTATE, &state) == 0;
}

bool has_card(const std::string& folder) {
    std::error_code error;
    for (std::filesystem::directory_iterator entry{folder, error};
         !error && entry != std::filesystem::directory_iterator{}; entry.increment(error)) {
        if (entry->path().filename().string().starts_with("card")) {
            return true;
        }
    }
    return false;
}

bool is_folder(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::is_directory(path, ignored);
}

std::optional<std::uint32_t> group_id(const char* name) {
    std::vector<char> buffer(1024);
    group entry{};
    group* found = nullptr;
    while (::getgrnam_r(name, &entry, buffer.data(), buffer.size(), &found) == ERANGE) {
        buffer.resize(buffer.size() * 2); // a group with many members
    }
    return found != nullptr ? std::optional{found->gr_gid} : std::nullopt;
}

} // namespace

model::HostFacts read_host_facts(const std::string& device_folder, const std::string& runtime_folder) {
    model::HostFacts facts;
    facts.virtual_terminals = answers_getstate(device_folder + "/tty0");
    facts.graphics = has_card(device_folder + "/dri");
    facts.logind = is_folder(runtime_folder + "/systemd/system") && // sd_booted(3)
                   is_folder(runtime_folder + "/systemd/seats");    // logind's own
    for (const char* name : {"video", "audio", "render", "input", "tty"}) {
        if (const auto id = group_id(name)) {
            facts.groups[name] = *id;
        }
    }
    return facts;
}

bool systemd_is_running() {
    return is_folder("/run/systemd/system");
}

} // namespace berth::os
