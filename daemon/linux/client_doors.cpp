#include "linux/client_doors.hpp"

#include "exec/place.hpp"
#include "linux/door_names.hpp"
#include "linux/door_source.hpp"
#include "linux/file_tree.hpp"
#include "linux/mounts.hpp"

#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <utility>

namespace berth::os {
namespace {

using Kind = model::DoorItem::Kind;

constexpr std::size_t longest_shown = 80; ///< of a name that is refused, in a message

Error about(const model::ClientId& client, const std::string& what, const Error& error) {
    return Error{error.code, "door of client " + client.value + ": " + what + ": " + error.message};
}

Error no_client(const model::ClientId& client) {
    return Error{ErrorCode::invalid_argument, "client name \"" + client.value.substr(0, longest_shown) +
                                                  "\": expected 1 to 64 letters, digits, '_', '-' and '.'"};
}

Error no_door_name(const std::string& name) {
    return Error{ErrorCode::invalid_argument,
                 "\"" + name.substr(0, longest_shown) + "\" is no name in a door: it is empty, too long, or climbs"};
}

std::uint64_t attributes_of(const model::DoorItem& item) {
    const std::uint64_t read_only = item.writable ? 0 : MOUNT_ATTR_RDONLY;
    if (item.kind == Kind::node) {
        return MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID;
    }
    const bool can_be_written = item.kind == Kind::directory || item.kind == Kind::file;
    return (can_be_written ? read_only : MOUNT_ATTR_RDONLY) | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
}

bool is_same_file(const struct stat& left, const struct stat& right) {
    return left.st_dev == right.st_dev && left.st_ino == right.st_ino && left.st_rdev == right.st_rdev &&
           (left.st_mode & S_IFMT) == (right.st_mode & S_IFMT);
}

mode_t sort_of(int file) {
    struct stat status {};

    return ::fstat(file, &status) == 0 ? status.st_mode & S_IFMT : 0;
}

bool is_regular(int file) {
    return sort_of(file) == S_IFREG;
}

} // namespace

ClientDoors::ClientDoors(std::string runtime_dir, Replacement replacement)
    : runtime_dir_{std::move(runtime_dir)}, replacement_{replacement} {}

std::string ClientDoors::folder_of(const model::ClientId& client) const {
    return runtime_dir_ + "/clients/" + client.value;
}

Result<std::string> ClientDoors::open(const model::ClientId& client, const std::vector<std::string>& folders) {
    for (const std::string& folder : folders) {
        if (!is_door_name(folder)) {
            return no_door_name(folder);
        }
    }
    if (const auto closed = close(client); !closed) {
        return closed.error();
    }
    const auto clients = make_private_directory(runtime_dir_ + "/clients");
    if (!clients) {
        return about(client, "open", clients.error());
    }
    const auto base = make_directory_at(clients->get(), client.value, 0755, 0, 0);
    if (!base) {
        return about(client, "open", base.error());
    }
    if (const auto made = make_directory_at(base->get(), "door", 0755, 0, 0); !made) {
        return about(client, "open", made.error());
    }
    const std::string path = folder_of(client) + "/door";
    if (const auto mounted = mount_door(path); !mounted) {
        return about(client, "open", mounted.error());
    }
    const UniqueFd root{::openat(base->get(), "door", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!root) {
        return about(client, "open", system_error("open " + path, errno));
    }
    for (const std::string& folder : folders) {
        if (const auto made = make_folders(root.get(), folder); !made) {
            return about(client, folder, made.error());
        }
    }
    doors_[client] = Door{exec::mount_number(root.get()), {}};
    return path;
}

Result<std::string> ClientDoors::adopt(const model::ClientId& client) {
    if (!is_safe(client)) {
        return no_client(client);
    }
    const std::string path = folder_of(client) + "/door";
    if (!is_mount_point(path)) {
        return about(client, "adopt", Error{ErrorCode::failed, "there is none at " + path});
    }
    const UniqueFd root{::open(path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    const auto found = root ? mounts_in(root.get())
                            : Result<std::map<std::string, std::uint64_t>>{system_error("open " + path, errno)};
    if (!found) {
        return about(client, "adopt", found.error());
    }
    Door door{exec::mount_number(root.get()), {}};
    for (const auto& [name, mount] : *found) {
        door.shown[name] = Pile{{mount}, true};
    }
    doors_[client] = std::move(door);
    return path;
}

Result<ClientDoors::Door*> ClientDoors::find(const model::ClientId& client) {
    const auto found = doors_.find(client);
    if (found == doors_.end()) {
        return Error{ErrorCode::invalid_argument,
                     "client " + client.value.substr(0, longest_shown) + " has no open door"};
    }
    return &found->second;
}

Result<UniqueFd> ClientDoors::open_door(const model::ClientId& client, const Door& door) const {
    const std::string path = folder_of(client) + "/door";
    UniqueFd root{::open(path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!root) {
        return system_error("open " + path, errno);
    }
    if (exec::mount_number(root.get()) != door.mount) {
        return Error{ErrorCode::failed, path + " is not the mount any more that it was opened with"};
    }
    return root;
}

Result<void> ClientDoors::show(const model::ClientId& client, const model::DoorItem& item) {
    if (!is_door_name(item.name)) {
        return no_door_name(item.name);
    }
    const auto door = find(client);
    if (!door) {
        return door.error();
    }
    const auto root = open_door(client, **door);
    if (!root) {
        return about(client, item.name, root.error());
    }
    const auto shown = item.kind == Kind::text ? show_text(*root, **door, item) : show_mount(*root, **door, item);
    return shown ? Result<void>{} : about(client, item.name, shown.error());
}

/// Unmounts what is seen at the place until nothing is. failed at the first mount that is not the door's own.
Result<void> ClientDoors::clear(const DoorPlace& place, Door& door, const std::string& name) {
    const auto pile = door.shown.find(name);
    for (;;) {
        const UniqueFd seen = open_seen(place);
        if (!seen && errno != ENOENT) {
            return system_error("open what is shown", errno);
        }
        const std::uint64_t number = seen ? exec::mount_number(seen.get()) : door.mount;
        if (number == door.mount) {
            door.shown.erase(name);
            return {};
        }
        const bool is_ours = pile != door.shown.end() &&
                             (pile->second.is_adopted ||
                              std::count(pile->second.numbers.begin(), pile->second.numbers.end(), number) != 0);
        if (!is_ours) {
            return Error{ErrorCode::failed, "something that was not shown by berthd is mounted there"};
        }
        if (auto gone = detach(seen.get()); !gone) {
            return gone;
        }
    }
}

Result<void> ClientDoors::show_text(const UniqueFd& root, Door& door, const model::DoorItem& item) const {
    const auto place = open_place(root.get(), item.name, true);
    if (!place) {
        return place.error();
    }
    if (auto cleared = clear(*place, door, item.name); !cleared) {
        return cleared;
    }
    if (const UniqueFd seen = open_seen(*place); seen && !is_regular(seen.get())) {
        if (const auto target = make_target(*place, false); !target) {
            return target.error();
        }
    }
    return replace_file_at(place->folder.get(), place->last, item.content, 0644);
}

Result<void> ClientDoors::show_mount(const UniqueFd& root, Door& door, const model::DoorItem& item) const {
    const auto source = open_source(item);
    if (!source) {
        return source.error();
    }
    const auto mount = clone_mount(source->file.get(), attributes_of(item));
    if (!mount) {
        return mount.error();
    }
    const auto place = open_place(root.get(), item.name, true);
    if (!place) {
        return place.error();
    }
    const bool is_folder = item.kind == Kind::directory;
    if (const auto pile = door.shown.find(item.name); pile != door.shown.end()) {
        const UniqueFd top = open_seen(*place);
        const bool is_alike = top && exec::mount_number(top.get()) == pile->second.numbers.back() &&
                              (sort_of(top.get()) == S_IFDIR) == is_folder;
        const auto replaced = is_alike && replacement_ == Replacement::beneath
                                  ? replace(mount->get(), top.get(), pile->second)
                                  : Result<bool>{false};
        if (!replaced || *replaced) {
            return replaced ? Result<void>{} : replaced.error();
        }
    }
    if (auto cleared = clear(*place, door, item.name); !cleared) {
        return cleared;
    }
    const auto target = make_target(*place, is_folder);
    if (!target) {
        return target.error();
    }
    auto attached = attach(mount->get(), target->get());
    if (attached) {
        door.shown[item.name] = Pile{{exec::mount_number(mount->get())}};
    } else {
        [[maybe_unused]] const auto removed = remove_target(*place);
    }
    return attached;
}

/// Puts `mount` below `top`, the pile's visible one, which then goes. False where the kernel cannot.
Result<bool> ClientDoors::replace(int mount, int top, Pile& pile) {
    const auto attached = attach_beneath(mount, top);
    if (!attached || !*attached) {
        return attached;
    }
    pile.numbers.insert(pile.numbers.end() - 1, exec::mount_number(mount));
    if (const auto gone = detach(top); !gone) {
        return gone.error();
    }
    pile.numbers.pop_back();
    return true;
}

Result<void> ClientDoors::hide(const model::ClientId& client, const std::string& name) {
    if (!is_door_name(name)) {
        return no_door_name(name);
    }
    const auto door = find(client);
    if (!door) {
        return door.error();
    }
    const auto root = open_door(client, **door);
    if (!root) {
        return about(client, name, root.error());
    }
    const auto place = open_place(root->get(), name, false);
    if (!place) {
        return about(client, name, place.error());
    }
    const bool was_mounted = (*door)->shown.contains(name);
    auto gone = place->folder ? clear(*place, **door, name) : Result<void>{};
    if (gone && place->folder) {
        const UniqueFd seen = open_seen(*place);
        // Else it is a folder that was asked for, or a socket that berthd itself listens on.
        if (was_mounted || (seen && is_regular(seen.get()))) {
            gone = remove_target(*place);
        }
    }
    return gone ? Result<void>{} : about(client, name, gone.error());
}

bool ClientDoors::is_current(const model::ClientId& client, const model::DoorItem& item) {
    const auto door = find(client);
    if (!door || !is_door_name(item.name)) {
        return false;
    }
    const auto root = open_door(client, **door);
    const auto place = root ? open_place(root->get(), item.name, false) : Result<DoorPlace>{root.error()};
    if (!place || !place->folder) {
        return false;
    }
    const UniqueFd seen = open_seen(*place);

    struct stat status {};

    if (!seen || ::fstat(seen.get(), &status) != 0) {
        return false;
    }
    if (item.kind == Kind::text) {
        const auto text = read_file_at(place->folder.get(), place->last, item.content.size() + 1);
        return exec::mount_number(seen.get()) == (*door)->mount && text && *text == item.content;
    }
    const auto shown = (*door)->shown.find(item.name);
    if (shown == (*door)->shown.end() || exec::mount_number(seen.get()) != shown->second.numbers.back()) {
        return false;
    }
    const auto source = open_source(item);
    return source && is_same_file(source->status, status);
}

Result<void> ClientDoors::close(const model::ClientId& client) {
    if (!is_safe(client)) {
        return no_client(client);
    }
    doors_.erase(client);
    const std::string clients = runtime_dir_ + "/clients";
    const UniqueFd folder{::open(clients.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!folder) {
        return errno == ENOENT ? Result<void>{} : about(client, "close", system_error("open " + clients, errno));
    }
    auto gone = unmount_door(folder_of(client) + "/door");
    if (gone) {
        gone = remove_tree_at(folder.get(), client.value);
    }
    return gone ? Result<void>{} : about(client, "close", gone.error());
}

std::vector<model::ClientId> ClientDoors::left() {
    std::vector<model::ClientId> found;
    const std::string clients = runtime_dir_ + "/clients";
    const UniqueFd folder{::open(clients.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    const auto names = folder ? names_in(folder.get()) : Result<std::vector<std::string>>{std::vector<std::string>{}};
    if (names) {
        for (const std::string& name : *names) {
            if (is_safe(model::ClientId{name})) {
                found.emplace_back(name);
            }
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

} // namespace berth::os
