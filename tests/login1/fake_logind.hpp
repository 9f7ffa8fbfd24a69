#pragma once

#include "login1/bus_peer.hpp"
#include "login1/values.hpp"

#include <string>
#include <vector>

namespace berth::testing {

/// org.freedesktop.login1 of a host with two sessions, the own one of own_session.hpp and a foreign one. It answers as
/// logind does and writes every call down.
class FakeLogind : public BusPeer {
  public:
    FakeLogind(boost::asio::io_context& io, const std::string& address);

    /// Every call that came in: "PATH MEMBER(ARGUMENTS)", the prefix /org/freedesktop/login1 cut off.
    std::vector<std::string> calls;

    /// Calls of these members get the error org.freedesktop.login1.Refused "no for a test".
    std::vector<std::string> refuses;

    /// Calls of this member are counted in `held` and never answered.
    std::string holds;
    std::vector<bus::OwnedMessage> held;

    /// How the own session describes itself.
    login1::Session session;

    /// Did a call come in that reads so?
    [[nodiscard]] std::size_t count(const std::string& call) const;

    /// Runs the io_context until `count(call)` is not 0.
    bool sees(const std::string& call);

    /// Sends a signal; to everybody, or to one connection.
    void emit(const std::string& path, const std::string& interface, const std::string& member,
              const Fill& fill = nullptr, const std::string& destination = {});

    /// Gives the name back, as a logind that restarts does.
    void leave();

  protected:
    bool take(sd_bus_message* message) override;

  private:
    void request_name();
    bool answer(sd_bus_message* call);
    bool answer_property(sd_bus_message* call, sd_bus_message* reply);
    void append_session(sd_bus_message* reply) const;
};

} // namespace berth::testing
