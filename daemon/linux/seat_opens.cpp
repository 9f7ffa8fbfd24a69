#include "linux/seat_opens.hpp"

#include "guard/child.hpp"
#include "linux/door_source.hpp"
#include "linux/peer_process.hpp"
#include "linux/processes.hpp"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <unistd.h>

namespace berth::os {
namespace {

constexpr long unchanged_id = -1;

std::string place_of(const model::DoorItem& item) {
    return item.path.empty() ? item.root : item.root + "/" + item.path;
}

std::string name_of_held(const UniqueFd& file) {
    return "/proc/self/fd/" + std::to_string(file.get());
}

Result<UniqueFd> blocking(UniqueFd fd, const std::string& what) {
    const int flags = ::fcntl(fd.get(), F_GETFL);
    if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags & ~O_NONBLOCK) != 0) {
        return system_error(what, errno);
    }
    return fd;
}

/// This thread acts as another user until it goes. The system calls themselves, since libc's change every thread.
class ActingAs {
  public:
    ActingAs(std::uint32_t uid, std::uint32_t gid) : dumpable_{::prctl(PR_GET_DUMPABLE)} {
        acts_ = ::syscall(SYS_setresgid, unchanged_id, gid, unchanged_id) == 0 &&
                ::syscall(SYS_setresuid, unchanged_id, uid, unchanged_id) == 0;
        number_ = errno;
    }

    /// A daemon that cannot become root again would do everything else wrong.
    ~ActingAs() {
        if (::syscall(SYS_setresuid, unchanged_id, own_uid_, unchanged_id) != 0 ||
            ::syscall(SYS_setresgid, unchanged_id, own_gid_, unchanged_id) != 0) {
            std::terminate();
        }
        if (dumpable_ == 1) { // the change of user has cleared it
            ::prctl(PR_SET_DUMPABLE, 1);
        }
    }

    ActingAs(const ActingAs&) = delete;
    ActingAs& operator=(const ActingAs&) = delete;

    [[nodiscard]] Result<void> check() const {
        return acts_ ? Result<void>{} : Result<void>{system_error("act as the desktop's user", number_)};
    }

  private:
    uid_t own_uid_{::geteuid()};
    gid_t own_gid_{::getegid()};
    int dumpable_;
    bool acts_{false};
    int number_{0};
};

/// 0, or errno.
int connect_at_once(const UniqueFd& socket, const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1); // "/proc/self/fd/N" fits
    return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

} // namespace

Result<UniqueFd> SeatOpens::node(const model::DoorItem& item) {
    const auto source = open_source(item);
    if (!source) {
        return source.error();
    }
    UniqueFd node{::open(name_of_held(source->file).c_str(), O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
    if (!node) {
        return system_error("open " + place_of(item), errno);
    }
    return blocking(std::move(node), "open " + place_of(item));
}

Result<UniqueFd> SeatOpens::connection(const model::DoorItem& item, std::uint32_t uid, std::uint32_t gid) {
    const auto source = open_source(item);
    if (!source) {
        return source.error();
    }
    UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) {
        return system_error("socket", errno);
    }
    int number = 0;
    {
        const ActingAs user{uid, gid};
        if (const auto acts = user.check(); !acts) {
            return acts.error();
        }
        number = connect_at_once(socket, name_of_held(source->file));
    }
    if (number == EAGAIN) {
        return Error{ErrorCode::failed,
                     "connect to " + place_of(item) + ": who listens there accepts nobody, and enough wait already"};
    }
    if (number != 0) {
        return system_error("connect to " + place_of(item), number);
    }
    return blocking(std::move(socket), "connect to " + place_of(item));
}

Result<UniqueFd> SeatOpens::ipc_namespace(pid_t init, const std::string& container) {
    const std::string place = "/proc/" + std::to_string(init) + "/ns/ipc";
    const UniqueFd process{init > 0 ? guard::open_pidfd(init) : -1};
    if (!process) {
        return Error{ErrorCode::failed, "the desktop's first process is gone"};
    }
    UniqueFd space{::open(place.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!space) {
        return system_error("open " + place, errno);
    }
    if (const auto member = check_member(process, container); !member) { // it lives: the number was its own throughout
        return Error{ErrorCode::failed, place + ": the desktop's first process is gone, or is not its container's"};
    }
    return space;
}

} // namespace berth::os
