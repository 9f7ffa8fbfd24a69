#pragma once

#include "base/done.hpp"
#include "login1/values.hpp"
#include "login1_bus/connection.hpp"
#include "login1_bus/end.hpp"

#include <functional>
#include <memory>
#include <string>

namespace berth::login1 {

/// The host's logind, as a client of the host's bus sees it. One thread: the io_context's.
class HostLogind {
  public:
    struct Callbacks {
        /// Every signal of logind itself, once `find` has succeeded; what others send under its names is left out.
        std::function<void(sd_bus_message*)> on_signal;
        /// Once: logind_lost, session_ended or host_bus_lost. Never from inside a call of this class.
        std::function<void(End end, const std::string& sentence)> on_end;
    };

    /// `address`: the host's bus; empty: the system bus. Throws std::runtime_error when nobody listens there.
    HostLogind(boost::asio::io_context& io, const std::string& address, Callbacks callbacks);
    HostLogind(const HostLogind&) = delete;
    HostLogind& operator=(const HostLogind&) = delete;
    ~HostLogind();

    /// Describes session `id` and watches it from then on. Once. A failure is logind's answer; that logind is not there
    /// is `on_end`.
    void find(const std::string& id, Done<Session> done);

    /// Session.Activate() of the session that was found: its VT comes to the front.
    void activate(Done<void> done);

    /// Session.Active of the session that was found: is its VT in front? What cannot be read counts as yes.
    void ask_active(std::function<void(bool active)> done);

    /// A call of logind to be filled and given to `call`.
    [[nodiscard]] bus::OwnedMessage new_call(const std::string& path, const std::string& interface,
                                             const std::string& member) const;

    /// `reply` gets the reply, or an error after Limits::call_time.
    void call(sd_bus_message* message, std::chrono::seconds limit, Connection::Reply reply);

    [[nodiscard]] std::size_t in_flight() const noexcept { return connection_.in_flight(); }

  private:
    void add_match(const std::string& rule);
    void ask_owner(const std::string& id, Done<Session> done);
    void ask_path(const std::string& id, Done<Session> done);
    void ask_session(const std::string& path, Done<Session> done);
    bool take(sd_bus_message* message);
    void take_owner_change(sd_bus_message* message);
    void take_signal(sd_bus_message* message);
    [[nodiscard]] bus::OwnedMessage property_call(const char* name) const;
    void read_state();
    void end(End end, const std::string& sentence);

    boost::asio::io_context& io_;
    Callbacks callbacks_;
    std::string owner_; ///< logind's unique name
    Session session_;
    bool reading_state_{false};
    std::shared_ptr<bool> ended_{std::make_shared<bool>(false)};
    Connection connection_;
};

} // namespace berth::login1
