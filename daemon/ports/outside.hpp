#pragma once

#include "base/done.hpp"
#include "model/app_profile.hpp"
#include "model/hardware.hpp"
#include "model/world.hpp"

#include <optional>
#include <string>
#include <vector>

namespace berth::ports {

/// Where profiles come from: desktops/NAME.json and apps/NAME.json in the configuration folders, the last folder wins.
class Profiles {
  public:
    virtual ~Profiles() = default;

    /// Reads and validates one profile, fresh. bad_profile: "FILE:LINE: key: what was expected", or the names there
    /// are.
    virtual Result<model::DesktopProfile> read(const std::string& name) = 0;

    /// What `profile` names and this host lacks in `mode`, as a bad_profile error.
    virtual Result<void> check_host(const model::DesktopProfile& profile, model::SeatMode mode) = 0;

    /// The desktop profiles' names, sorted.
    virtual std::vector<std::string> names() = 0;

    /// An app's profile, as `read` does for a desktop's. A name that is not among `app_names` may be an image's.
    virtual Result<model::AppProfile> read_app(const std::string& name) = 0;

    /// What an app's profile names and this host lacks (the sources of its volumes), as a bad_profile error. Grants are
    /// not looked at: what there is of a seat to be granted changes while the app runs.
    virtual Result<void> check_app_host(const model::AppProfile& profile) = 0;

    /// The app profiles' names, sorted.
    virtual std::vector<std::string> app_names() = 0;

    /// Every profile of docks, sorted by name; one that is not in order is its bad_profile error.
    virtual std::vector<Result<model::DockProfile>> read_docks() = 0;
};

/// Decides whether a caller may do an action.
class Authority {
  public:
    virtual ~Authority() = default;

    struct Verdict {
        bool allowed{false};
        std::string reason; ///< why not

        bool operator==(const Verdict&) const = default;
    };

    /// polkit's CheckAuthorization for the caller's bus name; without polkit, uid 0 alone is allowed.
    virtual void check(const model::Caller& caller, const std::string& action, Done<Verdict> done) = 0;
};

/// Tells the world outside what the World inside is.
class Publisher {
  public:
    virtual ~Publisher() = default;

    virtual void seat_added(const model::Seat& seat) = 0;
    virtual void seat_changed(const model::Seat& seat) = 0;
    virtual void seat_removed(const model::SeatName& seat) = 0;
    virtual void state_changed(const model::SeatName& seat, model::SeatState old_state, model::SeatState new_state,
                               const std::string& reason) = 0;
    /// New, changed or ended, by job.state; an ended job's object goes.
    virtual void job_changed(const model::Job& job) = 0;
    /// The jobs that ended last, the last one first.
    virtual void jobs_ended(const std::vector<model::EndedJob>& jobs) = 0;
    /// New, or its properties changed.
    virtual void client_changed(const model::Client& client) = 0;
    virtual void client_removed(const model::ClientId& client) = 0;
    /// The host's devices, or the docks that they are behind.
    virtual void hardware_changed(const model::World& world) = 0;
    virtual void dock_changed(const model::SeatName& seat, bool docked, const model::Dock& dock) = 0;
    /// Those that were ever plugged in, the one that was seen last first.
    virtual void docks_known(const std::vector<model::KnownDock>& docks) = 0;
    virtual void reply(const model::Reply& reply) = 0;
};

/// Which docks were ever plugged in: it outlasts the boot. Short calls on a local file system.
class DockMemory {
  public:
    virtual ~DockMemory() = default;

    /// The dock came to the seat, or went, just now. What cannot be written is logged once, and lost when berthd ends.
    virtual void remember(const model::SeatName& seat, const model::Dock& dock) = 0;

    /// The one that was seen last first; at most model::most_known_docks.
    [[nodiscard]] virtual const std::vector<model::KnownDock>& known() const = 0;
};

/// What is under way and how the last jobs ended: whoever asked for one is to hear of its end though berthd is another
/// by then. It outlasts a berthd, and not the boot. Short calls on a local file system.
class JobMemory {
  public:
    virtual ~JobMemory() = default;

    /// New, changed or ended, by job.state. What cannot be written is logged once, and lost when berthd ends.
    virtual void remember(const model::Job& job) = 0;

    /// The one that ended last first; at most model::most_ended_jobs.
    [[nodiscard]] virtual const std::vector<model::EndedJob>& ended() const = 0;
};

/// What outlives a berthd of each seat and client: files of this boot, for the next berthd.
class SeatStates {
  public:
    virtual ~SeatStates() = default;

    /// Replaces what was kept of the seat. What cannot be written is logged once, and lost for the next berthd.
    virtual void keep(const model::Seat& seat) = 0;
    virtual void forget(const model::SeatName& seat) = 0;

    /// What an earlier berthd of this boot kept, by name of the seat. A file that is torn, or of a newer version, is
    /// logged with its path and left out.
    virtual std::vector<model::Seat> kept() = 0;

    /// The same of clients.
    virtual void keep(const model::Client& client) = 0;
    virtual void forget(const model::ClientId& client) = 0;
    virtual std::vector<model::Client> kept_clients() = 0;
};

/// The flight recorder.
class Recorder {
  public:
    virtual ~Recorder() = default;

    /// `world` is the one after the decision, for the snapshot that starts a new file.
    virtual void record(const model::Event& event, const std::vector<model::Effect>& effects,
                        const model::World& world) = 0;
};

/// CLOCK_MONOTONIC.
class Clock {
  public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual model::Microseconds now() const = 0;
};

} // namespace berth::ports
