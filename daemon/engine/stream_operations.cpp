#include "engine/stream_operations.hpp"

#include "engine/answers.hpp"
#include "engine/exec.hpp"

#include <utility>

namespace berth::engine {
namespace {

using std::chrono::milliseconds;

/// Attaching to a container that does not run yet makes podman prepare it, and starting a command runs the OCI runtime.
constexpr milliseconds slow_stream{60'000};

/// Opens a stream on the session's socket; on another one where nobody took the connection. A refusal is `failed`.
Task<UniqueFd> open_stream(SharedSession session, StreamRequest request) {
    auto socket = co_await session->sockets->socket();
    if (!socket) {
        co_return socket.error();
    }
    bool connected = false;
    auto answer = co_await session->streams.open(*socket, request, &connected);
    if (!answer && !connected && answer.error().code == ErrorCode::engine_unavailable) {
        session->sockets->doubt();
        auto other = co_await session->sockets->socket();
        if (!other) {
            co_return other.error();
        }
        answer = co_await session->streams.open(*other, std::move(request), &connected);
    }
    if (!answer) {
        co_return answer.error();
    }
    if (!answer->socket) {
        co_return Error{ErrorCode::failed, refusal_of(answer->status, answer->body)};
    }
    co_return std::move(answer->socket);
}

std::string path_of(const SharedSession& session, const char* kind, const std::string& name) {
    return session->dialect->prefix() + kind + percent_encode(name);
}

Task<StreamState> stream_state(SharedSession session, std::string container) {
    HttpRequest request;
    request.method = "GET";
    request.target = path_of(session, "/containers/", container) + "/json";
    auto answer = co_await call(session, std::move(request));
    if (!answer) {
        co_return answer.error();
    }
    if (answer->status != 200) {
        co_return Error{ErrorCode::failed, refusal_of(answer->status, answer->body)};
    }
    co_return read_stream_state(answer->body);
}

Task<void> resize(SharedSession session, std::string path, std::uint32_t rows, std::uint32_t columns) {
    HttpRequest request;
    request.method = "POST";
    request.target = path + "/resize?h=" + std::to_string(rows) + "&w=" + std::to_string(columns);
    auto answer = co_await call(session, std::move(request));
    if (!answer) {
        co_return answer.error();
    }
    if (answer->status / 100 != 2) {
        co_return Error{ErrorCode::failed, refusal_of(answer->status, answer->body)};
    }
    co_return Result<void>{};
}

} // namespace

Task<ports::StreamConnection> attach_to_container(SharedSession session, std::string container) {
    const auto state = co_await stream_state(session, container);
    if (!state) {
        co_return state.error();
    }
    // One that has ended is attached to for its next run: podman makes it ready for that by itself, Docker waits for
    // it.
    StreamRequest request;
    request.method = "POST";
    request.target = path_of(session, "/containers/", container) +
                     "/attach?stream=true&stdin=true&stdout=true&stderr=true&detachKeys=" +
                     percent_encode(state->terminal ? session->dialect->detach_keys() : "");
    request.deadline = slow_stream;
    auto socket = co_await open_stream(session, std::move(request));
    if (!socket) {
        co_return socket.error();
    }
    ports::StreamConnection connection;
    connection.socket = std::move(*socket);
    connection.framed = !state->terminal;
    co_return std::move(connection);
}

Task<void> resize_container(SharedSession session, std::string container, std::uint32_t rows, std::uint32_t columns) {
    const auto state = co_await stream_state(session, container);
    if (!state) {
        co_return state.error();
    }
    if (!state->terminal) { // podman would say yes
        co_return Error{ErrorCode::failed, "the container \"" + container + "\" has no terminal"};
    }
    std::string path = path_of(session, "/containers/", container);
    auto done = co_await resize(session, std::move(path), rows, columns);
    co_return done;
}

Task<ports::StreamedExec> begin_exec(SharedSession session, std::string container, ports::StreamedExecSpec spec) {
    ExecRequest wanted;
    wanted.exec = std::move(spec.exec);
    wanted.terminal = spec.terminal;
    wanted.open_stdin = true;
    wanted.working_directory = std::move(spec.working_directory);
    auto id = co_await make_exec(session, std::move(container), std::move(wanted), ports::Engine::quick);
    if (!id) {
        co_return id.error();
    }
    StreamRequest request;
    request.method = "POST";
    request.target = path_of(session, "/exec/", *id) + "/start";
    request.body = spec.terminal ? R"({"Detach":false,"Tty":true})" : R"({"Detach":false,"Tty":false})";
    request.deadline = slow_stream;
    auto socket = co_await open_stream(session, std::move(request));
    if (!socket) {
        co_return socket.error();
    }
    ports::StreamedExec exec;
    exec.id = std::move(*id);
    exec.streams.socket = std::move(*socket);
    exec.streams.framed = !spec.terminal;
    co_return std::move(exec);
}

Task<void> resize_exec(SharedSession session, std::string exec, std::uint32_t rows, std::uint32_t columns) {
    std::string path = path_of(session, "/exec/", exec);
    auto done = co_await resize(session, std::move(path), rows, columns);
    co_return done;
}

Task<int> end_of_exec(SharedSession session, std::string exec, milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    auto code = co_await exit_code_of(session, std::move(exec), end);
    co_return code;
}

Task<ports::StreamConnection> container_logs(SharedSession session, std::string container, bool follow,
                                             std::uint32_t tail) {
    const auto state = co_await stream_state(session, container);
    if (!state) {
        co_return state.error();
    }
    StreamRequest request;
    request.method = "GET";
    request.target = path_of(session, "/containers/", container) +
                     "/logs?stdout=true&stderr=true&follow=" + (follow ? "true" : "false") +
                     "&tail=" + (tail == 0 ? "all" : std::to_string(tail));
    request.handover = StreamRequest::Handover::body;
    request.deadline = slow_stream;
    request.patient = follow;
    auto socket = co_await open_stream(session, std::move(request));
    if (!socket) {
        co_return socket.error();
    }
    ports::StreamConnection connection;
    connection.socket = std::move(*socket);
    connection.framed = session->dialect->frames_logs(state->terminal);
    co_return std::move(connection);
}

} // namespace berth::engine
