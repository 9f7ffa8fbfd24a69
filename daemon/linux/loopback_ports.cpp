#include "linux/loopback_ports.hpp"

#include "guard/child.hpp"
#include "linux/door_names.hpp"
#include "linux/door_source.hpp"
#include "linux/file_tree.hpp"
#include "linux/spawn.hpp"

#include <boost/asio/post.hpp>

#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace berth::os {
namespace {

constexpr std::size_t longest_record = 256;
constexpr const char* cookie_name = "cookie"; // beside the ports, whose names are numbers
constexpr std::size_t cookie_size = 256;      // what getrandom(2) gives whole

/// Who has the lock; 0: nobody.
pid_t holder_of(int file) {
    struct flock whole {};

    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    return ::fcntl(file, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK ? whole.l_pid : 0;
}

/// Its process, which is that one: a number that means another by now has no lock.
UniqueFd process_with(int file) {
    const pid_t holder = holder_of(file);
    UniqueFd process{holder > 0 ? guard::open_pidfd(holder) : -1};
    return process && holder_of(file) == holder ? std::move(process) : UniqueFd{};
}

/// What the program is started for: another socket, or another container, is another word.
std::string record_of(pid_t init, const model::LoopbackPort& port, const struct stat& socket) {
    return std::to_string(init) + " " + std::to_string(socket.st_dev) + ":" + std::to_string(socket.st_ino) + " " +
           std::to_string(port.uid) + ":" + std::to_string(port.gid) + "\n";
}

Result<UniqueFd> sealed_cookie(const std::string& cookie) {
    UniqueFd file{::memfd_create("berth-cookie", MFD_CLOEXEC)};
    if (!file || ::write(file.get(), cookie.data(), cookie.size()) != static_cast<ssize_t>(cookie.size())) {
        return system_error("memfd_create", errno);
    }
    return file;
}

std::vector<std::string> command_line(const std::string& program, const model::LoopbackPort& port) {
    return {program, port.speech == model::LoopbackPort::Speech::x11 ? "x11" : "pulse", std::to_string(port.port),
            std::to_string(port.uid), std::to_string(port.gid)};
}

/// The port's own file, kept open; what stands in it, and who has its lock.
struct PortFile {
    UniqueFd file;
    std::string record;
    UniqueFd process;
};

Result<PortFile> open_port_file(const UniqueFd& folder, std::uint16_t port) {
    const std::string name = std::to_string(port);
    PortFile found;
    found.file.reset(::openat(folder.get(), name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!found.file) {
        return system_error("open the file of port " + name, errno);
    }
    found.process = process_with(found.file.get());
    if (auto record = read_file_at(folder.get(), name, longest_record)) {
        found.record = std::move(*record);
    }
    return found;
}

std::string name_of(const model::ClientId& client, std::uint16_t port) {
    return client.value + " " + std::to_string(port);
}

void end_holder(int folder, const std::string& name) {
    const UniqueFd file{::openat(folder, name.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)};
    if (const UniqueFd process = file ? process_with(file.get()) : UniqueFd{}) {
        kill_at_once(process.get());
    }
    ::unlinkat(folder, name.c_str(), 0);
}

} // namespace

LoopbackPorts::LoopbackPorts(boost::asio::io_context& io, std::string program, std::string runtime_dir,
                             std::chrono::milliseconds limit)
    : io_{io}, program_{std::move(program)}, runtime_dir_{std::move(runtime_dir)},
      servers_{io, "a port of a client's loopback", limit} {}

std::string LoopbackPorts::folder_of(const model::ClientId& client) const {
    return runtime_dir_ + "/ports/" + client.value;
}

Result<StartedServer> LoopbackPorts::begin(const model::ClientId& client, pid_t init, const model::LoopbackPort& port) {
    if (!is_safe(client)) {
        return Error{ErrorCode::invalid_argument, "\"" + client.value + "\" is no client's name"};
    }
    model::DoorItem item;
    item.kind = model::DoorItem::Kind::socket;
    item.root = port.root;
    item.path = port.path;
    const auto socket = open_source(item);
    const auto folder = socket ? make_private_directory(folder_of(client)) : Result<UniqueFd>{socket.error()};
    if (!folder) {
        return folder.error();
    }
    const auto there = open_port_file(*folder, port.port);
    if (!there) {
        return there.error();
    }
    const std::string record = record_of(init, port, socket->status);
    if (there->process && there->record == record) {
        return StartedServer{};
    }
    if (there->process) { // its successor waits for the lock
        servers_.end(name_of(client, port.port));
        kill_at_once(there->process.get());
    }
    const UniqueFd container{guard::open_pidfd(init)};
    const auto cookie = port.cookie.empty() ? Result<UniqueFd>{UniqueFd{}} : sealed_cookie(port.cookie);
    int ends[2]{};
    if (!container || !cookie || ::pipe2(ends, O_CLOEXEC) != 0) {
        return container ? (cookie ? system_error("pipe2", errno) : cookie.error())
                         : Error{ErrorCode::failed, "the container's process " + std::to_string(init) + " is gone"};
    }
    UniqueFd ready{ends[0]};
    const UniqueFd report{ends[1]};
    if (::ftruncate(there->file.get(), 0) != 0 ||
        ::pwrite(there->file.get(), record.data(), record.size(), 0) != static_cast<ssize_t>(record.size())) {
        return system_error("write the file of port " + std::to_string(port.port), errno);
    }
    auto child = spawn(command_line(program_, port), {-1, -1, STDERR_FILENO, container.get(), socket->file.get(),
                                                      report.get(), there->file.get(), cookie->get()});
    if (!child) {
        return child.error();
    }
    return StartedServer{std::move(*child), std::move(ready)};
}

void LoopbackPorts::open(const model::ClientId& client, pid_t init, const model::LoopbackPort& port, Done<void> done) {
    auto begun = begin(client, init, port);
    if (!begun || !begun->ready) {
        const Result<void> result = begun ? Result<void>{} : Result<void>{begun.error()};
        boost::asio::post(io_, [done = std::move(done), result] { done(result); });
        return;
    }
    servers_.add(name_of(client, port.port), client.value, std::move(*begun), std::move(done));
}

Result<model::CookieFile> LoopbackPorts::cookie(const model::ClientId& client) {
    if (!is_safe(client)) {
        return Error{ErrorCode::invalid_argument, "\"" + client.value + "\" is no client's name"};
    }
    const auto folder = make_private_directory(folder_of(client));
    if (!folder) {
        return folder.error();
    }
    model::CookieFile file{folder_of(client), cookie_name, {}};
    if (auto there = read_file_at(folder->get(), cookie_name, cookie_size); there && there->size() == cookie_size) {
        file.bytes = std::move(*there);
        return file;
    }
    file.bytes.resize(cookie_size);
    if (::getrandom(file.bytes.data(), cookie_size, 0) != static_cast<ssize_t>(cookie_size)) {
        return system_error("getrandom", errno);
    }
    const auto kept = replace_file_at(folder->get(), cookie_name, file.bytes, 0444);
    return kept ? Result<model::CookieFile>{file} : kept.error();
}

void LoopbackPorts::close(const model::ClientId& client, std::uint16_t port) {
    servers_.end(name_of(client, port));
    const UniqueFd folder{is_safe(client) ? ::open(folder_of(client).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1};
    if (folder) {
        end_holder(folder.get(), std::to_string(port));
    }
}

void LoopbackPorts::close_all(const model::ClientId& client) {
    const UniqueFd folder{is_safe(client) ? ::open(folder_of(client).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1};
    const auto names = folder ? names_in(folder.get()) : Result<std::vector<std::string>>{std::vector<std::string>{}};
    for (const std::string& name : names ? *names : std::vector<std::string>{}) {
        servers_.end(client.value + " " + name);
        end_holder(folder.get(), name);
    }
    if (folder) {
        ::rmdir(folder_of(client).c_str());
    }
}

} // namespace berth::os
