#pragma once

#include "engine/await.hpp"
#include "ports/engine.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace berth::test {

/// What came out of a connection, told apart.
struct Outputs {
    std::string out;
    std::string err;
    bool sound{true}; ///< whole frames, of streams that there are

    bool operator==(const Outputs&) const = default;
};

/// Takes 8-byte frames apart (relay/frames.hpp), in a way of its own.
inline Outputs split_frames(std::string_view bytes) {
    Outputs outputs;
    while (!bytes.empty()) {
        std::size_t size = 0;
        for (std::size_t at = 4; at < 8 && at < bytes.size(); ++at) {
            size = size << 8U | static_cast<unsigned char>(bytes[at]);
        }
        if (bytes.size() < 8 + size || (bytes[0] != 1 && bytes[0] != 2)) {
            outputs.sound = false;
            break;
        }
        (bytes[0] == 2 ? outputs.err : outputs.out).append(bytes.substr(8, size));
        bytes.remove_prefix(8 + size);
    }
    return outputs;
}

/// A test's end of a connection: it reads what comes while the loop turns.
class TestStream {
  public:
    TestStream(boost::asio::io_context& io, ports::StreamConnection connection)
        : io_{io}, state_{std::make_shared<State>(io)} {
        state_->framed = connection.framed;
        state_->socket.assign(boost::asio::local::stream_protocol{}, connection.socket.release());
        read(state_);
    }

    TestStream(const TestStream&) = delete;
    TestStream& operator=(const TestStream&) = delete;

    ~TestStream() {
        boost::system::error_code ignored;
        state_->socket.close(ignored);
    }

    [[nodiscard]] bool framed() const { return state_->framed; }

    [[nodiscard]] const std::string& bytes() const { return state_->bytes; }

    [[nodiscard]] bool ended() const { return state_->ended; }

    [[nodiscard]] Outputs outputs() const { return split_frames(state_->bytes); }

    /// Sends all of it; the loop turns meanwhile, so that what comes back is read.
    bool send(const std::string& bytes) {
        bool sent = false;
        bool well = false;
        boost::asio::async_write(state_->socket, boost::asio::buffer(bytes),
                                 [&](const boost::system::error_code& error, std::size_t) {
                                     sent = true;
                                     well = !error;
                                 });
        turn_until(io_, [&sent] { return sent; });
        return well;
    }

    /// Nothing more will be sent.
    void end_input() {
        boost::system::error_code ignored;
        state_->socket.shutdown(boost::asio::socket_base::shutdown_send, ignored);
    }

    bool wait_for(std::string_view text, std::chrono::seconds limit = std::chrono::seconds{20}) {
        return turn_until(
            io_, [this, text] { return state_->bytes.find(text) != std::string::npos; }, limit);
    }

    bool wait_for_end(std::chrono::seconds limit = std::chrono::seconds{20}) {
        return turn_until(
            io_, [this] { return state_->ended; }, limit);
    }

  private:
    struct State {
        explicit State(boost::asio::io_context& io) : socket{io} {}

        boost::asio::local::stream_protocol::socket socket;
        std::array<char, 65536> piece{};
        std::string bytes;
        bool framed{true};
        bool ended{false};
    };

    static void read(const std::shared_ptr<State>& state) {
        state->socket.async_read_some(boost::asio::buffer(state->piece),
                                      [state](const boost::system::error_code& error, std::size_t size) {
                                          state->bytes.append(state->piece.data(), size);
                                          if (error) {
                                              state->ended = true;
                                          } else {
                                              read(state);
                                          }
                                      });
    }

    boost::asio::io_context& io_;
    std::shared_ptr<State> state_;
};

} // namespace berth::test
