#include "explain/programs.hpp"

#include "base/unique_fd.hpp"

#include <nlohmann/json.hpp>

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <poll.h>

namespace berth::explain {

namespace {

using nlohmann::json;

std::string text_at(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

bool flag_at(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_boolean() && found->get<bool>();
}

unsigned number_at(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number_unsigned() ? found->get<unsigned>() : 0;
}

Guard guard_without_answer(int error) {
    Guard guard;
    switch (error) {
    case ENOENT:
    case ECONNREFUSED: // the socket of one that has died
        guard.presence = Presence::absent;
        break;
    case EAGAIN: // it takes no caller
    case ETIMEDOUT:
        guard.presence = Presence::silent;
        guard.trouble = "it does not answer";
        break;
    default: // EACCES and whatever else keeps us from asking
        guard.presence = Presence::unasked;
        guard.trouble = std::strerror(error);
        break;
    }
    return guard;
}

/// Reads up to a line break; errno's number in `error` when none came in time.
std::string receive_line(int socket, int limit_ms, int& error) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{limit_ms};
    std::string line;
    constexpr std::size_t most = 16UL * 1024;
    while (line.size() < most && line.find('\n') == std::string::npos) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
        pollfd waiting{socket, POLLIN, 0};
        if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left)) <= 0) {
            error = ETIMEDOUT;
            return {};
        }
        std::array<char, 4096> buffer{};
        const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), 0);
        if (got <= 0) {
            error = got == 0 ? ECONNRESET : errno;
            return {};
        }
        line.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return line.substr(0, line.find('\n'));
}

} // namespace

Said tell_guard(const std::string& path, const std::string& word, int limit_ms) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return {{}, ENAMETOOLONG};
    }
    std::memcpy(static_cast<char*>(address.sun_path), path.c_str(), path.size() + 1);
    // Not blocking: connect(2) waits for as long as a guard that hangs has its queue full.
    const UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const std::string said = word + "\n";
    if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::send(socket.get(), said.data(), said.size(), MSG_NOSIGNAL) < 0) {
        return {{}, errno};
    }
    Said answer;
    answer.line = receive_line(socket.get(), limit_ms, answer.error);
    return answer;
}

Guard ask_guard(const std::string& path, int limit_ms) {
    const Said answer = tell_guard(path, "status", limit_ms);
    return answer.error != 0 ? guard_without_answer(answer.error) : guard_from(answer.line);
}

Guard guard_from(const std::string& line) {
    const json answer = json::parse(line, nullptr, false);
    Guard guard;
    guard.word = answer.is_object() ? text_at(answer, "word") : std::string{};
    if (guard.word.empty()) {
        guard.presence = Presence::unasked;
        guard.trouble = "its answer is not understood: " + line.substr(0, 80);
        return guard;
    }
    guard.presence = Presence::here;
    guard.vt = number_at(answer, "vt");
    guard.desktop = text_at(answer, "desktop");
    guard.berthd = flag_at(answer, "berthd");
    guard.restored = flag_at(answer, "restored");
    const auto report = answer.find("report");
    if (report != answer.end() && report->is_object()) {
        guard.report = report->dump(-1, ' ', false, json::error_handler_t::replace);
        guard.verified = flag_at(*report, "verified");
    }
    return guard;
}

Berthd berthd_from(const json& properties, int pid) {
    Berthd berthd;
    berthd.presence = Presence::here;
    berthd.pid = pid;
    if (!properties.is_object()) {
        return berthd;
    }
    berthd.knows_seat = true;
    berthd.state = text_at(properties, "State");
    berthd.mode = text_at(properties, "Mode");
    berthd.desktop = text_at(properties, "Desktop");
    berthd.vt = number_at(properties, "Vt");
    const auto failure = properties.find("LastFailure"); // step, error name, sentence
    if (failure != properties.end() && failure->is_array() && failure->size() == 3 && failure->at(0).is_string() &&
        failure->at(1).is_string() && failure->at(2).is_string()) {
        const auto name = failure->at(1).get<std::string>();
        berthd.failed_step = name.empty() ? "" : failure->at(0).get<std::string>();
        berthd.failure = name.empty() ? "" : name + ": " + failure->at(2).get<std::string>();
    }
    return berthd;
}

} // namespace berth::explain
