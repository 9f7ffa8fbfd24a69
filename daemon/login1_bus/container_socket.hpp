#pragma once

#include "base/unique_fd.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace berth::login1 {

/// Connects to a Unix socket that a container makes in a folder of the host. The folder is believed, what lies in it is
/// not: the name is opened without following links, refused unless it is a socket, and connected to through the
/// descriptor that was looked at (open(2), O_PATH; unix(7)). inotify(7) says when to look; a socket on which nobody
/// listens yet is tried again by a timer. Looks at most every `shortest` long, whatever the container does.
class ContainerSocket {
  public:
    struct Callbacks {
        /// A connected stream socket; afterwards nothing is looked for until `look`.
        std::function<void(UniqueFd)> on_connected;
        /// What is there cannot be used: once for each different reason.
        std::function<void(const std::string& sentence)> on_refused;
    };

    static constexpr std::chrono::milliseconds shortest{50};
    static constexpr std::chrono::milliseconds longest{2000};

    /// Throws std::runtime_error when the folder of `path` cannot be opened or watched.
    ContainerSocket(boost::asio::io_context& io, const std::string& path, Callbacks callbacks);

    /// Looks for the socket from now on; each time that follows another without `settled` waits longer.
    void look();

    /// The connection was of use: the next `look` begins with the shortest wait.
    void settled() noexcept { wait_ = std::chrono::milliseconds{0}; }

  private:
    void wait_for_folder();
    void schedule(std::chrono::milliseconds wait);
    void attempt();
    void refuse(const std::string& sentence);

    std::string name_;
    UniqueFd folder_;
    Callbacks callbacks_;
    boost::asio::posix::stream_descriptor changes_;
    boost::asio::steady_timer timer_;
    std::chrono::milliseconds wait_{0};
    std::string refused_;
    bool looking_{false};
    bool scheduled_{false};
    bool watching_{false};
};

} // namespace berth::login1
