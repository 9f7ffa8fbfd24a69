#include "linux/bus_filters.hpp"

#include "guard/child.hpp"
#include "linux/door_source.hpp"
#include "linux/file_tree.hpp"
#include "linux/spawn.hpp"

#include <boost/asio/post.hpp>

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace berth::os {
namespace {

constexpr const char* setpriv = "/usr/bin/setpriv"; // util-linux, essential on Debian

/// Descriptors of the proxy beyond its standard streams.
enum : int { ready_end = 3, own_ready_end, bus_socket, listen_folder };

std::string in_proc(int descriptor) {
    return "/proc/self/fd/" + std::to_string(descriptor);
}

/// "/door/session/bus" → "/door", "session", "bus"
struct ListenPath {
    std::string door;
    std::string folder;
    std::string name;
};

ListenPath parts_of_path(const std::string& path) {
    const std::size_t name = path.rfind('/');
    const std::size_t folder = path.rfind('/', name - 1);
    return {path.substr(0, folder), path.substr(folder + 1, name - folder - 1), path.substr(name + 1)};
}

std::vector<std::string> command_line(const std::string& program, const model::BusFilter& filter,
                                      const std::string& name) {
    std::vector<std::string> words;
    if (::geteuid() == 0) { // the bus asks the kernel who is there, and lets nobody in but its user
        words = {setpriv,
                 "--reuid=" + std::to_string(filter.uid),
                 "--regid=" + std::to_string(filter.gid),
                 "--clear-groups",
                 "--inh-caps=-all",
                 "--"};
    }
    words.insert(words.end(), {program, "--fd=" + std::to_string(ready_end), "unix:path=" + in_proc(bus_socket),
                               in_proc(listen_folder) + "/" + name, "--filter"});
    for (const std::string& granted : filter.names) {
        words.push_back("--talk=" + granted);
    }
    return words;
}

/// Who listens on a socket, where it is a proxy; else none.
UniqueFd proxy_that_listens(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return {};
    }
    std::memcpy(address.sun_path, path.c_str(), path.size());
    const UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    ucred peer{};
    socklen_t length = sizeof peer;
    if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || peer.pid <= 1) {
        return {};
    }
    UniqueFd process{guard::open_pidfd(peer.pid)};
    const UniqueFd folder{::open(("/proc/" + std::to_string(peer.pid)).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    const auto name = folder ? read_file_at(folder.get(), "comm", 64) : Result<std::string>{std::string{}};
    return name && *name == "xdg-dbus-proxy\n" ? std::move(process) : UniqueFd{};
}

} // namespace

BusFilters::BusFilters(boost::asio::io_context& io, std::string program, std::chrono::milliseconds limit)
    : io_{io}, program_{std::move(program)}, filters_{io, "the filter of the session bus", limit} {}

Result<StartedServer> BusFilters::begin(const model::BusFilter& filter, const std::string& path) const {
    if (::access(program_.c_str(), X_OK) != 0) {
        return Error{ErrorCode::failed, "a client reaches the session bus through " + program_ +
                                            ", which is not there: install the package xdg-dbus-proxy"};
    }
    model::DoorItem item;
    item.kind = model::DoorItem::Kind::socket;
    item.root = filter.root;
    item.path = filter.path;
    const auto bus = open_source(item);
    if (!bus) {
        return Error{bus.error().code, "the desktop's session bus: " + bus.error().message};
    }
    const ListenPath listen = parts_of_path(path);
    const UniqueFd door{::open(listen.door.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!door) {
        return system_error("open " + listen.door, errno);
    }
    const auto folder = make_directory_at(door.get(), listen.folder, 0755, filter.uid, filter.gid);
    if (!folder) {
        return folder.error();
    }
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return system_error("pipe2", errno);
    }
    UniqueFd ready{ends[0]};
    const UniqueFd told{ends[1]};
    auto child = spawn(command_line(program_, filter, listen.name),
                       {-1, -1, STDERR_FILENO, told.get(), ready.get(), bus->file.get(), folder->get()});
    if (!child) {
        return child.error();
    }
    return StartedServer{std::move(*child), std::move(ready)};
}

void BusFilters::start(const model::ClientId& client, const model::BusFilter& filter, const std::string& path,
                       Done<void> done) {
    stop(client, path);
    auto begun = begin(filter, path);
    if (!begun) {
        boost::asio::post(io_, [done = std::move(done), error = begun.error()] { done(error); });
        return;
    }
    filters_.add(client.value, client.value, std::move(*begun), std::move(done));
}

void BusFilters::stop(const model::ClientId& client, const std::string& path) {
    if (!filters_.end(client.value) && !path.empty()) {
        if (const UniqueFd earlier = proxy_that_listens(path)) {
            kill_at_once(earlier.get());
        }
    }
    if (!path.empty()) {
        ::unlink(path.c_str());
    }
}

} // namespace berth::os
