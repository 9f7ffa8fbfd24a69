#pragma once

#include "engine/fake_process.hpp"
#include "ports/engine.hpp"

#include <boost/asio/io_context.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace berth::test {

/// A container engine in memory that keeps the contracts of ports::Engine and ports::ContainerStreams (the contract
/// tests check it beside the real ones). Every completion is posted to the io_context. Tests script what goes wrong and
/// what happens outside.
class FakeEngine final : public ports::Engine, public ports::ContainerStreams {
  public:
    /// The names that `fail_next`, `hold_next` and `calls` use are those of the methods: "create", "tag_image", ….
    explicit FakeEngine(boost::asio::io_context& io);
    FakeEngine(const FakeEngine&) = delete;
    FakeEngine(FakeEngine&&) = delete;
    FakeEngine& operator=(const FakeEngine&) = delete;
    FakeEngine& operator=(FakeEngine&&) = delete;
    /// Operations that still wait, or are held, end with `cancelled` in a later turn.
    ~FakeEngine() override;

    // What the test says beforehand.
    void add_image(ports::ImageInfo image);
    /// `path` exists in every container made from `image`.
    void add_path(const std::string& image, const std::string& path);
    /// The next call of `operation` ends with `error`, and does nothing.
    void fail_next(const std::string& operation, Error error);
    /// The next call of `operation` does what it does, and its completion waits for `release`.
    void hold_next(const std::string& operation);
    void release(const std::string& operation);
    /// What a command in a container answers; default: exit code 0 and no output.
    void on_exec(std::function<Result<ports::ExecResult>(const ports::ContainerSpec&, const ports::ExecSpec&)> answer);
    /// The exit code of a container that ends as soon as it is started; default: it runs on.
    void on_start(std::function<std::optional<int>(const ports::ContainerSpec&)> answer);

    /// What a command with streams does, in a container or as one; nothing: as a builtin, or it stays until it is
    /// killed.
    void on_command(std::function<std::optional<FakeCommand>(const std::vector<std::string>& argv)> answer) {
        command_answer_ = std::move(answer);
    }

    /// Is shown each command that `begin_exec` is asked to run.
    void on_begin_exec(std::function<void(const ports::StreamedExecSpec&)> seen) { begin_exec_seen_ = std::move(seen); }

    /// True (the default): `stop` ends a container at once with exit code 143. False: with 137, as after the grace.
    void obeys_stop(bool obeys) { obeys_stop_ = obeys; }

    /// True (the default), as podman: `initialize` makes the container's first process. False, as Docker: it does
    /// nothing.
    void initializes(bool does) { initializes_ = does; }

    void facts(ports::EngineFacts facts) { facts_ = std::move(facts); }

    // What happens outside.
    /// The container's init ends by itself.
    void die(const std::string& container, int exit_code);
    /// The stream of events breaks; it goes on afterwards.
    void lose_events();

    // What the test looks at.
    /// Each call as "operation" or "operation NAME", in order.
    [[nodiscard]] const std::vector<std::string>& calls() const { return calls_; }

    /// What a container was made from, or null.
    [[nodiscard]] const ports::ContainerSpec* spec(const std::string& container) const;

    /// The links that were put into a container, "~" replaced: /root, or /people/USER.
    [[nodiscard]] std::map<std::string, std::string> links(const std::string& container) const;

    [[nodiscard]] bool has_volume(const std::string& name) const { return volumes_.contains(name); }

    void probe(Done<ports::EngineFacts> done) override;
    void create(const ports::ContainerSpec& spec, Done<std::string> done) override;
    void initialize(const std::string& container, Done<void> done) override;
    void start(const std::string& container, Done<void> done) override;
    void join_networks(const std::string& container, Done<void> done) override;
    void stop(const std::string& container, std::chrono::seconds grace, Done<void> done) override;
    void kill(const std::string& container, int signal, Done<void> done) override;
    void wait(const std::string& container, Deadline limit, Done<int> done) override;
    void inspect(const std::string& container, Done<ports::ContainerInfo> done) override;
    void list(const std::map<std::string, std::string>& labels, Done<std::vector<ports::ContainerInfo>> done) override;
    void pause(const std::string& container, Done<void> done) override;
    void unpause(const std::string& container, Done<void> done) override;
    void remove(const std::string& container, Done<void> done) override;
    void commit(const std::string& container, const std::string& image, Done<std::string> done) override;
    void exec(const std::string& container, const ports::ExecSpec& spec, Deadline limit,
              Done<ports::ExecResult> done) override;
    void path_exists(const std::string& container, const std::string& path, Done<bool> done) override;
    void put_links(const std::string& container, const std::map<std::string, std::string>& links,
                   Done<void> done) override;
    void image(const std::string& name, Done<ports::ImageInfo> done) override;
    void tag_image(const std::string& name, const std::string& new_name, Done<void> done) override;
    void remove_image(const std::string& name, Done<void> done) override;
    void create_volume(const std::string& name, Done<void> done) override;
    void volume(const std::string& name, Done<std::string> done) override;
    void remove_volume(const std::string& name, Done<void> done) override;
    void watch_events(std::function<void(ports::EngineEvent)> sink) override;
    void stop_events() override;
    void attach(const std::string& container, Done<ports::StreamConnection> done) override;
    void resize(const std::string& container, std::uint32_t rows, std::uint32_t columns, Done<void> done) override;
    void begin_exec(const std::string& container, const ports::StreamedExecSpec& spec,
                    Done<ports::StreamedExec> done) override;
    void resize_exec(const std::string& exec, std::uint32_t rows, std::uint32_t columns, Done<void> done) override;
    void end_of_exec(const std::string& exec, std::chrono::milliseconds limit, Done<int> done) override;
    void logs(const std::string& container, bool follow, std::uint32_t tail,
              Done<ports::StreamConnection> done) override;

  private:
    struct Container {
        ports::ContainerSpec spec;
        ports::ContainerInfo info;
        std::vector<Done<int>> waiting;
        std::set<std::string> paths;
        std::map<std::string, std::string> links;
        std::shared_ptr<FakeProcess> process; ///< from the first `attach` or a `start` that runs something
        std::string log;
        std::vector<UniqueFd> followers;
    };

    struct Exec {
        std::shared_ptr<FakeProcess> process;
        std::optional<int> exit_code;
        std::vector<Done<int>> waiting;
    };

    [[nodiscard]] std::optional<FakeCommand> command_of(const std::vector<std::string>& argv) const;
    std::shared_ptr<FakeProcess> process_of(Container& container);
    void keep(Container& container, unsigned char stream, std::string_view bytes);
    void end(Exec& exec, int code);

    Container* find(const std::string& name);
    ports::ImageInfo* find_image(const std::string& name);
    Error unknown(const std::string& container) const;
    Done<int> limited(Deadline limit, Done<int> done);
    void end(Container& container, int exit_code);
    void emit(ports::EngineEvent event);
    void emit(const Container& container, ports::EngineEvent::Kind kind, const std::string& action, int exit_code = 0);
    void post(std::function<void()> completion);
    /// Books the call; the error that the test wants of it, if any.
    std::optional<Error> enter(const std::string& operation, const std::string& name);
    template <class T>
    void finish(const std::string& operation, Done<T> done, Result<T> result);
    /// Enters, runs `body`, finishes.
    template <class T, class Body>
    void run(const std::string& operation, const std::string& name, Done<T> done, Body body);
    void freeze(const std::string& operation, const std::string& container, ports::ContainerState from,
                ports::ContainerState to, Done<void> done);

    boost::asio::io_context& io_;
    ports::EngineFacts facts_;
    std::vector<ports::ImageInfo> images_;
    std::map<std::string, std::set<std::string>> paths_;
    std::vector<std::unique_ptr<Container>> containers_;
    std::set<std::string> volumes_;
    std::map<std::string, std::deque<Error>> failures_;
    std::multiset<std::string> to_hold_;
    std::multimap<std::string, std::function<void()>> held_;
    std::function<Result<ports::ExecResult>(const ports::ContainerSpec&, const ports::ExecSpec&)> exec_answer_;
    std::function<std::optional<int>(const ports::ContainerSpec&)> start_answer_;
    std::function<std::optional<FakeCommand>(const std::vector<std::string>&)> command_answer_;
    std::function<void(const ports::StreamedExecSpec&)> begin_exec_seen_;
    std::map<std::string, Exec> execs_;
    std::shared_ptr<std::function<void(ports::EngineEvent)>> sink_;
    std::vector<std::string> calls_;
    bool obeys_stop_{true};
    bool initializes_{true};
    int numbers_used_{0};
};

template <class T>
void FakeEngine::finish(const std::string& operation, Done<T> done, Result<T> result) {
    // Shared, since a completion is copied and a result with a descriptor cannot be.
    const auto kept = std::make_shared<Result<T>>(std::move(result));
    auto completion = [done = std::move(done), kept] { done(std::move(*kept)); };
    if (const auto held = to_hold_.find(operation); held != to_hold_.end()) {
        to_hold_.erase(held);
        held_.emplace(operation, std::move(completion));
    } else {
        post(std::move(completion));
    }
}

template <class T, class Body>
void FakeEngine::run(const std::string& operation, const std::string& name, Done<T> done, Body body) {
    if (auto error = enter(operation, name)) {
        finish<T>(operation, std::move(done), std::move(*error));
    } else {
        finish<T>(operation, std::move(done), body());
    }
}

} // namespace berth::test
