#pragma once

#include "lib/call_failed.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace berth::client {

/// An object's properties by their bus names.
using Properties = std::map<std::string, nlohmann::json>;

/// One of Manager.Devices.
struct HostDevice {
    std::string kind;
    std::string seat;
    std::string node; ///< empty: it has none
    std::string dock; ///< the identity of the dock that it is behind, or empty
    std::string name;
};

/// One of Manager.KnownDocks.
struct KnownDock {
    std::string id;
    std::string name;
    std::string seat; ///< where it was plugged in last
    std::vector<std::string> has;
    std::uint64_t seen; ///< when it last came or went: CLOCK_REALTIME, in microseconds
};

/// One of Manager.EndedJobs.
struct EndedJob {
    std::string path;
    std::string kind;
    std::string seat;   ///< the object
    std::string client; ///< the object, or "/"
    std::string result;
    std::string error;
    std::int32_t exit_code;
    std::uint64_t ended; ///< CLOCK_REALTIME, in microseconds
};

/// Everything that berthd shows, by object path.
struct Overview {
    std::string version;
    std::string engine;
    std::map<std::string, Properties> seats;
    std::map<std::string, Properties> jobs;
    std::map<std::string, Properties> clients;
};

/// Something that berthd said.
struct Signal {
    std::string path;
    std::string member; ///< StateChanged, DockChanged, JobRemoved, Finished, PropertiesChanged, InterfacesAdded,
                        ///< InterfacesRemoved; "Left" and "Came": berthd itself on the bus
    std::vector<std::string> arguments; ///< of StateChanged, DockChanged, JobRemoved and Finished
    Properties changed;                 ///< of PropertiesChanged and InterfacesAdded
};

/// How a call was answered: `error`, or `job` where the call starts one, or `result` where it says something.
struct Answer {
    std::optional<CallFailed> error;
    std::string job;
    Properties result{};
};

struct AttachOptions {
    std::vector<std::string> grants;
    std::optional<std::string> name;
    std::optional<std::string> seat;
};

struct UpOptions {
    std::optional<std::string> mode;
    std::optional<std::string> image;
};

using Environment = std::map<std::string, std::string>;

/// What a command in a client has beside its words; what is not set is the profile's or the image's.
struct CommandOptions {
    std::vector<int> stdio; ///< standard input, output and error: copied into the call, not closed; empty: detached
    bool terminal{false};   ///< it has a pseudo-terminal
    Environment environment;
    std::optional<std::string> user;
    std::optional<std::string> workdir;
};

/// The options of Manager.Run.
/// When grants end by themselves.
struct GrantEnd {
    std::optional<unsigned> time_limit_s; ///< so many seconds from now
    bool with_connection{false};          ///< with this process's connection to the bus
};

struct RunOptions {
    bool image{false};  ///< the app's name is an image's
    bool labels{false}; ///< what the image's labels ask for is given
    CommandOptions command;
    std::optional<std::string> name;
    bool keep{false};
    std::optional<std::string> seat;
    std::vector<std::string> grants;
    std::optional<std::string> network;
    std::vector<std::string> volumes; ///< "SOURCE:TARGET[:ro]"
};

/// berthd as its clients see it: typed calls on the generated proxies, signals, and a small poll(2) loop. One thread.
class BerthClient {
  public:
    using Answered = std::function<void(const Answer&)>;

    /// Connects to the bus at `address`, or to the system bus when it is empty. Throws CallFailed ("NoBus").
    explicit BerthClient(const std::string& address);
    ~BerthClient();
    BerthClient(const BerthClient&) = delete;
    BerthClient& operator=(const BerthClient&) = delete;

    /// The process that has berthd's name on the bus; nothing when none has. Starts none, as every other call would.
    /// Throws CallFailed.
    std::optional<unsigned> process();

    /// Reads all objects. Throws CallFailed; "NoBerthd" when berthd is not there and cannot be started.
    Overview overview();

    /// The host's devices. Throws as overview() does.
    std::vector<HostDevice> devices();

    /// Reads Manager.KnownDocks: the one that was seen last first. Throws CallFailed.
    std::vector<KnownDock> known_docks();

    /// Reads Manager.EndedJobs: the one that ended last first. Throws CallFailed.
    std::vector<EndedJob> ended_jobs();

    /// From now on every signal goes to `heard`, from inside run(). To be called before a call whose job is waited for.
    void listen(std::function<void(const Signal&)> heard);

    /// The object of a seat. Throws CallFailed (NoSuchSeat, NoBerthd).
    std::string seat(const std::string& name);

    // Calls that may wait for polkit: `answered` is called from inside run().
    void up(const std::string& seat_path, const std::string& desktop, const UpOptions& options, Answered answered);
    void down(const std::string& seat_path, bool now, Answered answered);
    void reseat(const std::string& seat_path, const std::string& reason, Answered answered);
    void freeze(const std::string& seat_path, Answered answered);
    void thaw(const std::string& seat_path, Answered answered);
    void restore_tty(const std::string& seat_path, Answered answered);
    void restore_all(Answered answered);
    void cancel(const std::string& job_path, Answered answered);

    /// The object of a client container. Throws CallFailed (NoSuchClient, NoBerthd).
    std::string client(const std::string& name);

    // The same for client containers (client_calls.cpp); what each does and refuses:
    // org.berth.Berth1.{Manager,Client}.xml.
    void run_app(const std::string& app, const std::vector<std::string>& argv, const RunOptions& options,
                 Answered answered);
    void exec(const std::string& client_path, const std::vector<std::string>& argv, const CommandOptions& options,
              Answered answered);
    /// The answer's `result` has "client", the object's path.
    void attach(const std::string& container, const AttachOptions& options, Answered answered);
    void stop(const std::string& client_path, unsigned timeout_ms, Answered answered);
    void signal(const std::string& client_path, int number, Answered answered);
    void freeze_client(const std::string& client_path, Answered answered);
    void thaw_client(const std::string& client_path, Answered answered);
    void snapshot_client(const std::string& client_path, const std::string& tag, Answered answered);
    /// The answer's `result` has "environment".
    void grant(const std::string& client_path, const std::vector<std::string>& grants, const GrantEnd& end,
               Answered answered);
    void revoke(const std::string& client_path, const std::vector<std::string>& grants, Answered answered);
    /// `out`, `err`: copied into the call, not closed. `tail`: the last lines alone.
    void logs(const std::string& client_path, bool follow, std::optional<unsigned> tail, int out, int err,
              Answered answered);
    /// The size of the terminal of a job's command, in characters.
    void resize(const std::string& job_path, unsigned rows, unsigned columns, Answered answered);

    /// Serves the bus until `done()`; `readable` is called when `fd` (-1: none) is. Throws CallFailed when the bus
    /// goes.
    void run(const std::function<bool()>& done, int fd = -1, const std::function<void()>& readable = nullptr);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace berth::client
