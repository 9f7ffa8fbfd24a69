#pragma once

#include "bus/asio_bus.hpp"

#include <boost/asio/io_context.hpp>

#include <systemd/sd-bus.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace berth::testing {

struct Answer {
    std::string error; ///< the error's name, or empty
    std::string text;  ///< what the reply carries, or the error's message

    bool operator==(const Answer&) const = default;
};

struct Heard {
    std::string path;
    std::string member;
    std::string text;
};

/// A plain sd-bus client on the test's io_context: calls, and hears every signal of org.berth.Berth1.
class TestClient {
  public:
    /// `bus`: connect to a message bus (Hello first); else to a peer such as a seat's socket without one.
    TestClient(boost::asio::io_context& io, const std::string& address, bool bus = true);
    ~TestClient();

    using Fill = std::function<void(sd_bus_message*)>;

    /// Calls and runs the io_context until the answer.
    Answer call(const std::string& path, const std::string& interface, const std::string& member,
                const Fill& fill = nullptr);

    /// Calls without waiting; `answer` is filled when it comes.
    void start_call(const std::string& path, const std::string& interface, const std::string& member, const Fill& fill,
                    std::shared_ptr<Answer> answer);

    /// org.freedesktop.DBus.Properties.Get
    std::string property(const std::string& path, const std::string& interface, const std::string& name);

    /// Signals so far, in order.
    [[nodiscard]] const std::vector<Heard>& heard() const noexcept { return heard_; }

    void forget() { heard_.clear(); }

    /// Waits until `count` signals of that member were heard.
    bool hear(const std::string& member, std::size_t count = 1);

    [[nodiscard]] std::string unique_name() const;

    [[nodiscard]] bool lost() const noexcept { return lost_; }

    /// A raw connection, for what the above does not do; the loop is re-armed by rearm().
    [[nodiscard]] sd_bus* raw() const noexcept { return bus_; }

    void rearm() { loop_->rearm(); }

    void add_heard(Heard heard) { heard_.push_back(std::move(heard)); }

  private:
    boost::asio::io_context& io_;
    sd_bus* bus_{nullptr};
    std::unique_ptr<bus::AsioBus> loop_;
    std::vector<Heard> heard_;
    bool lost_{false};
};

/// The poll data and the step of a raw sd-bus connection.
bus::AsioBus::Source source_of(sd_bus* bus);

/// Appends an "as".
inline void append_list(sd_bus_message* m, const std::vector<std::string>& list) {
    sd_bus_message_open_container(m, 'a', "s");
    for (const std::string& text : list) {
        sd_bus_message_append(m, "s", text.c_str());
    }
    sd_bus_message_close_container(m);
}

} // namespace berth::testing
