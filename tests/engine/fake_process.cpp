#include "engine/fake_process.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

namespace berth::test {

using boost::system::error_code;

std::optional<FakeCommand> builtin_command(const std::vector<std::string>& argv) {
    FakeCommand command;
    const std::string name = argv.empty() ? "" : argv.front().substr(argv.front().rfind('/') + 1);
    if (name == "echo") {
        for (std::size_t word = 1; word < argv.size(); ++word) {
            command.out += (word == 1 ? "" : " ") + argv[word];
        }
        command.out += "\n";
    } else if (name == "cat") {
        command.copies = true;
    } else if (name == "sleep") {
        command.stays = true;
    } else {
        return std::nullopt;
    }
    return command;
}

std::string make_frame(unsigned char stream, std::string_view bytes) {
    std::string frame(8, '\0');
    frame[0] = static_cast<char>(stream);
    for (std::size_t byte = 0; byte < 4; ++byte) {
        frame[7 - byte] = static_cast<char>(bytes.size() >> (8 * byte) & 0xFFU);
    }
    return frame.append(bytes);
}

FakeProcess::FakeProcess(boost::asio::io_context& io, FakeCommand command, bool framed, Wrote wrote,
                         std::function<void(int)> ended)
    : socket_{io}, command_{std::move(command)}, framed_{framed}, wrote_{std::move(wrote)}, ended_{std::move(ended)} {}

void FakeProcess::attach(UniqueFd socket) {
    socket_.assign(boost::asio::local::stream_protocol{}, socket.release());
}

void FakeProcess::run() {
    for (const auto& [stream, text] : {std::pair{1, command_.out}, std::pair{2, command_.err}}) {
        put(static_cast<unsigned char>(stream), text);
    }
    const bool waits = command_.stays || ((command_.copies || command_.shows_size) && socket_.is_open());
    if (!waits) {
        finish();
    } else if (socket_.is_open()) {
        read();
    }
}

void FakeProcess::end() {
    ended_ = nullptr;
    finished_ = true;
    flush();
}

void FakeProcess::cut() {
    finished_ = true;
    ended_ = nullptr;
    error_code ignored;
    socket_.close(ignored);
}

void FakeProcess::put(unsigned char stream, std::string_view bytes) {
    if (bytes.empty()) {
        return;
    }
    wrote_(stream, bytes);
    if (socket_.is_open()) {
        pending_ += framed_ ? make_frame(stream, bytes) : std::string{bytes};
        flush();
    }
}

void FakeProcess::flush() {
    if (!sending_.empty() || !socket_.is_open()) {
        return;
    }
    if (pending_.empty()) {
        if (finished_) {
            error_code ignored;
            socket_.close(ignored);
        }
        return;
    }
    sending_.swap(pending_);
    boost::asio::async_write(socket_, boost::asio::buffer(sending_),
                             [self = shared_from_this()](const error_code& error, std::size_t) {
                                 self->sending_.clear();
                                 if (!error) {
                                     self->flush();
                                 }
                             });
}

void FakeProcess::read() {
    socket_.async_read_some(boost::asio::buffer(piece_),
                            [self = shared_from_this()](const error_code& error, std::size_t size) {
                                if (self->finished_) {
                                    return;
                                }
                                if (!error) {
                                    self->take(std::string_view{self->piece_.data(), size});
                                } else if (!self->command_.stays) {
                                    self->finish();
                                }
                            });
}

void FakeProcess::take(std::string_view bytes) {
    if (command_.copies) {
        put(1, bytes);
    }
    if (command_.shows_size && bytes.find('\n') != std::string_view::npos) {
        put(1, std::to_string(size_.first) + " " + std::to_string(size_.second) + "\n");
        finish();
        return;
    }
    read();
}

void FakeProcess::finish() {
    finished_ = true;
    flush();
    if (ended_) {
        std::exchange(ended_, nullptr)(command_.exit_code);
    }
}

} // namespace berth::test
