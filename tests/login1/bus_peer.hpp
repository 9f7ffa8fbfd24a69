#pragma once

#include "base/unique_fd.hpp"
#include "bus/sd_bus.hpp"
#include "bus/test_client.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace berth::testing {

/// A plain sd-bus connection on the test's io_context that calls logind and hears all of its signals. One that is
/// destroyed has left its bus.
class BusPeer {
  public:
    using Fill = TestClient::Fill;

    BusPeer(boost::asio::io_context& io, const std::string& address);
    BusPeer(const BusPeer&) = delete;
    BusPeer& operator=(const BusPeer&) = delete;
    virtual ~BusPeer();

    /// Calls org.freedesktop.login1 and runs the io_context until the answer.
    Answer call(const std::string& path, const std::string& interface, const std::string& member,
                const Fill& fill = nullptr);

    /// As call(), of Session on the own session's path.
    Answer session_call(const std::string& member, const Fill& fill = nullptr);
    Answer manager_call(const std::string& member, const Fill& fill = nullptr);

    /// Properties.Get and, with an empty name, GetAll.
    Answer property(const std::string& path, const std::string& interface, const std::string& name);

    /// Calls without waiting; `answer` is filled when it comes.
    void start_call(const std::string& path, const std::string& interface, const std::string& member, const Fill& fill,
                    std::shared_ptr<Answer> answer);

    /// The descriptor of the last reply or signal that carried one.
    [[nodiscard]] const UniqueFd& descriptor() const noexcept { return descriptor_; }

    [[nodiscard]] const std::vector<Heard>& heard() const noexcept { return heard_; }

    /// Runs the io_context until a signal of that member was heard.
    bool hears(const std::string& member);

    /// Runs the io_context until everything that was sent to this connection so far has come in.
    void settle();

    [[nodiscard]] std::string unique_name() const;

    [[nodiscard]] sd_bus* raw() const noexcept { return bus_.get(); }

    void rearm() { loop_->rearm(); }

  protected:
    /// Every message that is no reply; true: dealt with.
    virtual bool take(sd_bus_message* message);

    boost::asio::io_context& io_;

  private:
    static int on_message(sd_bus_message* message, void* userdata, sd_bus_error* error);
    static int on_reply(sd_bus_message* message, void* userdata, sd_bus_error* error);
    void keep_descriptor(sd_bus_message* message);

    struct Waiter;

    std::vector<std::unique_ptr<Waiter>> waiters_; ///< of every call so far; after the bus goes nobody uses them
    bus::OwnedBus bus_;
    std::unique_ptr<bus::AsioBus> loop_;
    std::vector<Heard> heard_;
    UniqueFd descriptor_;
};

/// What is to be read from a pipe's or a socket's end now.
std::string read_from(const UniqueFd& fd);

} // namespace berth::testing
