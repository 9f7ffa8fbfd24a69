#include "engine/fake_engine.hpp"

#include <sys/socket.h>

#include <array>
#include <stdexcept>

namespace berth::test {

using ports::ContainerState;
using ports::StreamConnection;

namespace {

std::pair<UniqueFd, UniqueFd> connected_pair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        throw std::runtime_error{"socketpair"};
    }
    return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

/// The last `tail` lines; 0: all.
std::string last_lines(const std::string& text, std::uint32_t tail) {
    std::size_t from = text.size();
    for (std::uint32_t line = 0; tail != 0 && line <= tail && from != std::string::npos && from != 0; ++line) {
        from = text.rfind('\n', from - 1);
    }
    return tail == 0 || from == std::string::npos || from == 0 ? text : text.substr(from + 1);
}

} // namespace

std::optional<FakeCommand> FakeEngine::command_of(const std::vector<std::string>& argv) const {
    auto command = command_answer_ ? command_answer_(argv) : std::nullopt;
    return command ? command : builtin_command(argv);
}

std::shared_ptr<FakeProcess> FakeEngine::process_of(Container& container) {
    if (!container.process) {
        FakeCommand command = command_of(container.spec.command).value_or(FakeCommand{"", "", false, false, true, 0});
        container.process = std::make_shared<FakeProcess>(
            io_, std::move(command), !container.spec.terminal,
            [this, &container](unsigned char stream, std::string_view bytes) { keep(container, stream, bytes); },
            [this, &container](int code) { end(container, code); });
    }
    return container.process;
}

void FakeEngine::keep(Container& container, unsigned char stream, std::string_view bytes) {
    container.log += bytes;
    for (const auto& follower : container.followers) {
        const std::string frame = make_frame(stream, bytes);
        [[maybe_unused]] const ssize_t sent = ::send(follower.get(), frame.data(), frame.size(), MSG_NOSIGNAL);
    }
}

void FakeEngine::attach(const std::string& container, Done<StreamConnection> done) {
    run("attach", container, std::move(done), [&]() -> Result<StreamConnection> {
        Container* found = find(container);
        if (found == nullptr) {
            return unknown(container);
        }
        if (found->info.state == ContainerState::exited) {
            found->process.reset(); // its next run's streams
        }
        auto [ours, theirs] = connected_pair();
        process_of(*found)->attach(std::move(ours));
        return StreamConnection{std::move(theirs), !found->spec.terminal};
    });
}

void FakeEngine::resize(const std::string& container, std::uint32_t rows, std::uint32_t columns, Done<void> done) {
    run("resize", container, std::move(done), [&]() -> Result<void> {
        Container* found = find(container);
        if (found == nullptr) {
            return unknown(container);
        }
        if (!found->spec.terminal) {
            return Error{ErrorCode::failed, "the container \"" + container + "\" has no terminal"};
        }
        process_of(*found)->resize(rows, columns);
        return {};
    });
}

void FakeEngine::begin_exec(const std::string& container, const ports::StreamedExecSpec& spec,
                            Done<ports::StreamedExec> done) {
    run("begin_exec", container, std::move(done), [&]() -> Result<ports::StreamedExec> {
        if (begin_exec_seen_) {
            begin_exec_seen_(spec);
        }
        const Container* found = find(container);
        if (found == nullptr) {
            return unknown(container);
        }
        if (found->info.state != ContainerState::running) {
            return Error{ErrorCode::failed, "the container \"" + container + "\" is not running"};
        }
        const auto command = command_of(spec.exec.command);
        if (!command) {
            return Error{ErrorCode::failed, "the fake engine knows no command \"" + spec.exec.command.front() + "\""};
        }
        ports::StreamedExec exec;
        exec.id = "exec" + std::to_string(++numbers_used_);
        Exec& mine = execs_[exec.id];
        mine.process = std::make_shared<FakeProcess>(
            io_, *command, !spec.terminal, [](unsigned char, std::string_view) {},
            [this, &mine](int code) { end(mine, code); });
        auto [ours, theirs] = connected_pair();
        mine.process->attach(std::move(ours));
        mine.process->run();
        exec.streams = StreamConnection{std::move(theirs), !spec.terminal};
        return exec;
    });
}

void FakeEngine::end(Exec& exec, int code) {
    exec.exit_code = code;
    for (Done<int>& done : std::exchange(exec.waiting, {})) {
        post([done, code] { done(code); });
    }
}

void FakeEngine::resize_exec(const std::string& exec, std::uint32_t rows, std::uint32_t columns, Done<void> done) {
    run("resize_exec", exec, std::move(done), [&]() -> Result<void> {
        const auto found = execs_.find(exec);
        if (found == execs_.end()) {
            return Error{ErrorCode::failed, "no command \"" + exec + "\""};
        }
        found->second.process->resize(rows, columns);
        return {};
    });
}

void FakeEngine::end_of_exec(const std::string& exec, std::chrono::milliseconds limit, Done<int> done) {
    if (auto error = enter("end_of_exec", exec)) {
        finish<int>("end_of_exec", std::move(done), std::move(*error));
        return;
    }
    const auto found = execs_.find(exec);
    if (found == execs_.end()) {
        finish<int>("end_of_exec", std::move(done), Error{ErrorCode::failed, "no command \"" + exec + "\""});
    } else if (found->second.exit_code) {
        finish<int>("end_of_exec", std::move(done), *found->second.exit_code);
    } else {
        found->second.waiting.push_back(limited(limit, std::move(done)));
    }
}

void FakeEngine::logs(const std::string& container, bool follow, std::uint32_t tail, Done<StreamConnection> done) {
    run("logs", container, std::move(done), [&]() -> Result<StreamConnection> {
        Container* found = find(container);
        if (found == nullptr) {
            return unknown(container);
        }
        auto [ours, theirs] = connected_pair();
        const std::string text = last_lines(found->log, tail);
        const std::string frame = text.empty() ? "" : make_frame(1, text);
        [[maybe_unused]] const ssize_t sent = ::send(ours.get(), frame.data(), frame.size(), MSG_NOSIGNAL);
        if (follow && found->info.state != ContainerState::exited) {
            found->followers.push_back(std::move(ours));
        }
        return StreamConnection{std::move(theirs), true};
    });
}

} // namespace berth::test
