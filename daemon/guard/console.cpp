#include "guard/console.hpp"

#include "guard/folder.hpp"
#include "guard/tty_restore.hpp"

#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace berth::guard {
namespace {

constexpr const char* frame_buffer = "frame buffer"; ///< "(M) frame buffer device"

/// Calls `see(context, console)` with the folder of each console of /sys/class/vtconsole whose name has these words.
void each_console(const char* sys, const char* words, void (*see)(void*, int), void* context) {
    char path[128];
    std::snprintf(path, sizeof path, "%s/class/vtconsole", sys);
    Folder consoles{AT_FDCWD, path};
    for (const char* name = nullptr; (name = consoles.next()) != nullptr;) {
        const int console = ::openat(consoles.fd(), name, O_RDONLY | O_DIRECTORY | O_CLOEXEC); // a link
        char kind[64];
        if (console >= 0 && read_file(console, "name", kind, sizeof kind) && std::strstr(kind, words) != nullptr) {
            see(context, console);
        }
        if (console >= 0) {
            ::close(console);
        }
    }
}

struct Bound {
    unsigned all{0};
    unsigned bound{0};
};

void count_bound(void* context, int console) {
    Bound& count = *static_cast<Bound*>(context);
    char bind[8];
    ++count.all;
    count.bound += read_file(console, "bind", bind, sizeof bind) && bind[0] == '1' ? 1 : 0;
}

/// The device that the first frame buffer is of: the last part of where the link leads.
bool device_of(int folder, const char* link, char* device, std::size_t size) {
    char target[256];
    const ssize_t length = ::readlinkat(folder, link, target, sizeof target - 1);
    if (length <= 0) {
        return false;
    }
    target[length] = '\0';
    const char* const slash = std::strrchr(target, '/');
    const char* const last = slash != nullptr ? slash + 1 : target;
    const std::size_t needed = std::strlen(last) + 1;
    if (needed > size) {
        return false;
    }
    std::memcpy(device, last, needed);
    return true;
}

/// "card0" of "card0-HDMI-A-1"; false for what is no connector.
bool card_of(const char* connector, char* card, std::size_t size) {
    const char* const dash = std::strchr(connector, '-');
    if (dash == nullptr || std::strncmp(connector, "card", 4) != 0) {
        return false;
    }
    std::snprintf(card, size, "%.*s", static_cast<int>(dash - connector), connector);
    return true;
}

bool any_name(const char* folder, bool (*is_one)(const char* name)) {
    Folder names{AT_FDCWD, folder};
    for (const char* name = nullptr; (name = names.next()) != nullptr;) {
        if (is_one(name)) {
            return true;
        }
    }
    return false;
}

/// Whether screens are plugged into the card of the console's frame buffer, and none of them is driven.
bool all_screens_are_dark(const char* sys) {
    char path[128];
    char console_device[128];
    std::snprintf(path, sizeof path, "%s/class/graphics/fb0/device", sys);
    if (!device_of(AT_FDCWD, path, console_device, sizeof console_device)) {
        return false;
    }
    std::snprintf(path, sizeof path, "%s/class/drm", sys);
    Folder cards{AT_FDCWD, path};
    unsigned connected = 0;
    unsigned driven = 0;
    for (const char* name = nullptr; (name = cards.next()) != nullptr;) {
        char link[300];
        char word[32];
        if (!card_of(name, word, sizeof word)) {
            continue;
        }
        std::snprintf(link, sizeof link, "%s/device", word);
        char device[128];
        if (!device_of(cards.fd(), link, device, sizeof device) || std::strcmp(device, console_device) != 0) {
            continue;
        }
        std::snprintf(link, sizeof link, "%s/status", name);
        if (!read_file(cards.fd(), link, word, sizeof word) || std::strcmp(word, "connected") != 0) {
            continue;
        }
        ++connected;
        std::snprintf(link, sizeof link, "%s/enabled", name);
        driven += read_file(cards.fd(), link, word, sizeof word) && std::strcmp(word, "enabled") == 0 ? 1 : 0;
    }
    return connected != 0 && driven == 0;
}

} // namespace

bool text_is_drawn(const char* sys) {
    char path[128];
    std::snprintf(path, sizeof path, "%s/class/graphics", sys);
    if (any_name(path, [](const char* name) { return std::strncmp(name, "fb", 2) == 0 && name[2] != 'c'; })) {
        return true; // "fbcon" is there without any frame buffer
    }
    Bound vga_text;
    each_console(sys, "VGA", count_bound, &vga_text);
    if (vga_text.all != 0) {
        return true;
    }
    std::snprintf(path, sizeof path, "%s/class/drm", sys);
    return !any_name(path, [](const char* name) {
        char card[32];
        return card_of(name, card, sizeof card);
    });
}

std::uint32_t inspect_console(const char* sys) {
    Bound count;
    each_console(sys, frame_buffer, count_bound, &count);
    if (count.all == 0) {
        return 0;
    }
    const std::uint32_t wrong = count.bound == 0 ? wrong_console : 0U;
    return wrong | (all_screens_are_dark(sys) ? wrong_screen : 0U);
}

std::uint32_t mend_console(const char* sys) {
    std::uint32_t done = 0;
    each_console(
        sys, frame_buffer,
        [](void* context, int console) {
            char bind[8];
            if (read_file(console, "bind", bind, sizeof bind) && bind[0] == '0' && write_file(console, "bind", "1")) {
                *static_cast<std::uint32_t*>(context) = did_rebind;
            }
        },
        &done);
    return done;
}

std::uint32_t take_keyboard_by_sysrq(const char* proc) {
    char path[128];
    std::snprintf(path, sizeof path, "%s/sysrq-trigger", proc);
    return write_file(AT_FDCWD, path, "r") ? did_sysrq : 0U;
}

} // namespace berth::guard
