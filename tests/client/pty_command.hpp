#pragma once

#include "base/unique_fd.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/types.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <termios.h>
#include <vector>

namespace berth::testing {

/// A pseudo-terminal of the test's.
class Pty {
  public:
    Pty();

    [[nodiscard]] int master() const noexcept { return master_.get(); }

    [[nodiscard]] int slave() const noexcept { return slave_.get(); }

    /// What whoever has the slave would see.
    [[nodiscard]] termios attributes() const;

    /// No echo, no lines, no signals.
    [[nodiscard]] bool raw() const;

    void resize(unsigned short rows, unsigned short columns) const;

  private:
    UniqueFd master_;
    UniqueFd slave_;
};

/// Are they the same to a user of the terminal?
bool same(const termios& one, const termios& other);

/// A program whose controlling terminal is a pseudo-terminal, beside the io_context; killed when it still runs at the
/// end.
class PtyCommand {
  public:
    PtyCommand(boost::asio::io_context& io, const std::vector<std::string>& argv);
    ~PtyCommand();
    PtyCommand(const PtyCommand&) = delete;
    PtyCommand& operator=(const PtyCommand&) = delete;

    Pty pty;

    void type(const std::string& keys) const;
    void signal(int number) const;

    [[nodiscard]] const std::string& shown() const noexcept { return shown_; }

    /// Runs the io_context until the terminal shows `text`.
    bool shows(const std::string& text);

    /// Runs the io_context until the terminal is raw.
    bool becomes_raw();

    /// Runs the io_context until the program has ended: its exit code, or 128 + the signal.
    int wait();

  private:
    using Stream = boost::asio::posix::stream_descriptor;

    void read();
    void watch();

    boost::asio::io_context& io_;
    pid_t pid_{-1};
    std::unique_ptr<Stream> reader_;
    std::unique_ptr<Stream> watch_;
    std::array<char, 4096> chunk_{};
    std::string shown_;
    std::optional<int> status_;
};

} // namespace berth::testing
