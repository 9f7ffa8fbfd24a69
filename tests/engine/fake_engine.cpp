#include "engine/fake_engine.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace berth::test {

using ports::ContainerInfo;
using ports::ContainerState;
using ports::EngineEvent;
using ports::ImageInfo;

namespace {

bool lives(const ContainerInfo& info) {
    return info.state == ContainerState::running || info.state == ContainerState::paused;
}

/// 64 hexadecimal digits, as the engines' ids.
std::string make_id(int number) {
    std::string id(64, '0');
    std::snprintf(id.data(), id.size() + 1, "%064x", static_cast<unsigned>(number) + 0xFA4E0000U);
    return id;
}

} // namespace

FakeEngine::FakeEngine(boost::asio::io_context& io) : io_{io} {
    facts_.name = "fake";
    facts_.version = "1";
    facts_.api = "1";
    facts_.cgroups = "v2";
    facts_.runtime = "none";
}

FakeEngine::~FakeEngine() {
    for (const auto& container : containers_) {
        if (container->process) {
            container->process->cut();
        }
        for (Done<int>& done : container->waiting) {
            boost::asio::post(io_, [done] { done(Error{ErrorCode::cancelled, "the fake engine was destroyed"}); });
        }
    }
    for (auto& [id, exec] : execs_) {
        exec.process->cut();
        for (Done<int>& done : exec.waiting) {
            boost::asio::post(io_, [done] { done(Error{ErrorCode::cancelled, "the fake engine was destroyed"}); });
        }
    }
    for (auto& [operation, completion] : held_) {
        boost::asio::post(io_, std::move(completion));
    }
}

void FakeEngine::add_image(ImageInfo image) {
    images_.push_back(std::move(image));
}

void FakeEngine::add_path(const std::string& image, const std::string& path) {
    paths_[image].insert(path);
}

void FakeEngine::fail_next(const std::string& operation, Error error) {
    failures_[operation].push_back(std::move(error));
}

void FakeEngine::hold_next(const std::string& operation) {
    to_hold_.insert(operation);
}

void FakeEngine::release(const std::string& operation) {
    const auto [first, last] = held_.equal_range(operation);
    for (auto entry = first; entry != last; ++entry) {
        boost::asio::post(io_, std::move(entry->second));
    }
    held_.erase(first, last);
}

void FakeEngine::on_exec(
    std::function<Result<ports::ExecResult>(const ports::ContainerSpec&, const ports::ExecSpec&)> answer) {
    exec_answer_ = std::move(answer);
}

void FakeEngine::on_start(std::function<std::optional<int>(const ports::ContainerSpec&)> answer) {
    start_answer_ = std::move(answer);
}

void FakeEngine::die(const std::string& container, int exit_code) {
    if (Container* found = find(container); found != nullptr && lives(found->info)) {
        end(*found, exit_code);
    }
}

void FakeEngine::lose_events() {
    EngineEvent event;
    event.kind = EngineEvent::Kind::lost;
    emit(std::move(event));
}

const ports::ContainerSpec* FakeEngine::spec(const std::string& container) const {
    const auto* found = const_cast<FakeEngine*>(this)->find(container);
    return found != nullptr ? &found->spec : nullptr;
}

FakeEngine::Container* FakeEngine::find(const std::string& name) {
    const auto found = std::ranges::find_if(containers_, [&name](const auto& container) {
        return container->info.name == name || container->info.id == name;
    });
    return found != containers_.end() ? found->get() : nullptr;
}

ImageInfo* FakeEngine::find_image(const std::string& name) {
    const auto found = std::ranges::find_if(images_, [&name](const ImageInfo& image) {
        return image.id == name || std::ranges::find(image.names, name) != image.names.end();
    });
    return found != images_.end() ? &*found : nullptr;
}

Error FakeEngine::unknown(const std::string& container) const {
    return Error{ErrorCode::failed, "no container with name or ID \"" + container + "\" found"};
}

void FakeEngine::end(Container& container, int exit_code) {
    container.info.state = ContainerState::exited;
    container.info.init_pid = 0;
    container.info.exit_code = exit_code;
    container.followers.clear();
    if (container.process) {
        container.process->end();
    }
    emit(container, EngineEvent::Kind::died, "died", exit_code);
    for (Done<int>& done : std::exchange(container.waiting, {})) {
        boost::asio::post(io_, [done, exit_code] { done(exit_code); });
    }
}

void FakeEngine::emit(EngineEvent event) {
    if (sink_) {
        boost::asio::post(io_, [weak = std::weak_ptr{sink_}, event = std::move(event)] {
            if (const auto sink = weak.lock()) {
                (*sink)(event);
            }
        });
    }
}

void FakeEngine::emit(const Container& container, EngineEvent::Kind kind, const std::string& action, int exit_code) {
    EngineEvent event;
    event.kind = kind;
    event.container_id = container.info.id;
    event.container_name = container.info.name;
    event.action = action;
    event.exit_code = exit_code;
    emit(std::move(event));
}

void FakeEngine::post(std::function<void()> completion) {
    boost::asio::post(io_, std::move(completion));
}

std::optional<Error> FakeEngine::enter(const std::string& operation, const std::string& name) {
    calls_.push_back(name.empty() ? operation : operation + " " + name);
    auto& failures = failures_[operation];
    if (failures.empty()) {
        return std::nullopt;
    }
    Error error = std::move(failures.front());
    failures.pop_front();
    return error;
}

void FakeEngine::probe(Done<ports::EngineFacts> done) {
    run("probe", "", std::move(done), [this]() -> Result<ports::EngineFacts> { return facts_; });
}

void FakeEngine::create(const ports::ContainerSpec& spec, Done<std::string> done) {
    run("create", spec.name, std::move(done), [&]() -> Result<std::string> {
        if (find_image(spec.image) == nullptr) {
            return Error{ErrorCode::image_not_found, "the fake engine has no image \"" + spec.image + "\""};
        }
        if (find(spec.name) != nullptr) {
            return Error{ErrorCode::failed, "the container name \"" + spec.name + "\" is already in use"};
        }
        auto container = std::make_unique<Container>();
        container->spec = spec;
        container->info = ContainerInfo{
            make_id(++numbers_used_), spec.name, spec.image, ContainerState::created, 0, 0, 0, spec.labels};
        container->paths = paths_[spec.image];
        for (const ports::VolumeMount& volume : spec.volumes) {
            volumes_.insert(volume.name);
        }
        containers_.push_back(std::move(container));
        emit(*containers_.back(), EngineEvent::Kind::other, "create");
        return containers_.back()->info.id;
    });
}

void FakeEngine::initialize(const std::string& container, Done<void> done) {
    run("initialize", container, std::move(done), [&]() -> Result<void> {
        Container* const found = find(container);
        if (found == nullptr) {
            return unknown(container);
        }
        if (initializes_ && !lives(found->info)) {
            found->info.waiting_pid = 100'000 + numbers_used_;
        }
        return {};
    });
}

void FakeEngine::start(const std::string& container, Done<void> done) {
    run("start", container, std::move(done), [&]() -> Result<void> {
        Container* found = find(container);
        if (found == nullptr) {
            return unknown(container);
        }
        if (lives(found->info)) {
            return {};
        }
        found->info.state = ContainerState::running;
        found->info.init_pid = 100'000 + numbers_used_;
        found->info.waiting_pid = 0;
        emit(*found, EngineEvent::Kind::started, "start");
        if (const auto code = start_answer_ ? start_answer_(found->spec) : std::nullopt) {
            end(*found, *code);
        } else if (found->process || command_of(found->spec.command)) {
            process_of(*found)->run();
        }
        return {};
    });
}

void FakeEngine::stop(const std::string& container, std::chrono::seconds /*grace*/, Done<void> done) {
    run("stop", container, std::move(done), [&]() -> Result<void> {
        if (Container* found = find(container); found != nullptr && lives(found->info)) {
            end(*found, obeys_stop_ ? 143 : 137);
        }
        return {};
    });
}

void FakeEngine::kill(const std::string& container, int signal, Done<void> done) {
    run("kill", container, std::move(done), [&]() -> Result<void> {
        Container* found = find(container);
        if (found == nullptr) {
            return unknown(container);
        }
        if (!lives(found->info)) {
            return Error{ErrorCode::failed, "the container \"" + container + "\" is not running"};
        }
        constexpr int sigkill = 9;
        if (signal == sigkill) {
            end(*found, 128 + sigkill);
        }
        return {};
    });
}

/// `done`, or timed_out if it is not called within `limit`.
Done<int> FakeEngine::limited(Deadline limit, Done<int> done) {
    const auto once = std::make_shared<Done<int>>(std::move(done));
    const auto timer = std::make_shared<boost::asio::steady_timer>(io_, limit);
    timer->async_wait([once, timer](const boost::system::error_code& cancelled) {
        if (!cancelled && *once) {
            std::exchange(*once, nullptr)(Error{ErrorCode::timed_out, "the container did not exit in time"});
        }
    });
    return [once, timer](Result<int> result) {
        timer->cancel();
        if (*once) {
            std::exchange(*once, nullptr)(std::move(result));
        }
    };
}

void FakeEngine::wait(const std::string& container, Deadline limit, Done<int> done) {
    if (auto error = enter("wait", container)) {
        finish<int>("wait", std::move(done), std::move(*error));
        return;
    }
    Container* found = find(container);
    if (found == nullptr) {
        finish<int>("wait", std::move(done), unknown(container));
    } else if (lives(found->info)) {
        found->waiting.push_back(limit.count() != 0 ? limited(limit, std::move(done)) : std::move(done));
    } else {
        finish<int>("wait", std::move(done), found->info.exit_code);
    }
}

void FakeEngine::inspect(const std::string& container, Done<ContainerInfo> done) {
    run("inspect", container, std::move(done), [&]() -> Result<ContainerInfo> {
        const Container* found = find(container);
        if (found == nullptr) {
            return unknown(container);
        }
        return found->info;
    });
}

void FakeEngine::list(const std::map<std::string, std::string>& labels, Done<std::vector<ContainerInfo>> done) {
    run("list", "", std::move(done), [&]() -> Result<std::vector<ContainerInfo>> {
        std::vector<ContainerInfo> infos;
        for (const auto& container : containers_) {
            const auto& mine = container->info.labels;
            if (std::ranges::all_of(labels, [&mine](const auto& label) {
                    const auto found = mine.find(label.first);
                    return found != mine.end() && found->second == label.second;
                })) {
                infos.push_back(container->info);
            }
        }
        return infos;
    });
}

void FakeEngine::freeze(const std::string& operation, const std::string& container, ContainerState from,
                        ContainerState to, Done<void> done) {
    run(operation, container, std::move(done), [&]() -> Result<void> {
        Container* found = find(container);
        if (found == nullptr) {
            return unknown(container);
        }
        if (found->info.state != from) {
            return Error{ErrorCode::failed, "cannot " + operation + " the container \"" + container + "\" now"};
        }
        found->info.state = to;
        emit(*found, EngineEvent::Kind::other, operation);
        return {};
    });
}

void FakeEngine::pause(const std::string& container, Done<void> done) {
    freeze("pause", container, ContainerState::running, ContainerState::paused, std::move(done));
}

void FakeEngine::unpause(const std::string& container, Done<void> done) {
    freeze("unpause", container, ContainerState::paused, ContainerState::running, std::move(done));
}

void FakeEngine::remove(const std::string& container, Done<void> done) {
    run("remove", container, std::move(done), [&]() -> Result<void> {
        Container* found = find(container);
        if (found == nullptr) {
            return {};
        }
        if (lives(found->info)) {
            end(*found, 137);
        }
        emit(*found, EngineEvent::Kind::removed, "remove");
        std::erase_if(containers_, [found](const auto& owned) { return owned.get() == found; });
        return {};
    });
}

void FakeEngine::commit(const std::string& container, const std::string& image, Done<std::string> done) {
    run("commit", container, std::move(done), [&]() -> Result<std::string> {
        const Container* found = find(container);
        if (found == nullptr) {
            return unknown(container);
        }
        paths_[image] = found->paths;
        ImageInfo made;
        made.id = make_id(++numbers_used_);
        made.names = {image};
        images_.push_back(std::move(made));
        return images_.back().id;
    });
}

void FakeEngine::exec(const std::string& container, const ports::ExecSpec& spec, Deadline /*limit*/,
                      Done<ports::ExecResult> done) {
    run("exec", container, std::move(done), [&]() -> Result<ports::ExecResult> {
        const Container* found = find(container);
        if (found == nullptr) {
            return unknown(container);
        }
        if (found->info.state != ContainerState::running) {
            return Error{ErrorCode::failed, "the container \"" + container + "\" is not running"};
        }
        return exec_answer_ ? exec_answer_(found->spec, spec) : ports::ExecResult{};
    });
}

void FakeEngine::path_exists(const std::string& container, const std::string& path, Done<bool> done) {
    run("path_exists", container, std::move(done), [&]() -> Result<bool> {
        const Container* found = find(container);
        if (found == nullptr) {
            return unknown(container);
        }
        return found->paths.contains(path);
    });
}

} // namespace berth::test
