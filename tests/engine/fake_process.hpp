#pragma once

#include "base/unique_fd.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace berth::test {

/// What a command of the fake engine does with its standard streams.
struct FakeCommand {
    std::string out;        ///< written at once
    std::string err;        ///< … to stderr
    bool copies{false};     ///< copies its input to its output until that ends
    bool shows_size{false}; ///< waits for a line of input, and writes "ROWS COLUMNS" of its terminal
    bool stays{false};      ///< does not end by itself
    int exit_code{0};

    bool operator==(const FakeCommand&) const = default;
};

/// "echo WORDS", "cat", and "sleep": what every fake engine knows.
std::optional<FakeCommand> builtin_command(const std::vector<std::string>& argv);

/// A frame as relay/frames.hpp describes it. `stream`: 1 stdout, 2 stderr.
std::string make_frame(unsigned char stream, std::string_view bytes);

/// A command that "runs", on the test's own io_context.
class FakeProcess : public std::enable_shared_from_this<FakeProcess> {
  public:
    using Wrote = std::function<void(unsigned char stream, std::string_view bytes)>;

    FakeProcess(boost::asio::io_context& io, FakeCommand command, bool framed, Wrote wrote,
                std::function<void(int)> ended);

    /// `socket` carries its streams, from `run` on.
    void attach(UniqueFd socket);
    void run();

    void resize(std::uint32_t rows, std::uint32_t columns) { size_ = {rows, columns}; }

    /// It is killed: its streams end, after what it has written.
    void end();
    /// Nobody is told of anything any more.
    void cut();

  private:
    void put(unsigned char stream, std::string_view bytes);
    void flush();
    void read();
    void take(std::string_view bytes);
    void finish();

    boost::asio::local::stream_protocol::socket socket_;
    FakeCommand command_;
    bool framed_;
    Wrote wrote_;
    std::function<void(int)> ended_;
    std::pair<std::uint32_t, std::uint32_t> size_{0, 0};
    std::array<char, 4096> piece_{};
    std::string pending_;
    std::string sending_;
    bool finished_{false};
};

} // namespace berth::test
