#pragma once

#include "guard/loan.hpp"
#include "guard/rules.hpp"

namespace berth::guard {

/// Where a guard's files lie.
struct Places {
    char lease[256];  ///< RUNTIME/guard/SEAT.lease, written by berthd
    char socket[108]; ///< RUNTIME/guard/SEAT.sock, sockaddr_un's size
    char seat[64];    ///< for sentences
};

/// Fills `places`; false when a name is too long for a socket's address.
bool find_places(const char* runtime, const char* seat, Places& places);

/// berth-guard's loop on one seat: waits for berthd's words, for the desktop's death and for nothing else.
///
/// What berthd says, one line each, and the answer, one line of JSON:
///   load     read the lease file anew (it was written before)      {"word":"armed","desktop":"alive",…}, or
///   {"error":"…"} status   nothing changes                                       the same
///   switch   shows the home terminal; the desktop, which may hang, goes on        {"switched":true,…}, or
///   {"error":"…"}
/// berthd is "here" while a connection that said "load" is open; one that only asks for the status is somebody who
/// looks.
class GuardProgram {
  public:
    explicit GuardProgram(const Places& places);
    GuardProgram(const GuardProgram&) = delete;
    GuardProgram& operator=(const GuardProgram&) = delete;
    ~GuardProgram();

    /// Listens and reads the lease. False with errno when the socket cannot be made.
    bool open();

    /// Until nothing is lent and berthd has been away for long. The process's exit code.
    int run();

  private:
    /// One who is connected. A slot without a descriptor is free.
    struct Caller {
        int fd{-1};
        bool is_daemon{false};
    };

    static constexpr unsigned most_callers = 4;
    static constexpr std::int64_t shortage_pause_us = 1'000'000;
    static constexpr int no_wait_pause_ms = 50; ///< where poll(2) fails

    void wait(Act act);
    void accept();
    void hear(Caller& caller);
    void answer(Caller& caller, const char* command);
    int answer_to_switch(char* line, std::size_t size);
    void load();
    void hear_signs();
    void look_at_owner();
    void switch_away();
    void show_desktop();
    void lose(Caller& caller);
    [[nodiscard]] bool daemon_is_here() const;
    void restore(bool end_first);
    [[nodiscard]] Facts facts() const;

    const Places& places_;
    Loan loan_;
    SwitchSigns signs_;
    int listener_{-1};
    Caller callers_[most_callers];
    std::int64_t no_callers_until_us_{0}; ///< after a shortage of descriptors
    bool daemon_was_here_{false};
    std::int64_t daemon_gone_at_us_{0};
    bool restored_{false};
    const char* trouble_{""}; ///< why the last load failed
    Switch wish_{Switch::none};
    std::int64_t wish_us_{0};
    std::int64_t newest_wish_us_{0};
    std::int64_t looked_us_{0};
};

/// For whoever comes after a guard: restores what a lease says is lent to a desktop that is dead, or that berthd was
/// just giving back. True unless it could not be restored.
bool restore_if_left(const Places& places);

/// A line to standard error, with the priority that journald reads (sd-daemon(3)).
void say(int priority, const char* seat, const char* text);

} // namespace berth::guard
