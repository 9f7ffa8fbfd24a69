#include "linux/stream_relays.hpp"

#include "linux/spawn.hpp"
#include "relay/pump.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include <sys/wait.h>

#include <memory>
#include <unistd.h>
#include <utility>

namespace berth::os {
namespace {

/// Reaps a relay that has ended, and says what its end means to the caller.
Result<void> outcome_of(int pidfd) {
    siginfo_t end{};
    ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd), &end, WEXITED | WNOHANG);
    if (end.si_code != CLD_EXITED) {
        return Error{ErrorCode::failed,
                     "the relay of a caller's streams died by signal " + std::to_string(end.si_status)};
    }
    const auto code = static_cast<relay::End>(end.si_status);
    const std::string sentence = std::string{"the relay of a caller's streams ended: "} + relay::what_it_means(code);
    switch (code) {
    case relay::End::ended:
    case relay::End::caller_gone:
        return {};
    case relay::End::cut_off:
    case relay::End::garbage:
        return Error{ErrorCode::engine_unavailable, sentence};
    case relay::End::usage:
    case relay::End::failed:
        break;
    }
    return Error{ErrorCode::failed, sentence};
}

} // namespace

/// One that runs: its pidfd, awaited.
struct StreamRelays::Relay {
    boost::asio::posix::stream_descriptor process;
};

void StreamRelays::relay(const std::string& name, ports::StreamConnection connection, ports::Stdio stdio,
                         Done<void> done) {
    end(name);
    auto child = spawn({program_, connection.framed ? "framed" : "raw"},
                       {stdio.in.get(), stdio.out.get(), stdio.err.get(), connection.socket.get()});
    if (!child) {
        boost::asio::post(io_, [done = std::move(done), error = child.error()] { done(error); });
        return;
    }
    // Ours are closed when this returns: the relay's are the last, so that each side sees the other's end.
    const auto relay = std::make_shared<Relay>(boost::asio::posix::stream_descriptor{io_, child->pidfd.release()});
    (*running_)[name] = relay;
    relay->process.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                              [relay, name, running = std::weak_ptr{running_},
                               done = std::move(done)](const boost::system::error_code& error) {
                                  if (const auto all = running.lock()) {
                                      const auto own = all->find(name);
                                      if (own != all->end() && own->second == relay) {
                                          all->erase(own);
                                      }
                                  }
                                  if (!error) {
                                      done(outcome_of(relay->process.native_handle()));
                                  }
                              });
}

void StreamRelays::end(const std::string& name) {
    const auto found = running_->find(name);
    if (found != running_->end()) {
        kill_at_once(found->second->process.native_handle());
        running_->erase(found); // its completion comes all the same
    }
}

} // namespace berth::os
