#pragma once

#include "loopback/pulse_greeting.hpp"
#include "loopback/x11_requests.hpp"

#include <cstddef>

namespace berth::loopback {

/// What is spoken on a port.
enum class Speech : unsigned char { x11, pulse };

/// One way of a connection: bytes from a reader's socket to a writer's. Sockets are used with MSG_DONTWAIT.
class Lane {
  public:
    static constexpr std::size_t capacity = std::size_t{16} * 1024;

    void reset() noexcept;

    [[nodiscard]] bool wants_bytes() const noexcept { return !ended_ && size_ < capacity; }

    [[nodiscard]] bool has_bytes() const noexcept { return passed_ > 0; }

    /// The reader's side has ended, all that may go on has gone, and the writer's side knows it.
    [[nodiscard]] bool is_over() const noexcept { return shut_; }

    /// False: the connection is broken.
    bool read(int from) noexcept;
    bool write(int to) noexcept;

    /// Bytes that no one has judged yet.
    [[nodiscard]] char* unjudged() noexcept { return bytes_ + passed_; }

    [[nodiscard]] std::size_t unjudged_size() const noexcept { return size_ - passed_; }

    void pass(std::size_t size) noexcept { passed_ += size; }

    /// Tells the writer's side of the reader's end, once.
    void shut_when_over(int to) noexcept;

  private:
    std::size_t size_{0};
    std::size_t passed_{0}; ///< from the front: they may go on
    bool ended_{false};
    bool shut_{false};
    char bytes_[capacity]{};
};

/// A client's connection and the one to the desktop that is made for it. Holds 32 KiB, allocates nothing.
class Carrier {
  public:
    Carrier() = default;
    Carrier(const Carrier&) = delete;
    Carrier(Carrier&&) = delete;
    Carrier& operator=(const Carrier&) = delete;
    Carrier& operator=(Carrier&&) = delete;
    ~Carrier() = default;

    /// Takes both sockets. `cookie`: of PulseGreeting::cookie_size bytes, or nullptr; it outlives this.
    void begin(int client, int server, Speech speech, const char* cookie) noexcept;

    [[nodiscard]] bool is_free() const noexcept { return client_ < 0; }

    [[nodiscard]] int client() const noexcept { return client_; }

    [[nodiscard]] int server() const noexcept { return server_; }

    /// poll(2)'s events to wait for.
    [[nodiscard]] short client_events() const noexcept { return events(up_, down_); }

    [[nodiscard]] short server_events() const noexcept { return events(down_, up_); }

    /// Does what poll(2) says can be done; ends, and is free, when both ways are over or one is broken.
    void turn(short client_events, short server_events) noexcept;

  private:
    static short events(const Lane& reads, const Lane& writes) noexcept;
    bool carry(short client_events, short server_events) noexcept;
    bool judge() noexcept;
    void end() noexcept;

    Lane up_;   ///< client → server
    Lane down_; ///< server → client
    X11Requests requests_;
    const char* cookie_{nullptr};
    int client_{-1};
    int server_{-1};
    Speech speech_{Speech::x11};
    bool welcome_{false};
};

} // namespace berth::loopback
