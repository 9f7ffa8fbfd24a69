#pragma once

#include "base/log.hpp"
#include "login1/call_limits.hpp"
#include "login1/rules.hpp"
#include "login1/values.hpp"
#include "login1_bus/container_bus.hpp"
#include "login1_bus/container_socket.hpp"
#include "login1_bus/controller_watch.hpp"
#include "login1_bus/host_logind.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace berth::login1 {

/// Answers org.freedesktop.login1 on a container's bus for one session of the host's logind, as room login1 decides.
/// When the container's bus or the controller goes, control of the session is released; a new bus is waited for. Calls
/// that wait for the host are bounded by Limits. One thread: the io_context's.
class Bridge {
  public:
    struct Settings {
        Session session;           ///< as HostLogind found it
        std::string container_bus; ///< path of the container's bus socket on the host; see ContainerSocket
        Options options{};
        Limits limits{};
        ControllerWatch::Pace pace{};
    };

    struct Callbacks {
        std::function<void(const std::string& status)> on_status; ///< one line for a person, at every change
        /// The controller does not answer any more, though its bus does and its session is in front: it was stopped, or
        /// hangs, and screen and keyboard with it. The session is as it was; nothing of this is called after it until
        /// somebody else takes control. One whose session is not in front keeps nothing from anybody: it may come back.
        std::function<void(const std::string& name)> on_hung;
        /// A container's bus is there: its connected socket, to be looked at and not kept.
        std::function<void(int socket)> on_connected{[](int) {}};
        /// That bus is gone; another one is waited for.
        std::function<void()> on_lost{[] {}};
    };

    /// Throws std::runtime_error when the socket's folder cannot be watched. `host` must outlive this.
    Bridge(boost::asio::io_context& io, HostLogind& host, Settings settings, Callbacks callbacks);
    Bridge(const Bridge&) = delete;
    Bridge& operator=(const Bridge&) = delete;

    /// Takes every signal of the host's logind.
    void host_signal(sd_bus_message* signal);

    /// Leaves the container's bus and releases control; `done` follows when logind has answered, or after some seconds.
    /// Never from inside this call.
    void stop(std::function<void()> done);

  private:
    using SharedMessage = std::shared_ptr<sd_bus_message>;

    void connected(UniqueFd socket);
    void lost(const std::string& reason);
    void left(const std::string& name);
    void take_call(sd_bus_message* message);
    void forward(sd_bus_message* message, const Call& call, const Forward& verdict);
    void answer_from_host(const std::weak_ptr<ContainerBus>& caller, sd_bus_message* question, const Forward& verdict,
                          sd_bus_message* reply);
    void note_control(const Forward& verdict, const std::string& sender);
    void set_controller(const std::string& name);
    void found_silent(const std::string& name);
    void release_control(std::function<void()> done);
    void say(log::Level level, const std::string& sentence);
    void log_denial(const Call& call, const Deny& deny);
    void tell_status();

    boost::asio::io_context& io_;
    HostLogind& host_;
    Settings settings_;
    Callbacks callbacks_;
    Session session_; ///< with the controller of the moment
    CallRate rate_;
    CallRate lines_; ///< in the journal: what happens in the container is the container's to repeat
    std::set<std::pair<std::string, std::string>> told_; ///< interface and member of denials in the journal
    std::shared_ptr<ContainerBus> container_;            ///< null: not connected
    ControllerWatch watch_;
    std::string silent_; ///< the controller that was left alone though it does not answer
    ContainerSocket socket_;
};

} // namespace berth::login1
