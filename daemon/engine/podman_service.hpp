#pragma once

#include "engine/child_process.hpp"
#include "engine/host_facts.hpp"
#include "engine/session.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace berth::engine {

struct PodmanServiceOptions {
    /// A socket that somebody else may serve, e.g. systemd's podman.socket; taken when it accepts connections, until
    /// it does not any more.
    std::string socket{"/run/podman/podman.sock"};
    std::string runtime_dir{"/run/berth"}; ///< our own socket, its log and containers.conf lie here
    std::string program{"podman"};         ///< looked up on PATH
    std::vector<std::string> arguments;    ///< for podman, before "system service"
    /// From exec to a socket that accepts: a second, as a rule; at the boot of a busy, slow host it took more than 15.
    std::chrono::milliseconds start_limit{60'000};
};

/// RUNTIME/podman-PID.sock, where PID is this process's: the service of an earlier berthd, which ends a moment after
/// it, then removes the path that it listened at, and that must not be the next one's.
std::string podman_socket(const std::string& runtime_dir);

/// Finds podman's REST socket. Where nobody serves one it runs `podman system service --time=0` itself, with the
/// host's bad defaults mended by a containers.conf made of the system's own and the mends (CONTAINERS_CONF,
/// containers.conf(5)), watches it by its pidfd, starts it again when it is needed after it has died, with a
/// back-off that doubles from 100 ms to 5 s and is forgotten after a minute of life, and ends it in `close`.
class PodmanService final : public SocketSource {
  public:
    PodmanService(boost::asio::io_context& io, PodmanServiceOptions options);
    PodmanService(const PodmanService&) = delete;
    PodmanService(PodmanService&&) = delete;
    PodmanService& operator=(const PodmanService&) = delete;
    PodmanService& operator=(PodmanService&&) = delete;
    ~PodmanService() override;

    /// engine_unavailable when podman is not installed, or ends at once (with the last line that it said); timed_out
    /// when it does not listen within the time limit.
    boost::asio::awaitable<Result<std::string>> socket() override;
    void doubt() noexcept override;
    void complete(ports::EngineFacts& facts) const override;
    void close() noexcept override;

    /// Of the service that runs, or 0.
    [[nodiscard]] pid_t pid() const noexcept;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace berth::engine
