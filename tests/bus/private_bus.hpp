#pragma once

#include <sys/types.h>

#include <string>

namespace berth::testing {

/// A dbus-daemon of our own in a temporary folder; ended by its pid.
class PrivateBus {
  public:
    /// `policy`: what stands in the configuration's policy part; default: everything is allowed.
    explicit PrivateBus(const std::string& policy = allow_all);
    ~PrivateBus();
    PrivateBus(const PrivateBus&) = delete;
    PrivateBus& operator=(const PrivateBus&) = delete;

    [[nodiscard]] const std::string& address() const noexcept { return address_; }

    [[nodiscard]] const std::string& folder() const noexcept { return folder_; }

    /// SIGSTOP: it reads nothing any more. kill() ends it none the less.
    void stop_reading() noexcept;

    /// SIGKILL, and waits until it is gone. Idempotent.
    void kill() noexcept;

    static constexpr const char* allow_all = R"(<policy context="default">
        <allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/><allow user="*"/></policy>)";

  private:
    std::string folder_;
    std::string address_;
    pid_t pid_{-1};
};

} // namespace berth::testing
