#pragma once

#include "engine/container_engine.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>

namespace berth::engine {

class Dialect;
class EventStream;
class SocketSource;
struct Session;

/// Both of an engine's ports over a REST API on a Unix socket: what podman and Docker share. When the engine is
/// destroyed, each operation under way still ends, with `cancelled`, in a later turn of the io_context; the event sink
/// is not called any more.
class RestEngine : public ContainerEngine {
  public:
    RestEngine(const RestEngine&) = delete;
    RestEngine(RestEngine&&) = delete;
    RestEngine& operator=(const RestEngine&) = delete;
    RestEngine& operator=(RestEngine&&) = delete;
    ~RestEngine() override;

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

  protected:
    RestEngine(boost::asio::io_context& io, std::unique_ptr<const Dialect> dialect,
               std::unique_ptr<SocketSource> sockets);

  private:
    std::shared_ptr<Session> session_;
    std::unique_ptr<EventStream> events_;
};

} // namespace berth::engine
