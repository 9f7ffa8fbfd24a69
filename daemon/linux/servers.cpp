#include "linux/servers.hpp"

#include "base/log.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/wait.h>

#include <array>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace berth::os {

using boost::asio::posix::stream_descriptor;
using boost::system::error_code;

namespace {

constexpr char refusal = '!';

} // namespace

/// One that runs.
struct Servers::Server {
    stream_descriptor process; ///< its pidfd
    bool ended{false};         ///< by us
};

/// One that does not serve yet.
struct Servers::Start {
    std::shared_ptr<Server> server;
    stream_descriptor ready;
    boost::asio::steady_timer limit;
    std::array<char, 512> said{};
    bool late{false};
};

void Servers::watch(const std::string& name, const std::string& client, const std::shared_ptr<Server>& server) {
    server->process.async_wait(
        stream_descriptor::wait_read,
        [server, name, client, what = what_, running = std::weak_ptr{running_}](const error_code& error) {
            if (error) {
                return;
            }
            siginfo_t end{};
            ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(server->process.native_handle()), &end,
                     WEXITED | WNOHANG);
            if (!server->ended) {
                log::warning(what + " has ended", {{"BERTH_CLIENT", client}});
            }
            const auto all = running.lock();
            if (const auto own = all ? all->find(name) : Running::iterator{}; all && own != all->end()) {
                if (own->second == server) {
                    all->erase(own);
                }
            }
        });
}

void Servers::wait(const std::shared_ptr<Start>& start, Done<void> done) {
    start->limit.expires_after(limit_);
    start->limit.async_wait([start](const error_code& cancelled) {
        if (!cancelled) {
            start->late = true;
            start->ready.cancel();
        }
    });
    start->ready.async_read_some(boost::asio::buffer(start->said), [start, what = what_, done = std::move(done)](
                                                                       const error_code& error, std::size_t size) {
        start->limit.cancel();
        const std::string_view said{start->said.data(), size};
        if (!error && !said.starts_with(refusal)) {
            done({});
            return;
        }
        start->server->ended = true;
        kill_at_once(start->server->process.native_handle());
        if (start->late) {
            done(Error{ErrorCode::timed_out, what + " did not begin to listen"});
        } else if (error) {
            done(Error{ErrorCode::failed, what + " ended at once; its reason is in berthd's log"});
        } else {
            done(Error{ErrorCode::failed, what + ": " + std::string{said.substr(1)}});
        }
    });
}

void Servers::add(const std::string& name, const std::string& client, StartedServer started, Done<void> done) {
    end(name);
    const auto server = std::make_shared<Server>(Server{stream_descriptor{io_, started.child.pidfd.release()}});
    (*running_)[name] = server;
    watch(name, client, server);
    wait(std::make_shared<Start>(
             Start{server, stream_descriptor{io_, started.ready.release()}, boost::asio::steady_timer{io_}}),
         std::move(done));
}

bool Servers::end(const std::string& name) {
    const auto own = running_->find(name);
    if (own == running_->end()) {
        return false;
    }
    own->second->ended = true;
    kill_at_once(own->second->process.native_handle());
    running_->erase(own);
    return true;
}

} // namespace berth::os
