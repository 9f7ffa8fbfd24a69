#include "linux/directories.hpp"

#include "base/log.hpp"
#include "linux/environment_file.hpp"
#include "linux/file_tree.hpp"
#include "linux/mounts.hpp"
#include "linux/node_folder.hpp"
#include "linux/seat_name.hpp"

#include <sys/random.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace berth::os {
namespace {

Error unsafe(const model::SeatName& seat) {
    return Error{ErrorCode::invalid_argument,
                 "seat name \"" + seat.value + "\": expected 1 to 64 letters, digits, '_' and '-'"};
}

/// 32 lowercase hexadecimal digits, not all zero: machine-id(5).
bool is_machine_id(std::string_view id) {
    return id.size() == 32 && id.find_first_not_of("0123456789abcdef") == std::string_view::npos &&
           id.find_first_not_of('0') != std::string_view::npos;
}

Result<std::string> random_machine_id() {
    std::array<unsigned char, 16> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
        return system_error("getrandom for a machine-id", errno);
    }
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40); // a UUID version 4, as machine-id(5) asks
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
    std::string text;
    for (const unsigned char byte : bytes) {
        constexpr std::string_view digits{"0123456789abcdef"};
        text.push_back(digits[byte >> 4U]);
        text.push_back(digits[byte & 0x0FU]);
    }
    return text;
}

} // namespace

Directories::Directories(std::string runtime_dir, std::string state_dir)
    : runtime_dir_{std::move(runtime_dir)}, state_dir_{std::move(state_dir)} {}

model::DoorPaths Directories::paths(const model::SeatName& seat) const {
    const std::string base = runtime_dir_ + "/seats/" + seat.value;
    return {base + "/door",
            base + "/runtime",
            state_dir_ + "/seats/" + seat.value + "/machine-id",
            {},
            base + "/system-bus"};
}

Result<UniqueFd> Directories::open_seats() const {
    const auto runtime = make_directories(runtime_dir_);
    if (!runtime) {
        return runtime.error();
    }
    return make_directory_at(runtime->get(), "seats", 0700, 0, 0);
}

Result<std::string> Directories::machine_id(const model::SeatName& seat) const {
    const auto folder = make_directories(state_dir_ + "/seats/" + seat.value);
    if (!folder) {
        return folder.error();
    }
    if (const auto text = read_file_at(folder->get(), "machine-id", 64); text) {
        if (std::string id = text->substr(0, text->find('\n')); is_machine_id(id)) {
            return id;
        }
        log::warning("machine-id of the seat is damaged: making a new one", {{"BERTH_SEAT", seat.value}});
    }
    auto id = random_machine_id();
    if (!id) {
        return id;
    }
    if (const auto written = replace_file_at(folder->get(), "machine-id", *id + "\n", 0444, Lasts::on_disk); !written) {
        return written.error();
    }
    return id;
}

Result<model::DoorPaths> Directories::open(const model::Seat& seat, const model::HostFacts& host) {
    if (!is_safe(seat.name)) {
        return unsafe(seat.name);
    }
    if (!open_.contains(seat.name)) {
        if (const auto cleaned = close(seat.name); !cleaned) {
            return cleaned.error();
        }
    }
    auto found = paths(seat.name);
    const auto base = open_base(seat.name);
    if (!base) {
        return base.error();
    }
    const model::DesktopUser user = seat.plan ? seat.plan->profile.user : model::DesktopUser{};
    if (const auto runtime = make_directory_at(base->get(), "runtime", 0700, user.uid, user.gid); !runtime) {
        return runtime.error();
    }
    if (const auto door = make_directory_at(base->get(), "door", 0755, 0, 0); !door) {
        return door.error();
    }
    if (const auto mounted = mount_door(found.door); !mounted) {
        return mounted.error();
    }
    // Opened again: from here on it is the mounted one.
    const auto door = make_directory_at(base->get(), "door", 0755, 0, 0);
    if (!door) {
        return door.error();
    }
    if (const auto written = replace_file_at(door->get(), "desktop.env", render_environment(seat, host), 0644);
        !written) {
        return written.error();
    }
    auto id = machine_id(seat.name);
    if (!id) {
        return id.error();
    }
    found.machine_id = std::move(*id);
    open_.insert(seat.name);
    return found;
}

Result<void> Directories::put_menu(const model::SeatName& seat, const std::map<std::string, std::string>& files) {
    if (!is_safe(seat)) {
        return unsafe(seat);
    }
    const auto base = open_base(seat);
    auto folder = base ? make_directory_at(base->get(), "door", 0755, 0, 0) : Result<UniqueFd>{base.error()};
    for (const char* name : {"share", "applications"}) {
        folder = folder ? make_directory_at(folder->get(), name, 0755, 0, 0) : std::move(folder);
    }
    if (!folder) {
        return folder.error();
    }
    for (const auto& [name, content] : files) {
        if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos) {
            return Error{ErrorCode::invalid_argument, "not a file's name: " + name};
        }
        if (auto written = replace_file_at(folder->get(), name, content, 0644); !written) {
            return written;
        }
    }
    return {};
}

Result<void> Directories::put_nodes(const model::SeatName& seat, const std::vector<std::string>& nodes) {
    if (!is_safe(seat)) {
        return unsafe(seat);
    }
    if (!open_.contains(seat)) { // its end came first
        return Error{ErrorCode::failed, "seat " + seat.value + " has no door"};
    }
    const auto base = open_base(seat);
    const Result<void> mounted = base ? mount_node_folder(base->get(), "snd") : Result<void>{base.error()};
    return mounted ? fill_node_folder(model::sound_nodes(paths(seat)), nodes) : mounted;
}

std::vector<std::string> Directories::nodes(const model::SeatName& seat) {
    std::vector<std::string> nodes;
    for (const std::string& name : is_safe(seat) ? nodes_in_folder(model::sound_nodes(paths(seat))) : nodes) {
        nodes.push_back("/dev/snd/" + name);
    }
    return nodes;
}

Result<void> Directories::close(const model::SeatName& seat) {
    if (!is_safe(seat)) {
        return unsafe(seat);
    }
    open_.erase(seat);
    const UniqueFd seats{::open((runtime_dir_ + "/seats").c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!seats) {
        return errno == ENOENT ? Result<void>{} : system_error("open " + runtime_dir_ + "/seats", errno);
    }
    for (const std::string& mount : {paths(seat).door, model::sound_nodes(paths(seat))}) {
        if (auto unmounted = unmount_door(mount); !unmounted) {
            return unmounted;
        }
    }
    return remove_tree_at(seats.get(), seat.value);
}

Result<model::DoorPaths> Directories::adopt(const model::SeatName& seat) {
    if (!is_safe(seat)) {
        return unsafe(seat);
    }
    auto found = paths(seat);
    if (!is_mount_point(found.door)) {
        return Error{ErrorCode::failed, "seat " + seat.value + " has no door at " + found.door};
    }
    auto id = machine_id(seat);
    if (!id) {
        return id.error();
    }
    found.machine_id = std::move(*id);
    open_.insert(seat);
    return found;
}

} // namespace berth::os
