#include "linux/device_news.hpp"

#include "base/log.hpp"
#include "guard/child.hpp"
#include "linux/spawn.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace berth::os {

using udev_events::Order;

namespace {

constexpr std::chrono::seconds short_life{1};

Order order_of(Order::Kind kind, const model::ClientId& client, const std::vector<std::string>& devices = {}) {
    return Order{kind, client.value, devices};
}

} // namespace

/// One that runs.
struct DeviceNews::Program {
    pid_t pid{0};
    boost::asio::posix::stream_descriptor process; ///< its pidfd, awaited
    UniqueFd socket;
    std::chrono::steady_clock::time_point since{std::chrono::steady_clock::now()};
};

DeviceNews::DeviceNews(boost::asio::io_context& io, std::vector<std::string> command)
    : io_{io}, command_{std::move(command)}, self_{std::make_shared<DeviceNews*>(this)} {}

DeviceNews::~DeviceNews() {
    if (program_) {
        program_->socket.reset(); // its end; the wait for that keeps the rest
    }
}

void DeviceNews::follow(const model::ClientId& client, pid_t init, const std::string& door,
                        const std::vector<std::string>& devices) {
    if (const auto known = clients_.find(client); known != clients_.end() && known->second.init == init) {
        return;
    }
    Followed followed;
    followed.init = init;
    followed.process.reset(guard::open_pidfd(init));
    if (!followed.process) {
        forget(client); // it has ended already
        return;
    }
    followed.folder.reset(
        ::open((door + "/udev/data").c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)); // an older door: none
    followed.devices = devices;
    const Followed& kept = clients_[client] = std::move(followed);
    if (program_) {
        send_follow(client, kept);
    } else if (!devices.empty()) {
        start();
    }
}

void DeviceNews::tell(const model::ClientId& client, const std::vector<std::string>& devices) {
    const auto known = clients_.find(client);
    if (known == clients_.end() || known->second.devices == devices) {
        return;
    }
    const bool runs = program_ || start(); // one that is started anew begins with what was known
    known->second.devices = devices;
    if (runs) {
        send(order_of(Order::Kind::tell, client, devices), {});
    }
}

void DeviceNews::forget(const model::ClientId& client) {
    if (clients_.erase(client) != 0 && program_) {
        send(order_of(Order::Kind::forget, client), {});
    }
}

pid_t DeviceNews::process() const noexcept {
    return program_ ? program_->pid : 0;
}

bool DeviceNews::is_needed() const {
    return std::any_of(clients_.begin(), clients_.end(),
                       [](const auto& entry) { return !entry.second.devices.empty(); });
}

bool DeviceNews::start() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
        log::warning(system_error("clients will not hear of their devices: socketpair", errno).message);
        return false;
    }
    UniqueFd ours{ends[0]};
    const UniqueFd theirs{ends[1]};
    auto child = spawn(command_, {theirs.get(), -1, STDERR_FILENO});
    if (!child) {
        log::warning("clients will not hear of their devices: " + child.error().message);
        return false;
    }
    program_ = std::make_shared<Program>(
        Program{child->pid, boost::asio::posix::stream_descriptor{io_, child->pidfd.release()}, std::move(ours)});
    watch();
    for (const auto& [client, followed] : clients_) {
        send_follow(client, followed);
    }
    return true;
}

void DeviceNews::watch() {
    program_->process.async_wait(
        boost::asio::posix::stream_descriptor::wait_read,
        [program = program_, weak = std::weak_ptr{self_}](const boost::system::error_code& error) {
            if (error) {
                return;
            }
            siginfo_t end{};
            ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(program->process.native_handle()), &end,
                     WEXITED | WNOHANG);
            if (const auto alive = weak.lock()) {
                (*alive)->ended(program);
            }
        });
}

void DeviceNews::ended(const std::shared_ptr<Program>& program) {
    if (program_ != program) {
        return;
    }
    program_.reset();
    const bool at_once = std::chrono::steady_clock::now() - program->since < short_life;
    log::warning("berth-udev, which tells clients of their devices, has ended" +
                 std::string{at_once ? " as soon as it began" : ""});
    if (!at_once && is_needed()) {
        start();
    }
}

void DeviceNews::send_follow(const model::ClientId& client, const Followed& followed) {
    std::vector<int> descriptors{followed.process.get()};
    if (followed.folder) {
        descriptors.push_back(followed.folder.get());
    }
    send(order_of(Order::Kind::follow, client, followed.devices), descriptors);
}

/// One that does not take it hangs, or has ended: its end is what follows.
void DeviceNews::send(const Order& order, const std::vector<int>& descriptors) {
    std::string text = udev_events::write_order(order);
    iovec part{text.data(), text.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * 2)> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!descriptors.empty()) {
        const std::size_t size = sizeof(int) * descriptors.size();
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(size);
        cmsghdr* const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(size);
        std::memcpy(CMSG_DATA(header), descriptors.data(), size);
    }
    if (::sendmsg(program_->socket.get(), &message, MSG_NOSIGNAL) < 0) {
        log::warning(system_error("tell berth-udev of a client", errno).message, {{"BERTH_CLIENT", order.client}});
        kill_at_once(program_->process.native_handle());
    }
}

} // namespace berth::os
