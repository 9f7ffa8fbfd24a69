#pragma once

#include "guard/lease.hpp"
#include "guard/standby.hpp"
#include "guard/switching.hpp"
#include "guard/tty_restore.hpp"

/// What a guard has in hand of a lent terminal: descriptors of processes and a control group, and nothing of a terminal
/// or a card. No allocation after prepare(). One thread.
namespace berth::guard {

/// Opens what the lease names. Kept from one load to the next.
class Loan {
  public:
    Loan() = default;
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;

    ~Loan() { close(); }

    /// Reads the lease file anew. False with a sentence when it is torn: what was loaded before stays in force then,
    /// since a desktop that runs is still guarded. A file that is not there is an idle lease.
    /// Where the desktop's init is alive a child stands by from then on.
    bool load(const char* path, const char*& error);

    [[nodiscard]] const Lease& lease() const { return lease_; }

    /// Readable when the desktop's init has ended (pidfd_open(2)); -1 without one.
    [[nodiscard]] int init() const { return init_; }

    [[nodiscard]] bool desktop_alive() const;

    /// Readable when the session's leader has ended; -1 without one, or where it had ended before.
    [[nodiscard]] int leader() const { return leader_; }

    /// The lease names a leader, and it has ended.
    [[nodiscard]] bool leader_lost() const;

    /// Ends the desktop's init and its session's leader, and waits at most `limit_ms` for both.
    void end_desktop(int limit_ms) const;

    /// Kills what is left in the group and, without waiting for that, restores the terminals. Should the group not be
    /// empty `limit_ms` later, what is left loses its screen and keyboard, and the terminals are restored once more.
    /// Each time by a child that has `restore_limit_ms`; one that is late is tried again without the hangup. `told`
    /// gets each report; its `verified` is false when no child was in time. `note` is printed on the home terminal
    /// where all is well; "" for nothing. Returns whether the last report was verified.
    bool restore(int limit_ms, const char* note, void (*told)(const Report&));

    static constexpr int restore_limit_ms = 4'500;

    /// guard/switching.hpp on the lent terminal, each in a child with a time limit: one that is late saw and did
    /// nothing.
    [[nodiscard]] Look look_at_owner() const;
    [[nodiscard]] Departure complete_switch() const;
    [[nodiscard]] Departure switch_home() const;
    [[nodiscard]] Departure show_desktop() const;

  private:
    [[nodiscard]] bool run_leaving(bool (*work)(void*)) const;
    void close();
    [[nodiscard]] bool restore_once(int cgroup, void (*told)(const Report&)) const;
    [[nodiscard]] bool finish_standby(Report& report);

    Lease lease_;
    int init_{-1};
    int leader_{-1};
    int cgroup_{-1};
    Standby standby_;
};

/// Takes beforehand the memory that the restoring children report in. False when there is none.
bool prepare();

} // namespace berth::guard
