#include "engine/podman_service.hpp"

#include "base/log.hpp"
#include "engine/containers_conf.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace berth::engine {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
constexpr milliseconds first_restart_pause{100};
constexpr milliseconds longest_restart_pause{5'000};
constexpr seconds long_life{60};
constexpr milliseconds look_again{10};

Error closed_error() {
    return Error{ErrorCode::cancelled, "the container engine's client was closed"};
}

std::string last_line_of(const std::string& path) {
    std::ifstream file{path};
    std::string last;
    for (std::string line; std::getline(file, line);) {
        if (!line.empty()) {
            last = std::move(line);
        }
    }
    return last;
}

/// podman's --root, when the caller gave one.
std::string storage_in(const std::vector<std::string>& arguments) {
    const auto option = std::ranges::find(arguments, "--root");
    return option != arguments.end() && option + 1 != arguments.end() ? *(option + 1) : HostPlaces{}.storage;
}

Result<void> write_file(const std::string& path, const std::string& text) {
    const std::string fresh = path + ".new";
    std::ofstream file{fresh, std::ios::trunc};
    file << text;
    file.close();
    if (!file || ::rename(fresh.c_str(), path.c_str()) != 0) {
        return system_error("writing " + path, errno);
    }
    return {};
}

void remove_sockets_in(const std::string& folder) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator{folder, error}) {
        const std::string name = entry.path().filename();
        if (name.starts_with("podman-") && name.ends_with(".sock")) {
            ::unlink(entry.path().c_str());
        }
    }
}

} // namespace

std::string podman_socket(const std::string& runtime_dir) {
    return runtime_dir + "/podman-" + std::to_string(::getpid()) + ".sock";
}

/// Shared with the coroutines, which may outlive the service.
struct PodmanService::State : std::enable_shared_from_this<State> {
    State(asio::io_context& context, PodmanServiceOptions given)
        : io{context}, options{std::move(given)}, changed{context},
          host{observe_host({"", program_path(), storage_in(options.arguments)})}, mends{mends_for(host)},
          own_socket{podman_socket(options.runtime_dir)}, log_path{options.runtime_dir + "/podman-service.log"} {
        changed.expires_at(Clock::time_point::max());
    }

    asio::io_context& io;
    PodmanServiceOptions options;
    asio::steady_timer changed; ///< never expires; cancelled whenever something below has changed
    HostFacts host;
    Mends mends;
    std::string own_socket;
    std::string log_path;
    ChildProcess child;
    bool starting{false};
    bool ready{false};   ///< the child serves its socket
    bool foreign{false}; ///< somebody else's socket is used
    bool closed{false};
    milliseconds pause{0};            ///< before the next start
    Clock::time_point started_at{};   ///< of the last start
    Result<std::string> last_start{}; ///< how the last start ended, for those who waited for it

    Result<void> prepare() {
        std::error_code error;
        std::filesystem::create_directories(options.runtime_dir, error);
        if (error) {
            return system_error("making " + options.runtime_dir, error.value());
        }
        remove_sockets_in(options.runtime_dir); // of a former life
        if (mends.containers_conf.empty()) {
            return {};
        }
        ContainersConf conf = system_containers_conf("");
        conf.add(mends.containers_conf);
        return write_file(options.runtime_dir + "/containers.conf",
                          "# Made by berthd for the podman service that it runs.\n" + conf.text());
    }

    Result<void> spawn() {
        if (auto prepared = prepare(); !prepared) {
            return prepared;
        }
        ChildCommand command;
        command.arguments.push_back(options.program);
        std::ranges::copy(options.arguments, std::back_inserter(command.arguments));
        for (const char* word : {"system", "service", "--time=0"}) {
            command.arguments.emplace_back(word);
        }
        command.arguments.push_back("unix://" + own_socket);
        command.log = log_path;
        if (!mends.containers_conf.empty()) {
            command.environment.push_back("CONTAINERS_CONF=" + options.runtime_dir + "/containers.conf");
        }
        auto started = ChildProcess::start(command);
        if (!started) {
            return started.error();
        }
        child = std::move(*started);
        return {};
    }

    /// Waits for the child's end and takes note of it. The only one that waits on the pidfd.
    static asio::awaitable<void> watch(std::shared_ptr<State> self) {
        const int copy = ::dup(self->child.pidfd());
        if (copy < 0) {
            co_return;
        }
        asio::posix::stream_descriptor ended{self->io, copy};
        co_await ended.async_wait(asio::posix::descriptor_base::wait_read, as_values);
        if (self->closed) {
            co_return;
        }
        if (const auto status = self->child.reap(); status) {
            log::warning("the podman service that berthd runs has ended with status " + std::to_string(*status) +
                         "; it is started again when it is needed");
        }
        self->ready = false;
        self->changed.cancel();
    }

    /// Until the child's socket accepts. The kernel offers no event for listen(2), so the socket is tried again and
    /// again; the child's end cuts that short.
    asio::awaitable<Result<std::string>> until_it_listens() {
        const auto end = Clock::now() + options.start_limit;
        asio::steady_timer timer{io};
        while (!closed) {
            if (child.pid() == 0) {
                co_return Error{ErrorCode::engine_unavailable,
                                "the podman service ended while it was starting: " + last_line_of(log_path)};
            }
            if (listens(own_socket)) {
                co_return own_socket;
            }
            if (Clock::now() >= end) {
                child.end(milliseconds{0});
                co_return Error{ErrorCode::timed_out, "the podman service did not listen in time, see " + log_path};
            }
            timer.expires_after(look_again);
            co_await timer.async_wait(as_values);
        }
        co_return closed_error();
    }

    /// Lets the back-off pass, starts the service and waits until it serves.
    asio::awaitable<Result<std::string>> start() {
        const auto now = Clock::now();
        pause = now - started_at > long_life ? milliseconds{0}
                                             : std::clamp(pause * 2, first_restart_pause, longest_restart_pause);
        if (pause.count() != 0) {
            asio::steady_timer timer{io};
            timer.expires_at(started_at + pause);
            co_await timer.async_wait(as_values);
        }
        if (closed) {
            co_return closed_error();
        }
        started_at = Clock::now();
        if (auto spawned = spawn(); !spawned) {
            co_return spawned.error();
        }
        asio::co_spawn(io, watch(shared_from_this()), asio::detached);
        auto socket = co_await until_it_listens();
        ready = static_cast<bool>(socket);
        co_return socket;
    }

    static asio::awaitable<Result<std::string>> socket(std::shared_ptr<State> self) {
        if (self->closed) {
            co_return closed_error();
        }
        if (self->ready) {
            co_return self->own_socket;
        }
        // podman's log has a line for each connection that asks nothing: it is tried once.
        self->foreign = self->foreign || listens(self->options.socket);
        if (self->foreign) {
            co_return self->options.socket;
        }
        if (self->starting) {
            while (self->starting && !self->closed) {
                co_await self->changed.async_wait(as_values);
            }
            co_return self->closed ? Result<std::string>{closed_error()} : self->last_start;
        }
        self->starting = true;
        self->child.end(milliseconds{0}); // one that lives and does not listen any more
        self->last_start = co_await self->start();
        self->starting = false;
        self->changed.cancel();
        co_return self->last_start;
    }
};

PodmanService::PodmanService(asio::io_context& io, PodmanServiceOptions options)
    : state_{std::make_shared<State>(io, std::move(options))} {}

PodmanService::~PodmanService() {
    close();
}

asio::awaitable<Result<std::string>> PodmanService::socket() {
    return State::socket(state_);
}

void PodmanService::doubt() noexcept {
    state_->foreign = false;
    state_->ready = false;
}

void PodmanService::complete(ports::EngineFacts& facts) const {
    facts.cgroups = cgroups_name(state_->host.cgroups);
    facts.problems = state_->mends.problems;
    if (!state_->foreign) {
        facts.mended = state_->mends.sentences;
    }
}

void PodmanService::close() noexcept {
    if (!state_->closed) {
        state_->closed = true;
        state_->ready = false;
        state_->changed.cancel();
        state_->child.end(std::chrono::seconds{2});
        ::unlink(state_->own_socket.c_str());
    }
}

pid_t PodmanService::pid() const noexcept {
    return state_->child.pid();
}

} // namespace berth::engine
