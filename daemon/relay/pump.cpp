#include "relay/pump.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <poll.h>
#include <unistd.h>

namespace berth::relay {

const char* what_it_means(End end) noexcept {
    switch (end) {
    case End::ended:
        return "the container's side has ended";
    case End::caller_gone:
        return "nobody reads the caller's stdout any more";
    case End::usage:
        return "it was called wrongly";
    case End::cut_off:
        return "the connection ended in the middle of a frame";
    case End::garbage:
        return "the container engine's stream is not made of frames";
    case End::failed:
        return "the caller's output cannot be written";
    }
    return "for an unknown reason";
}

End Pump::run() noexcept {
    for (;;) {
        const bool has_piece = next_piece();
        if (broken_) {
            return End::garbage;
        }
        if (!has_piece && !receiving_) {
            return framed_ && !frames_.complete() ? End::cut_off : End::ended;
        }
        End end = End::ended;
        if (!turn(has_piece, end)) {
            return end;
        }
    }
}

/// False: there is nothing to write.
bool Pump::next_piece() noexcept {
    while (piece_.bytes.empty() && !received_.empty() && !broken_) {
        if (framed_) {
            broken_ = frames_.next(received_, piece_) == FrameReader::Step::broken;
        } else {
            piece_ = FrameReader::Piece{1, received_};
            received_ = {};
        }
        if (piece_.stream == 2 && !err_open_) {
            piece_.bytes = {};
        }
    }
    return !piece_.bytes.empty();
}

/// Waits for one event and answers it. False: it is over, by `end`.
bool Pump::turn(bool has_piece, End& end) noexcept {
    // A descriptor of which nothing is wanted would wake us by its POLLHUP again and again: it is left out. stdout
    // stays in, by its POLLERR we know that nobody reads any more (poll(2), "POLLERR").
    const bool to_err = has_piece && piece_.stream == 2;
    const bool wants_input = input_open_ && sending_ && to_send_.empty();
    const bool wants_room = sending_ && !to_send_.empty();
    const bool wants_output = receiving_ && !has_piece;
    const auto asked = static_cast<short>((wants_output ? POLLIN : 0) | (wants_room ? POLLOUT : 0));
    pollfd waiting[] = {{wants_input ? ends_.in : -1, POLLIN, 0},
                        {ends_.out, static_cast<short>(has_piece && !to_err ? POLLOUT : 0), 0},
                        {to_err ? ends_.err : -1, POLLOUT, 0},
                        {asked != 0 ? ends_.connection : -1, asked, 0}};
    if (::poll(waiting, 4, -1) < 0) {
        end = End::failed;
        return errno == EINTR;
    }
    if ((waiting[1].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
        end = End::caller_gone;
        return false;
    }
    if (waiting[0].revents != 0) {
        read_input();
    }
    if (wants_room && waiting[3].revents != 0) {
        send_input();
    }
    if (wants_output && waiting[3].revents != 0) {
        if (!receive()) {
            end = End::failed;
            return false;
        }
    }
    return (waiting[1].revents == 0 && waiting[2].revents == 0) || write_piece(end);
}

void Pump::read_input() noexcept {
    const ssize_t size = ::read(ends_.in, input_, input_size);
    if (size > 0) {
        to_send_ = std::string_view{input_, static_cast<std::size_t>(size)};
    } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) { // EIO: a terminal that was hung up
        end_input();
    }
}

void Pump::send_input() noexcept {
    const ssize_t size = ::send(ends_.connection, to_send_.data(), to_send_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size > 0) {
        to_send_.remove_prefix(static_cast<std::size_t>(size));
    } else if (errno != EAGAIN && errno != EINTR) { // the container reads no more; what it wrote is still carried
        to_send_ = {};
        sending_ = false;
    }
}

void Pump::end_input() noexcept {
    input_open_ = false;
    sending_ = false;
    ::shutdown(ends_.connection, SHUT_WR);
}

/// False: the connection failed.
bool Pump::receive() noexcept {
    const ssize_t size = ::recv(ends_.connection, output_, output_size, MSG_DONTWAIT);
    if (size > 0) {
        received_ = std::string_view{output_, static_cast<std::size_t>(size)};
        return true;
    }
    // ECONNRESET: the other side closed it and had not read all that was typed, as after a command that has ended.
    if (size == 0 || errno == ECONNRESET) {
        receiving_ = false;
        return true;
    }
    return errno == EAGAIN || errno == EINTR;
}

/// False: it is over, by `end`.
bool Pump::write_piece(End& end) noexcept {
    const std::size_t most = piece_.bytes.size() < PIPE_BUF ? piece_.bytes.size() : PIPE_BUF;
    const ssize_t size = ::write(target(), piece_.bytes.data(), most);
    if (size >= 0) {
        piece_.bytes.remove_prefix(static_cast<std::size_t>(size));
        return true;
    }
    if (errno == EAGAIN || errno == EINTR) {
        return true;
    }
    if (piece_.stream == 2) {
        err_open_ = false;
        piece_.bytes = {};
        return true;
    }
    end = errno == EPIPE || errno == EIO ? End::caller_gone : End::failed;
    return false;
}

} // namespace berth::relay
