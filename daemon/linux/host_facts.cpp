#include "linux/host_facts.hpp"

#include "base/unique_fd.hpp"

#include <linux/vt.h>
#include <sys/ioctl.h>

#include <array>
#include <fcntl.h>
#include <filesystem>
#include <grp.h>
#include <string_view>
#include <vector>

namespace berth::os {

namespace {

bool answers_vt_getstate() {
    const UniqueFd tty{::open("/dev/tty0", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)};
    vt_stat state{};
    return tty && ::ioctl(tty.get(), VT_GETSTATE, &state) == 0;
}

bool has_drm_card() {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator{"/dev/dri", error}) {
        if (entry.path().filename().string().starts_with("card")) {
            return true;
        }
    }
    return false;
}

} // namespace

model::HostFacts host_facts() {
    model::HostFacts facts;
    facts.virtual_terminals = answers_vt_getstate();
    facts.graphics = has_drm_card();
    constexpr std::array names{"audio", "input", "render", "tty", "video"};
    std::vector<char> buffer(65536);
    for (const char* name : names) {
        group entry{};
        group* found = nullptr;
        if (::getgrnam_r(name, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
            facts.groups[name] = found->gr_gid;
        }
    }
    return facts;
}

} // namespace berth::os
