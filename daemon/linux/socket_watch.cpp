#include "linux/socket_watch.hpp"

#include "base/log.hpp"
#include "base/unique_fd.hpp"
#include "linux/door_source.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/inotify.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <string>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

namespace berth::os {
namespace {

/// What tells one socket from another at its place: a number may be given again, but not at that instant.
using Identity = std::tuple<dev_t, ino_t, time_t, long>;

constexpr std::uint32_t names_change = IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM;

/// Of 4 KiB each; what is left is read after the next pause.
constexpr int most_reads = 64;

/// Sockets of that desktop that clients may be given, below its runtime directory.
std::vector<std::string> names_of(const model::Seat& seat) {
    std::vector<std::string> names{model::pipewire_socket, model::pulse_socket};
    const auto wayland = seat.facts.find("wayland-display");
    if (wayland != seat.facts.end()) {
        names.push_back(wayland->second); // the session's own word: open_source() refuses what climbs
    }
    return names;
}

} // namespace

struct SocketWatch::Watch : std::enable_shared_from_this<SocketWatch::Watch> {
    Watch(boost::asio::io_context& io, UniqueFd inotify, const model::Seat& seat, std::function<void()> receiver)
        : descriptor{io, inotify.release()}, timer{io}, runtime{seat.door->runtime}, names{names_of(seat)},
          renewed{std::move(receiver)} {
        look_into(folder());
        look_into(folder("pulse"));
        known = found();
    }

    [[nodiscard]] model::DoorItem folder(const std::string& name = {}) const {
        return {name, model::DoorItem::Kind::directory, runtime, name};
    }

    /// Watching a folder again is nothing; one that was made anew is another.
    void look_into(const model::DoorItem& folder) {
        if (const auto source = open_source(folder)) {
            const std::string path = "/proc/self/fd/" + std::to_string(source->file.get());
            ::inotify_add_watch(descriptor.native_handle(), path.c_str(), names_change | IN_ONLYDIR);
        }
    }

    [[nodiscard]] std::map<std::string, Identity> found() const {
        std::map<std::string, Identity> there;
        for (const std::string& name : names) {
            if (const auto source = open_source({name, model::DoorItem::Kind::socket, runtime, name})) {
                const struct stat& status = source->status;
                there[name] = {status.st_dev, status.st_ino, status.st_ctim.tv_sec, status.st_ctim.tv_nsec};
            }
        }
        return there;
    }

    void wait(std::chrono::milliseconds settle) {
        descriptor.async_wait(boost::asio::posix::descriptor_base::wait_read,
                              [weak = weak_from_this(), settle](const boost::system::error_code& error) {
                                  if (const auto self = weak.lock(); self && !error) {
                                      self->settle_down(settle);
                                  }
                              });
    }

    void settle_down(std::chrono::milliseconds settle) {
        timer.expires_after(settle);
        timer.async_wait([weak = weak_from_this(), settle](const boost::system::error_code& error) {
            if (const auto self = weak.lock(); self && !error) {
                self->drain();
                self->look_into(self->folder("pulse"));
                self->compare();
                self->wait(settle);
            }
        });
    }

    /// What happened is of no interest: what there is now is looked at.
    void drain() {
        std::array<char, 4096> buffer{};
        for (int left = most_reads; left > 0 && ::read(descriptor.native_handle(), buffer.data(), buffer.size()) > 0;) {
            --left;
        }
    }

    /// One that is only gone is no news: there is nothing to be given in its place.
    void compare() {
        auto now = found();
        bool is_news = false;
        for (const auto& [name, identity] : now) {
            const auto before = known.find(name);
            is_news = is_news || before == known.end() || before->second != identity;
            known[name] = identity;
        }
        if (is_news) {
            renewed();
        }
    }

    boost::asio::posix::stream_descriptor descriptor;
    boost::asio::steady_timer timer;
    std::string runtime;
    std::vector<std::string> names;
    std::function<void()> renewed;
    std::map<std::string, Identity> known; ///< of those that there were
};

SocketWatch::SocketWatch(boost::asio::io_context& io, std::chrono::milliseconds settle) : io_{io}, settle_{settle} {}

SocketWatch::~SocketWatch() = default;

void SocketWatch::watch(const model::Seat& seat, std::function<void()> renewed) {
    watches_.erase(seat.name);
    if (!seat.door || seat.door->runtime.empty()) {
        return;
    }
    UniqueFd inotify{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    if (!inotify) {
        log::warning("a sound server that starts anew will not be noticed: " +
                         system_error("inotify_init1", errno).message,
                     {{"BERTH_SEAT", seat.name.value}});
        return;
    }
    auto watch = std::make_shared<Watch>(io_, std::move(inotify), seat, std::move(renewed));
    watch->wait(settle_);
    watches_[seat.name] = std::move(watch);
}

void SocketWatch::forget(const model::SeatName& seat) {
    watches_.erase(seat);
}

} // namespace berth::os
