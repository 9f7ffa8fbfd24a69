#pragma once

#include "base/done.hpp"
#include "model/effect.hpp"
#include "model/facts.hpp"
#include "model/ids.hpp"
#include "model/seat.hpp"

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>

namespace berth::ports {

/// A seat's virtual terminals. The implementation keeps no tty descriptor open between calls: each is opened fresh.
class VirtualTerminals {
  public:
    virtual ~VirtualTerminals() = default;

    /// Finds a VT that nobody has open and no getty is configured for, and notes what must come back.
    /// Changes nothing that a restore does not undo. vt_unavailable when there is none.
    virtual void claim(const model::SeatName& seat, Done<model::VtClaim> done) = 0;

    /// Restores text mode on the claimed VT and on the home VT, switches to the home VT, and verifies it against the
    /// kernel. Idempotent, bounded (at most 4 s), never blocks the loop. A report with `verified` false is not an
    /// Error. What is left of the seat's container loses screen and keyboard. `claim`: the seat's own, or a guess.
    virtual void restore(const model::Seat& seat, const model::VtClaim& claim, Done<model::RestoreReport> done) = 0;

    /// Takes over a claim of an earlier berthd: it is the seat's from now on, as if `claim` had given it.
    virtual void adopt(const model::SeatName& seat, const model::VtClaim& claim) = 0;

    /// The claim a restore can use when nothing was recorded: the active VT, or VT 1 when that one is in graphics.
    virtual Result<model::VtClaim> guess() = 0;

    /// Switches to the VT `to` where `from` is the visible one; ok as well where it is not. Does not wait for the
    /// switch.
    virtual Result<void> switch_from(std::uint32_t from, std::uint32_t to) = 0;

    /// Writes a line on a text VT (0: the active one), without blocking; what cannot be written is dropped.
    virtual void print(std::uint32_t vt, const std::string& text) = 0;
};

/// The guard of a seat's text terminal: a program of its own, which gives the terminal back when the desktop dies,
/// whether berthd is there or not. It is told of a terminal before that is handed over.
class SeatGuards {
  public:
    virtual ~SeatGuards() = default;

    /// Lends the seat's terminal (`seat.vt`) to a desktop, or takes over such a loan: starts the guard where there is
    /// none, and is done when it has the loan in hand. A guard that ends after that is started again, and told again.
    /// failed: it cannot be started, or does not answer; then nothing is lent.
    virtual void arm(const model::Seat& seat, Done<void> done) = 0;

    /// Tells of the desktop's init and its session, which are known now. Where nothing is lent (headless, a seat
    /// without terminals) nothing happens; a guard that is just not there is told when it is.
    virtual void tell(const model::Seat& seat) = 0;

    /// From now on the terminal is given back: should berthd go meanwhile, the guard does it.
    virtual void give_back(const model::SeatName& seat) = 0;

    /// The terminal is back. Ok where nothing is lent.
    virtual void disarm(const model::SeatName& seat) = 0;
};

/// The host side of a seat: its directories, the shared mount of the door, machine-id and desktop.env.
class SeatDirectories {
  public:
    virtual ~SeatDirectories() = default;

    /// Makes RUNTIME/seats/SEAT/{door,runtime} and STATE/seats/SEAT/machine-id, and writes desktop.env from the plan.
    /// The door is a mount point of its own with shared propagation (mount_namespaces(7)). Idempotent.
    virtual Result<model::DoorPaths> open(const model::Seat& seat, const model::HostFacts& host) = 0;

    /// Writes the files (name → content) into share/applications of the open door, where the desktop looks for what its
    /// menu shows. invalid_argument: a name is no file's.
    virtual Result<void> put_menu(const model::SeatName& seat, const std::map<std::string, std::string>& files) = 0;

    /// For mode `logind`: makes RUNTIME/seats/SEAT/system-bus, the host side of the desktop's /run/dbus, and
    /// login/ (of its /run/systemd), and writes seat.env, by which berth-seat@SEAT.service knows whose session to open
    /// where. The session is that of the host's user who has the profile's uid; failed when there is none. After
    /// `open`, before SeatSessions::ask.
    virtual Result<void> prepare_session(const model::Seat& seat) = 0;

    /// Reads what berth-seat wrote of the open session, and tells the desktop by session.env in its door.
    virtual Result<model::SeatLease> note_session(const model::SeatName& seat) = 0;

    /// For mode `logind`: makes the nodes in RUNTIME/seats/SEAT/snd, which is the desktop's /dev/snd, those of these
    /// host nodes; it sees them at once. The others there are removed. After `open` or `adopt`.
    virtual Result<void> put_nodes(const model::SeatName& seat, const std::vector<std::string>& nodes) = 0;

    /// The host's paths of the nodes that are there.
    virtual std::vector<std::string> nodes(const model::SeatName& seat) = 0;

    /// Takes over the directories of a desktop that still runs: nothing is changed, and the next `open` keeps them.
    /// Fails when they are not there.
    virtual Result<model::DoorPaths> adopt(const model::SeatName& seat) = 0;

    /// Unmounts the door and removes the run-time directories; machine-id stays. Ok when nothing is there.
    virtual Result<void> close(const model::SeatName& seat) = 0;
};

/// Processes named by pidfd (pidfd_open(2)), one a seat or client.
class Processes {
  public:
    virtual ~Processes() = default;

    /// Calls `exited` once when `pid` is gone; replaces the subject's earlier watch. When there is no such process now,
    /// `exited` is called soon.
    virtual void watch(const model::Subject& subject, pid_t pid, std::function<void()> exited) = 0;

    /// Sends a signal through the watched pidfd; ok when the process is gone.
    virtual Result<void> signal(const model::Subject& subject, int signal) = 0;

    virtual void forget(const model::Subject& subject) = 0;

    /// Whether `pid` is alive in a control group that the engine named after the container (cgroups(7)). False as well
    /// where that cannot be told.
    virtual bool belongs_to(pid_t pid, const std::string& container) = 0;

    /// Kills what an engine has left running beside a container that is removed. podman's conmon waits five minutes
    /// after each command that was run in the container over the API, and holds up the host's shutdown by 90 s
    /// meanwhile.
    virtual void end_helpers(const std::string& container) = 0;
};

/// Whether the processes of a seat's or client's container are paused, as the kernel says, whoever paused them.
class FreezeWatch {
  public:
    virtual ~FreezeWatch() = default;

    /// Calls `told` at each change from now on, and soon if they are paused already; replaces the subject's earlier
    /// watch. Where the kernel does not tell (no control group v2), nothing is told. `pid`: the container's init.
    virtual void watch(const model::Subject& subject, pid_t pid, std::function<void(bool paused)> told) = 0;

    virtual void forget(const model::Subject& subject) = 0;
};

/// The one socket in a seat's door, where org.berth.Berth1.Self is served to that seat's container alone.
class SelfSockets {
  public:
    virtual ~SelfSockets() = default;

    /// Listens on PATH (DoorPaths::door + "/bus"), replacing a leftover socket. `describe` answers Describe().
    virtual Result<void> listen(const model::SeatName& seat, const std::string& path,
                                std::map<std::string, std::string> describe) = 0;

    virtual void close(const model::SeatName& seat) = 0;

    /// What is known of the seat now: who in there may ask for something is one of its container's processes. Ok where
    /// nothing listens for it.
    virtual void update(const model::Seat& seat) = 0;

    /// Answers a call that came in by one of these sockets; false: it did not.
    virtual bool reply(const model::Reply& reply) = 0;
};

/// Sessions of the host's logind, one a seat, each held open by the unit berth-seat@SEAT.service.
class SeatSessions {
  public:
    virtual ~SeatSessions() = default;

    /// Asks for a session; one that an earlier berthd left is closed first. Done when the service manager has begun
    /// with it. failed: what that said.
    virtual void ask(const model::SeatName& seat, Done<void> done) = 0;

    /// Done when the session that was asked for is open and active, once. failed: what PAM, logind or the service
    /// manager said, or that nobody asked for one.
    virtual void await(const model::SeatName& seat, Done<void> done) = 0;

    /// Takes over a session that an earlier berthd opened, as if it had been awaited. One that has ended since is told
    /// as lost soon. failed: the service manager cannot say.
    virtual void adopt(const model::SeatName& seat, Done<void> done) = 0;

    /// Closes it. Ok when there is none.
    virtual void release(const model::SeatName& seat, Done<void> done) = 0;
};

/// One-shot timers, one a seat or client (CLOCK_MONOTONIC).
class Timers {
  public:
    virtual ~Timers() = default;

    virtual void arm(const model::Subject& subject, std::chrono::milliseconds after, std::function<void()> fired) = 0;
    virtual void clear(const model::Subject& subject) = 0;
};

} // namespace berth::ports
