#pragma once

#include <optional>
#include <termios.h>

namespace berth::cli {

/// Characters.
struct WindowSize {
    unsigned rows{0};
    unsigned columns{0};

    bool operator==(const WindowSize&) const = default;
};

/// The size of the terminal at `fd`; nothing where it is none, or has no size.
std::optional<WindowSize> window_size(int fd);

/// The caller's terminal while a command in a container has it. What it was comes back by restore() or at the end of
/// this object's life. One thread; nothing here throws. A descriptor that is no terminal is left alone.
class RawTerminal {
  public:
    enum class Keys {
        signals, ///< ^C and ^\ are still signals to us: the command does not run yet
        bytes,   ///< every key is the command's
    };

    /// Remembers what the terminal is. -1: there is none.
    explicit RawTerminal(int fd) noexcept;
    ~RawTerminal();
    RawTerminal(const RawTerminal&) = delete;
    RawTerminal& operator=(const RawTerminal&) = delete;

    /// Is there a terminal?
    [[nodiscard]] bool there() const noexcept { return fd_ >= 0; }

    /// Raw mode: no echo, no lines, no translation.
    void set(Keys keys) noexcept;

    /// Idempotent.
    void restore() noexcept;

  private:
    int fd_;
    termios before_{};
    bool changed_{false};
};

} // namespace berth::cli
