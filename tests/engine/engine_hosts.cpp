#include "engine/engine_hosts.hpp"

#include "engine/await.hpp"
#include "engine/child_process.hpp"
#include "engine/docker_engine.hpp"
#include "engine/factory.hpp"
#include "engine/fake_engine.hpp"
#include "engine/http_client.hpp"
#include "engine/podman_service.hpp"
#include "engine/tiny_image.hpp"
#include "support/scratch_folder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/mount.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <unistd.h>
#include <vector>

namespace berth::test {
namespace {

using engine::EngineOptions;

constexpr const char* image_name = "localhost/berth-tiny:latest";

class FakeHost final : public EngineHost {
  public:
    FakeHost() {
        ports::ImageInfo image;
        image.id = "f00d";
        image.names = {image_name};
        engine_.add_image(std::move(image));
        engine_.add_path(image_name, "/bin/sh");
        engine_.on_start([](const ports::ContainerSpec& spec) -> std::optional<int> {
            return spec.command.back() == "exit 7" ? std::optional{7} : std::nullopt;
        });
        engine_.on_command([](const std::vector<std::string>& argv) { return what_sh_does(argv); });
        engine_.on_exec([](const ports::ContainerSpec& spec, const ports::ExecSpec& exec) { return say(spec, exec); });
    }

    [[nodiscard]] std::string missing() const override { return ""; }

    boost::asio::io_context& io() override { return io_; }

    ports::Engine& engine() override { return engine_; }

    ports::ContainerStreams& streams() override { return engine_; }

    [[nodiscard]] std::string image() const override { return image_name; }

  private:
    /// The scripts of the contract that the fake runs too.
    static std::optional<FakeCommand> what_sh_does(const std::vector<std::string>& argv) {
        const std::string script = argv.empty() ? "" : argv.back();
        if (script == "echo out; echo err >&2; exit 3") {
            return FakeCommand{"out\n", "err\n", false, false, false, 3};
        }
        if (script == "cat; exit 5") {
            return FakeCommand{"", "", true, false, false, 5};
        }
        if (script.starts_with("read line; ") && script.ends_with("stty size")) {
            return FakeCommand{"", "", false, true, false, 0};
        }
        if (script == "echo one; echo two; echo three; cat") {
            return FakeCommand{"one\ntwo\nthree\n", "", true, false, false, 0};
        }
        return std::nullopt;
    }

    /// What busybox would say to the commands of the contract that the fake runs too.
    static Result<ports::ExecResult> say(const ports::ContainerSpec& spec, const ports::ExecSpec& exec) {
        if (exec.command.back() == "echo out; echo err >&2; exit 3") {
            return ports::ExecResult{3, "out\nerr\n"};
        }
        const auto inside = spec.environment.find("INSIDE");
        const auto given = exec.environment.find("GIVEN");
        return ports::ExecResult{0, (inside != spec.environment.end() ? inside->second : "") + "-" +
                                        (given != exec.environment.end() ? given->second : "") + "\n"};
    }

    boost::asio::io_context io_;
    FakeEngine engine_{io_};
};

/// Engines leave mounts below their storage; they would keep the folder from being removed.
void unmount_all_below(const std::string& folder) {
    std::ifstream mounts{"/proc/self/mountinfo"};
    std::vector<std::string> targets;
    for (std::string line; std::getline(mounts, line);) {
        std::istringstream words{line};
        std::string word;
        for (int field = 0; field < 5; ++field) {
            words >> word;
        }
        if (word.starts_with(folder + "/")) {
            targets.push_back(word);
        }
    }
    for (const std::string& target : targets) {
        ::umount2(target.c_str(), MNT_DETACH);
    }
}

class RealHost : public EngineHost {
  public:
    RealHost() = default;
    RealHost(const RealHost&) = delete;
    RealHost& operator=(const RealHost&) = delete;

    ~RealHost() override { unmount_all_below(folder_.path()); }

    [[nodiscard]] std::string missing() const override { return missing_; }

    boost::asio::io_context& io() override { return io_; }

    [[nodiscard]] std::string image() const override { return image_name; }

  protected:
    /// Gives the engine at `socket` the tiny image by Docker's POST /images/create, which podman has too.
    void import_image(const std::string& socket) {
        auto archive = tiny_image(folder_.path());
        if (!archive) {
            missing_ = archive.error().message;
            return;
        }
        engine::HttpRequest request;
        request.method = "POST";
        request.target = "/v1.41/images/create?fromSrc=-&repo=localhost/berth-tiny&tag=latest";
        request.body = std::move(*archive);
        request.deadline = std::chrono::seconds{60};
        engine::HttpClient client{io_};
        bool connected = false;
        const auto answer = await<engine::HttpAnswer>(io_, [&](Done<engine::HttpAnswer> done) {
            boost::asio::co_spawn(io_, client.request(socket, std::move(request), &connected),
                                  [done](std::exception_ptr, Result<engine::HttpAnswer> result) { done(result); });
        });
        if (!answer || answer->status != 200) {
            missing_ = "the image could not be imported: " + (answer ? answer->body : answer.error().message);
        }
    }

    ScratchFolder folder_;
    boost::asio::io_context io_;
    std::string missing_;
};

/// podman, whose service berth's own code starts and ends.
class PodmanHost final : public RealHost {
  public:
    explicit PodmanHost(bool compatible) {
        if (::geteuid() != 0) {
            missing_ = "podman's containers need root here";
            return;
        }
        if (engine::find_program("podman", engine::program_path()).empty()) {
            missing_ = "podman is not installed";
            return;
        }
        EngineOptions options;
        options.kind = EngineOptions::Kind::podman;
        options.socket = folder_.path() + "/nobody.sock";
        options.runtime_dir = folder_.path() + "/run";
        options.podman_arguments = {"--root", folder_.path() + "/storage", "--runroot", folder_.path() + "/runroot"};
        podman_ = engine::make_engine(io_, options);
        const auto facts =
            await<ports::EngineFacts>(io_, [this](Done<ports::EngineFacts> done) { podman_->probe(std::move(done)); });
        if (!facts) {
            missing_ = "podman's service does not start: " + facts.error().message;
            return;
        }
        const std::string socket = engine::podman_socket(options.runtime_dir);
        import_image(socket);
        if (compatible) {
            docker_ = std::make_unique<engine::DockerEngine>(io_, socket);
        }
    }

    ports::Engine& engine() override { return docker_ ? *docker_ : *podman_; }

    ports::ContainerStreams& streams() override { return docker_ ? *docker_ : *podman_; }

  private:
    std::unique_ptr<engine::ContainerEngine> podman_;
    std::unique_ptr<engine::ContainerEngine> docker_;
};

/// A dockerd of its own, without a bridge and without touching the host's packet filter.
class DockerHost final : public RealHost {
  public:
    DockerHost() {
        if (::geteuid() != 0) {
            missing_ = "dockerd needs root";
            return;
        }
        if (engine::find_program("dockerd", engine::program_path()).empty()) {
            missing_ = "dockerd is not installed";
            return;
        }
        const std::string& home = folder_.path();
        const std::string socket = home + "/docker.sock";
        engine::ChildCommand command;
        command.arguments = {"dockerd",          "--bridge=none", "--iptables=false",  "--host",
                             "unix://" + socket, "--data-root",   home + "/data",      "--exec-root",
                             home + "/exec",     "--pidfile",     home + "/docker.pid"};
        command.log = home + "/docker.log";
        auto started = engine::ChildProcess::start(command);
        if (!started) {
            missing_ = started.error().message;
            return;
        }
        daemon_ = std::move(*started);
        docker_ = std::make_unique<engine::DockerEngine>(io_, socket);
        if (!answers()) {
            missing_ = "dockerd does not start here: " + last_line(command.log);
            return;
        }
        import_image(socket);
    }

    ~DockerHost() override {
        docker_.reset();
        daemon_.end(std::chrono::seconds{10});
    }

    DockerHost(const DockerHost&) = delete;
    DockerHost& operator=(const DockerHost&) = delete;

    ports::Engine& engine() override { return *docker_; }

    ports::ContainerStreams& streams() override { return *docker_; }

  private:
    /// dockerd says by nothing but its answers that it is ready.
    bool answers() {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (std::chrono::steady_clock::now() < end && !daemon_.reap()) {
            if (await<ports::EngineFacts>(io_, [this](Done<ports::EngineFacts> done) { docker_->probe(done); })) {
                return true;
            }
            boost::asio::steady_timer pause{io_, std::chrono::milliseconds{50}};
            io_.restart();
            pause.async_wait([](boost::system::error_code) {});
            io_.run_one();
        }
        return false;
    }

    static std::string last_line(const std::string& path) {
        std::ifstream file{path};
        std::string last;
        for (std::string line; std::getline(file, line);) {
            last = line;
        }
        return last;
    }

    engine::ChildProcess daemon_;
    std::unique_ptr<engine::ContainerEngine> docker_;
};

} // namespace

std::unique_ptr<EngineHost> make_engine_host(const std::string& name) {
    if (name == "podman" || name == "podman_compat") {
        return std::make_unique<PodmanHost>(name == "podman_compat");
    }
    if (name == "docker") {
        return std::make_unique<DockerHost>();
    }
    return std::make_unique<FakeHost>();
}

} // namespace berth::test
