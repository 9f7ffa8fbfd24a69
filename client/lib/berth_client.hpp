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

/// Everything that berthd shows, by object path.
struct Overview {
    std::string version;
    std::string engine;
    std::map<std::string, Properties> seats;
    std::map<std::string, Properties> jobs;
};

/// Something that berthd said.
struct Signal {
    std::string path;
    std::string member;                 ///< StateChanged, JobRemoved, Finished, PropertiesChanged, InterfacesAdded,
                                        ///< InterfacesRemoved; "Left" and "Came": berthd itself on the bus
    std::vector<std::string> arguments; ///< of StateChanged, JobRemoved and Finished
    Properties changed;                 ///< of PropertiesChanged and InterfacesAdded
};

/// How a call was answered: `error`, or `job` where the call starts one.
struct Answer {
    std::optional<CallFailed> error;
    std::string job;
};

struct UpOptions {
    std::optional<std::string> mode;
    std::optional<std::string> image;
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

    /// Serves the bus until `done()`; `readable` is called when `fd` (-1: none) is. Throws CallFailed when the bus
    /// goes.
    void run(const std::function<bool()>& done, int fd = -1, const std::function<void()>& readable = nullptr);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace berth::client
