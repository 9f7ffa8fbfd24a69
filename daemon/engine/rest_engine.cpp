#include "engine/rest_engine.hpp"

#include "base/log.hpp"
#include "engine/events.hpp"
#include "engine/links.hpp"
#include "engine/networks.hpp"
#include "engine/operations.hpp"
#include "engine/stream_operations.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>

namespace berth::engine {
namespace {

namespace asio = boost::asio;

/// An exception in an operation is a bug; its caller is still answered, once.
Error bug(const std::exception_ptr& thrown) {
    std::string what = "unknown exception";
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
        what = error.what();
    } catch (...) { // NOLINT(bugprone-empty-catch): `what` says it
    }
    log::error("an operation on the container engine threw: " + what);
    return Error{ErrorCode::failed, "internal error: " + what};
}

/// The completion is posted: the operation may have ended before the call that started it returned.
template <class T>
void run(const SharedSession& session, Task<T> task, Done<T> done) {
    asio::io_context& io = session->io;
    asio::co_spawn(io, std::move(task), [&io, done = std::move(done)](std::exception_ptr thrown, Result<T> result) {
        asio::post(io, [done, thrown, result = std::move(result)]() mutable {
            done(thrown ? Result<T>{bug(thrown)} : std::move(result));
        });
    });
}

} // namespace

void FixedSocket::complete(ports::EngineFacts& /*facts*/) const {}

RestEngine::RestEngine(asio::io_context& io, std::unique_ptr<const Dialect> dialect,
                       std::unique_ptr<SocketSource> sockets)
    : session_{std::make_shared<Session>(io, std::move(dialect), std::move(sockets))} {}

RestEngine::~RestEngine() {
    events_.reset();
    session_->http.close();
    session_->streams.close();
    session_->sockets->close();
}

void RestEngine::probe(Done<ports::EngineFacts> done) {
    run(session_, engine::probe(session_), std::move(done));
}

void RestEngine::create(const ports::ContainerSpec& spec, Done<std::string> done) {
    run(session_, create_container(session_, spec), std::move(done));
}

void RestEngine::initialize(const std::string& container, Done<void> done) {
    run(session_, initialize_container(session_, container), std::move(done));
}

void RestEngine::join_networks(const std::string& container, Done<void> done) {
    run(session_, engine::join_networks(session_, container), std::move(done));
}

void RestEngine::start(const std::string& container, Done<void> done) {
    run(session_, start_container(session_, container), std::move(done));
}

void RestEngine::stop(const std::string& container, std::chrono::seconds grace, Done<void> done) {
    run(session_, stop_container(session_, container, grace), std::move(done));
}

void RestEngine::kill(const std::string& container, int signal, Done<void> done) {
    run(session_, kill_container(session_, container, signal), std::move(done));
}

void RestEngine::wait(const std::string& container, Deadline limit, Done<int> done) {
    run(session_, wait_container(session_, container, limit), std::move(done));
}

void RestEngine::inspect(const std::string& container, Done<ports::ContainerInfo> done) {
    run(session_, inspect_container(session_, container), std::move(done));
}

void RestEngine::list(const std::map<std::string, std::string>& labels, Done<std::vector<ports::ContainerInfo>> done) {
    run(session_, list_containers(session_, labels), std::move(done));
}

void RestEngine::pause(const std::string& container, Done<void> done) {
    run(session_, freeze_container(session_, container, "pause"), std::move(done));
}

void RestEngine::unpause(const std::string& container, Done<void> done) {
    run(session_, freeze_container(session_, container, "unpause"), std::move(done));
}

void RestEngine::remove(const std::string& container, Done<void> done) {
    run(session_, remove_container(session_, container), std::move(done));
}

void RestEngine::commit(const std::string& container, const std::string& image, Done<std::string> done) {
    run(session_, commit_container(session_, container, image), std::move(done));
}

void RestEngine::exec(const std::string& container, const ports::ExecSpec& spec, Deadline limit,
                      Done<ports::ExecResult> done) {
    run(session_, exec_in_container(session_, container, spec, limit), std::move(done));
}

void RestEngine::path_exists(const std::string& container, const std::string& path, Done<bool> done) {
    run(session_, engine::path_exists(session_, container, path), std::move(done));
}

void RestEngine::put_links(const std::string& container, const std::map<std::string, std::string>& links,
                           Done<void> done) {
    run(session_, engine::put_links(session_, container, links), std::move(done));
}

void RestEngine::image(const std::string& name, Done<ports::ImageInfo> done) {
    run(session_, inspect_image(session_, name), std::move(done));
}

void RestEngine::tag_image(const std::string& name, const std::string& new_name, Done<void> done) {
    run(session_, engine::tag_image(session_, name, new_name), std::move(done));
}

void RestEngine::remove_image(const std::string& name, Done<void> done) {
    run(session_, engine::remove_image(session_, name), std::move(done));
}

void RestEngine::create_volume(const std::string& name, Done<void> done) {
    run(session_, engine::create_volume(session_, name), std::move(done));
}

void RestEngine::volume(const std::string& name, Done<std::string> done) {
    run(session_, volume_path(session_, name), std::move(done));
}

void RestEngine::remove_volume(const std::string& name, Done<void> done) {
    run(session_, engine::remove_volume(session_, name), std::move(done));
}

void RestEngine::attach(const std::string& container, Done<ports::StreamConnection> done) {
    run(session_, attach_to_container(session_, container), std::move(done));
}

void RestEngine::resize(const std::string& container, std::uint32_t rows, std::uint32_t columns, Done<void> done) {
    run(session_, resize_container(session_, container, rows, columns), std::move(done));
}

void RestEngine::begin_exec(const std::string& container, const ports::StreamedExecSpec& spec,
                            Done<ports::StreamedExec> done) {
    run(session_, engine::begin_exec(session_, container, spec), std::move(done));
}

void RestEngine::resize_exec(const std::string& exec, std::uint32_t rows, std::uint32_t columns, Done<void> done) {
    run(session_, engine::resize_exec(session_, exec, rows, columns), std::move(done));
}

void RestEngine::end_of_exec(const std::string& exec, std::chrono::milliseconds limit, Done<int> done) {
    run(session_, engine::end_of_exec(session_, exec, limit), std::move(done));
}

void RestEngine::logs(const std::string& container, bool follow, std::uint32_t tail,
                      Done<ports::StreamConnection> done) {
    run(session_, container_logs(session_, container, follow, tail), std::move(done));
}

void RestEngine::watch_events(std::function<void(ports::EngineEvent)> sink) {
    events_ = std::make_unique<EventStream>(session_, std::move(sink));
}

void RestEngine::stop_events() {
    events_.reset();
}

} // namespace berth::engine
