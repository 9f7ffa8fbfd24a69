#include "engine/exec.hpp"

#include "base/unique_fd.hpp"
#include "engine/answers.hpp"
#include "engine/operations.hpp"
#include "engine/streams.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

#include <sys/syscall.h>

#include <algorithm>
#include <csignal>

namespace berth::engine {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// What is left until `end`, at least 1 ms: zero would mean "no limit".
milliseconds left_until(Clock::time_point end) {
    return std::max(milliseconds{1}, std::chrono::duration_cast<milliseconds>(end - Clock::now()));
}

Error too_late(const ports::ExecSpec& spec) {
    return Error{ErrorCode::timed_out,
                 "\"" + (spec.command.empty() ? std::string{} : spec.command.front()) + "\" did not end in time"};
}

/// Starts the command and takes its output until both its streams are closed.
Task<std::string> run_exec(SharedSession session, std::string id, milliseconds limit) {
    auto socket = co_await session->sockets->socket();
    if (!socket) {
        co_return socket.error();
    }
    HttpRequest request;
    request.method = "POST";
    request.target = session->dialect->prefix() + "/exec/" + percent_encode(id) + "/start";
    request.body = R"({"Detach":false,"Tty":false})";
    request.deadline = limit;
    ExecStream output;
    bool sound = true;
    HttpClient::Sink sink = [&output, &sound](std::string_view bytes) { return sound = output.feed(bytes); };
    auto answer = co_await session->http.stream(*socket, std::move(request), std::move(sink));
    if (!answer) {
        co_return answer.error();
    }
    if (answer->status != 200) {
        co_return Error{ErrorCode::failed, refusal_of(answer->status, answer->body)};
    }
    if (!sound || !output.complete()) {
        co_return Error{ErrorCode::engine_unavailable, "the container engine's stream of a command's output is broken"};
    }
    co_return output.output();
}

Task<ExecState> inspect_exec(SharedSession session, std::string id) {
    HttpRequest request;
    request.method = "GET";
    request.target = session->dialect->prefix() + "/exec/" + percent_encode(id) + "/json";
    auto answer = co_await call(session, std::move(request));
    if (!answer) {
        co_return answer.error();
    }
    if (answer->status != 200) {
        co_return Error{ErrorCode::failed, refusal_of(answer->status, answer->body)};
    }
    co_return read_exec(answer->body);
}

/// No engine can kill one command, and one that hangs must not stay behind. The pidfd is taken first and the engine
/// asked again, so that the signal cannot reach a process that has the number by chance.
asio::awaitable<void> kill_exec(SharedSession session, std::string id) {
    const auto before = co_await inspect_exec(session, id);
    if (!before || !before->running || before->pid <= 1) {
        co_return;
    }
    const UniqueFd process{static_cast<int>(::syscall(SYS_pidfd_open, before->pid, 0))};
    const auto after = co_await inspect_exec(session, id);
    if (process && after && after->running && after->pid == before->pid) {
        ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
    }
}

} // namespace

Task<std::string> make_exec(SharedSession session, std::string container, ExecRequest wanted, milliseconds limit) {
    nlohmann::json environment = nlohmann::json::array();
    for (const auto& [key, value] : wanted.exec.environment) {
        environment.push_back(key + "=" + value);
    }
    nlohmann::json body{{"AttachStdin", wanted.open_stdin},
                        {"AttachStdout", true},
                        {"AttachStderr", true},
                        {"Tty", wanted.terminal},
                        {"DetachKeys", wanted.terminal ? session->dialect->detach_keys() : ""},
                        {"Cmd", wanted.exec.command},
                        {"Env", std::move(environment)},
                        {"User", wanted.exec.user.empty() ? std::string{"0"} : wanted.exec.user}};
    if (!wanted.working_directory.empty()) {
        body["WorkingDir"] = wanted.working_directory;
    }
    HttpRequest request;
    request.method = "POST";
    request.target = session->dialect->prefix() + "/containers/" + percent_encode(container) + "/exec";
    request.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    request.deadline = limit;
    auto answer = co_await call(session, std::move(request));
    if (!answer) {
        co_return answer.error();
    }
    if (answer->status != 201) {
        co_return Error{ErrorCode::failed, refusal_of(answer->status, answer->body)};
    }
    co_return read_id(answer->body);
}

Task<int> exit_code_of(SharedSession session, std::string id, Clock::time_point end) {
    asio::steady_timer timer{session->io};
    for (milliseconds pause{2};; pause = std::min(pause * 2, milliseconds{100})) {
        const auto state = co_await inspect_exec(session, id);
        if (!state) {
            co_return state.error();
        }
        if (!state->running) {
            co_return state->exit_code;
        }
        if (Clock::now() + pause >= end) {
            co_return Error{ErrorCode::timed_out, "the command's exit code did not come in time"};
        }
        timer.expires_after(pause);
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

Task<ports::ExecResult> exec_in_container(SharedSession session, std::string container, ports::ExecSpec spec,
                                          ports::Engine::Deadline limit) {
    const auto end = Clock::now() + limit;
    ExecRequest wanted; // named: GCC 12 destroys a braced temporary of a co_await twice (bug 99576 and its kin)
    wanted.exec = spec;
    auto id = co_await make_exec(session, std::move(container), std::move(wanted), left_until(end));
    if (!id) {
        co_return id.error();
    }
    auto output = co_await run_exec(session, *id, left_until(end));
    if (!output) {
        if (output.error().code == ErrorCode::timed_out) {
            co_await kill_exec(session, *id);
            co_return too_late(spec);
        }
        co_return output.error();
    }
    auto code = co_await exit_code_of(session, *id, end);
    if (!code) {
        co_return code.error();
    }
    ports::ExecResult result;
    result.exit_code = *code;
    result.output = std::move(*output);
    co_return result;
}

} // namespace berth::engine
