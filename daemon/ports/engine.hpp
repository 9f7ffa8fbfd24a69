#pragma once

#include "base/done.hpp"
#include "base/unique_fd.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::ports {

/// A host path made visible in a container, as a bind mount.
struct BindMount {
    std::string source;               ///< absolute path on the host; must exist
    std::string target;               ///< absolute path in the container
    std::vector<std::string> options; ///< mount options of the engine's `-v`: "ro", "rslave", …

    bool operator==(const BindMount&) const = default;
};

/// An engine-managed volume; it is made on first use.
struct VolumeMount {
    std::string name;
    std::string target; ///< absolute path in the container

    bool operator==(const VolumeMount&) const = default;
};

/// What a container is made from. Domain terms: each implementation says it in its engine's own words.
struct ContainerSpec {
    std::string name;
    std::string image;
    std::vector<std::string> command; ///< argv; empty: the image's own
    std::map<std::string, std::string> environment;
    std::map<std::string, std::string> labels;
    std::string hostname; ///< empty: the engine's choice
    std::string user;     ///< "uid[:gid]" or name; empty: the image's own
    std::vector<BindMount> mounts;
    std::vector<VolumeMount> volumes;
    std::vector<std::string> devices;      ///< host device nodes, given at the same path
    std::vector<std::string> cdi_devices;  ///< "nvidia.com/gpu=all": of the host's CDI specs, as the engine reads them
    std::vector<std::string> capabilities; ///< all that it has, "CAP_CHOWN", …; empty: the engine's default
    std::string network{"none"};           ///< "none", "host", "bridge", or a network's name
    bool network_later{false};             ///< it starts without its network, which `join_networks` gives it
    bool shareable_ipc{false};             ///< others may join its IPC namespace
    std::string ipc_of;                    ///< a container whose IPC namespace it joins; empty: one of its own
    bool host_namespaces{false};           ///< the host's PID, IPC and UTS namespaces (a super-privileged container)
    bool terminal{false};                  ///< its command has a pseudo-terminal, and so one output stream
    bool open_stdin{false};                ///< standard input stays open for `attach`, until its first client leaves
    std::vector<std::uint32_t> groups;     ///< numbers of further groups of its user
    std::string working_directory;         ///< absolute; empty: the image's own
    std::vector<std::string> added_capabilities; ///< beyond the engine's default; not with `capabilities`
    std::vector<std::string> device_rules;       ///< "c 226:* rw" (cgroup v1 devices.allow); without a node
    std::uint64_t memory_bytes{0};               ///< 0: no limit
    std::uint32_t pids{0};                       ///< 0: the engine's default
    std::uint32_t cpu_percent{0};                ///< of one CPU; 0: no limit
    bool privileged{false};
    bool init{false};    ///< a small PID 1 of the engine's that reaps and forwards signals (podman --init)
    bool systemd{false}; ///< PID 1 is systemd: tmpfs on /run, writable own cgroup, SIGRTMIN+3 stops it

    bool operator==(const ContainerSpec&) const = default;
};

enum class ContainerState { created, running, paused, exited, unknown };

struct ContainerInfo {
    std::string id; ///< full id
    std::string name;
    std::string image;
    ContainerState state{ContainerState::unknown};
    pid_t init_pid{0}; ///< of PID 1, in the host's PID namespace; 0 when it does not run
    /// Between `initialize` and `start`, of the process that will be PID 1 and has its namespaces; else 0.
    pid_t waiting_pid{0};
    int exit_code{0}; ///< meaningful in `exited`
    std::map<std::string, std::string> labels;

    bool operator==(const ContainerInfo&) const = default;
};

struct ImageInfo {
    std::string id;
    std::vector<std::string> names;
    std::map<std::string, std::string> labels;
    std::vector<std::string> command; ///< entrypoint and command as the engine would run them
    std::string stop_signal;

    bool operator==(const ImageInfo&) const = default;
};

struct ExecSpec {
    std::vector<std::string> command;
    std::map<std::string, std::string> environment;
    std::string user; ///< "uid[:gid]" or name; empty: root

    bool operator==(const ExecSpec&) const = default;
};

/// A command with standard streams of its own in a running container.
struct StreamedExecSpec {
    ExecSpec exec;
    bool terminal{false};
    std::string working_directory; ///< absolute; empty: the container's own

    bool operator==(const StreamedExecSpec&) const = default;
};

struct ExecResult {
    int exit_code{0};
    std::string output; ///< stdout and stderr together, at most 64 KiB, the rest is dropped

    bool operator==(const ExecResult&) const = default;
};

/// The standard streams of a container or of a command in it, over one connected stream socket. What is written to it
/// is standard input; shutdown(2) of the writing half ends that. What is read are raw bytes where `framed` is false (a
/// terminal), else frames as relay/frames.hpp describes them. It ends when the command has closed its output.
struct StreamConnection {
    UniqueFd socket; ///< blocking or not: the holder sets it
    bool framed{true};
};

/// A command that was begun by `begin_exec`.
struct StreamedExec {
    std::string id; ///< the engine's, for `resize_exec` and `end_of_exec`
    StreamConnection streams;
};

/// Something happened to a container.
struct EngineEvent {
    enum class Kind {
        started,
        died, ///< `exit_code` is set
        removed,
        other, ///< `action` has the engine's word
        lost,  ///< the stream ended or the engine went away; a new stream starts by itself, so rescan
    };
    Kind kind{Kind::other};
    std::string container_id;
    std::string container_name;
    std::string action;
    int exit_code{0};

    bool operator==(const EngineEvent&) const = default;
};

/// What the host and engine can do, as detected, with what was mended and why (lines a person can read).
struct EngineFacts {
    std::string name; ///< "podman" or "docker"
    std::string version;
    std::string api;     ///< API version spoken
    std::string cgroups; ///< "v1", "hybrid" or "v2"
    std::string runtime; ///< "crun", "runc", …
    std::string network; ///< "netavark", "cni", "docker", …
    std::vector<std::string> mended;
    std::vector<std::string> problems; ///< what is bad and was not mended, with what would help

    bool operator==(const EngineFacts&) const = default;
};

/// A container engine. Every operation ends within `Deadline` (its own default where none is given), by a value or by
/// a named error: engine_unavailable (no socket, died mid-call, garbage), timed_out, image_not_found, failed with the
/// engine's own sentence. Containers are named by id or name. One thread: the io_context's.
class Engine {
  public:
    using Deadline = std::chrono::milliseconds;
    static constexpr Deadline quick{10'000};

    virtual ~Engine() = default;

    /// Connects (starting the engine's service where it is ours to start) and says what it is.
    virtual void probe(Done<EngineFacts> done) = 0;

    virtual void create(const ContainerSpec& spec, Done<std::string> done) = 0; ///< the container's full id
    /// Does all that a start needs but running its command: namespaces, mounts, network. `start` does it where nobody
    /// did. Ok, and nothing, where the engine cannot do it apart (Docker), and where it was done.
    virtual void initialize(const std::string& container, Done<void> done) = 0;
    virtual void start(const std::string& container, Done<void> done) = 0; ///< ok also when it runs already
    /// Connects a container that runs and was made with `network_later`. Ok, and nothing, for any other, and where the
    /// engine gives networks at the start only (Docker). Its interfaces come in the container while it runs.
    virtual void join_networks(const std::string& container, Done<void> done) = 0;
    /// Sends the container's stop signal, and SIGKILL after `grace`; ok also when it does not run or is not there.
    virtual void stop(const std::string& container, std::chrono::seconds grace, Done<void> done) = 0;
    virtual void kill(const std::string& container, int signal, Done<void> done) = 0;
    /// Ends when the container has exited, with its exit code. `limit` 0: no time limit.
    virtual void wait(const std::string& container, Deadline limit, Done<int> done) = 0;
    virtual void inspect(const std::string& container, Done<ContainerInfo> done) = 0;
    /// Those that have all of these labels, each as `inspect` has it; one that goes meanwhile is left out.
    virtual void list(const std::map<std::string, std::string>& labels, Done<std::vector<ContainerInfo>> done) = 0;
    virtual void pause(const std::string& container, Done<void> done) = 0;
    virtual void unpause(const std::string& container, Done<void> done) = 0;
    /// Removes it, killing it first when it runs; ok when it is not there.
    virtual void remove(const std::string& container, Done<void> done) = 0;
    virtual void commit(const std::string& container, const std::string& image,
                        Done<std::string> done) = 0; ///< image id
    /// Runs a command in a running container and ends with its exit code and output.
    virtual void exec(const std::string& container, const ExecSpec& spec, Deadline limit, Done<ExecResult> done) = 0;
    /// True when `path` (absolute; links lead where the container would find them) exists in the container's file
    /// system; the container need not run.
    virtual void path_exists(const std::string& container, const std::string& path, Done<bool> done) = 0;

    /// Makes symbolic links (path → target) in the file system of a container that does not run; what is there by a
    /// link's name, and is no folder, is replaced. A path is absolute, or begins with "~/": the home folder of the
    /// container's user, by its own /etc/passwd (/root for root where that does not say). Folders on the way that are
    /// missing are made, below the home as that user's. invalid_argument: a path that climbs, or no path or target.
    /// failed: it is not said where the user is at home, or the engine refused.
    virtual void put_links(const std::string& container, const std::map<std::string, std::string>& links,
                           Done<void> done) = 0;

    virtual void image(const std::string& name, Done<ImageInfo> done) = 0; ///< image_not_found
    virtual void tag_image(const std::string& name, const std::string& new_name, Done<void> done) = 0;
    virtual void remove_image(const std::string& name, Done<void> done) = 0;  ///< ok when it is not there
    virtual void create_volume(const std::string& name, Done<void> done) = 0; ///< ok when it is there
    virtual void volume(const std::string& name, Done<std::string> done) = 0; ///< where on the host it lies
    virtual void remove_volume(const std::string& name, Done<void> done) = 0; ///< ok when it is not there

    /// Calls `sink` for each event from now on, until `stop_events`. Reconnects by itself, with `lost` in between.
    virtual void watch_events(std::function<void(EngineEvent)> sink) = 0;
    virtual void stop_events() = 0;
};

/// The standard streams of containers and of commands in them. Ends, deadlines and errors are as Engine's. One thread:
/// the io_context's.
class ContainerStreams {
  public:
    virtual ~ContainerStreams() = default;

    /// Connects to the standard streams of a container that was made with `open_stdin`; best before `start`, so that
    /// nothing of its output is missed.
    virtual void attach(const std::string& container, Done<StreamConnection> done) = 0;
    /// Sets the size of a container's terminal; failed where it has none.
    virtual void resize(const std::string& container, std::uint32_t rows, std::uint32_t columns, Done<void> done) = 0;
    /// Starts a command with streams of its own; done when it runs.
    virtual void begin_exec(const std::string& container, const StreamedExecSpec& spec, Done<StreamedExec> done) = 0;
    virtual void resize_exec(const std::string& exec, std::uint32_t rows, std::uint32_t columns, Done<void> done) = 0;
    /// The exit code of a command whose streams have ended. timed_out where it still runs after `limit`.
    virtual void end_of_exec(const std::string& exec, std::chrono::milliseconds limit, Done<int> done) = 0;
    /// What the container has written so far to its outputs (the last `tail` lines; 0: all), and with `follow` what it
    /// writes until it ends; it is then done when there is something to read, or the container has ended (podman
    /// answers no earlier), without a time limit. The socket is only read from; to shut its writing half down may end
    /// it.
    virtual void logs(const std::string& container, bool follow, std::uint32_t tail, Done<StreamConnection> done) = 0;
};

} // namespace berth::ports
