#include "guard/tty_restore.hpp"

#include "guard/console.hpp"
#include "guard/survivors.hpp"
#include "guard/tty.hpp"

#include <linux/kd.h>
#include <linux/vt.h>
#include <sys/ioctl.h>

#include <unistd.h>

namespace berth::guard {
namespace {

constexpr unsigned most_rounds = 5;
constexpr int first_pause_ms = 50; ///< doubled after each round
constexpr int switch_tries = 3;
constexpr int switch_limit_ms = 200;
constexpr std::int64_t limit_us = 2'000'000; ///< after which no further round begins; one takes 0.9 s at most

/// An open terminal; closed at the end of its scope.
class Tty {
  public:
    explicit Tty(unsigned vt) : fd_{open_tty(vt)} {}

    Tty(const Tty&) = delete;
    Tty& operator=(const Tty&) = delete;

    ~Tty() { close(); }

    [[nodiscard]] int fd() const { return fd_; }

  private:
    void close() {
        if (fd_ >= 0) {
            ::close(fd_);
            fd_ = -1;
        }
    }

    int fd_;
};

/// The work of one restore() call.
class Restoration {
  public:
    Restoration(const Request& request, Report& report) : request_{request}, report_{report} {
        entry(request.vt);
        entry(request.home);
    }

    /// Steps 2 to 6 of the algorithm (daemon/README.md, "Restoring the TTY"). The desktop's terminal first, since a
    /// visible VT in KD_GRAPHICS ignores every switch. What the first round meets is what was found.
    void round() {
        const bool first = report_.rounds++ == 0;
        mend_terminal(request_.vt, first, first);
        {
            const Tty home{request_.home};
            if (request_.home != request_.vt) {
                mend_terminal(home.fd(), request_.home, first, false);
            }
            go_home(home.fd(), first);
        }
        if (first && request_.hangup && request_.vt != request_.home) {
            hang_up();
        }
        take_from_survivors();
        if (const Tty home{request_.home}; (first || is_dark()) && home.fd() >= 0) {
            kick(home.fd()); // whoever drew on the card last: the console draws now
            entry(request_.home).done |= did_kick;
        }
    }

    /// Step 7: asks the kernel again, by fresh descriptors.
    bool verify() {
        bool good = true;
        for (std::size_t i = 0; i < report_.count; ++i) {
            report_.ttys[i].remaining = look(report_.ttys[i].vt);
        }
        const Tty home{request_.home};
        if (home.fd() < 0 || active_vt(home.fd()) != request_.home) {
            entry(request_.home).remaining |= wrong_active;
        }
        entry(request_.home).remaining |= inspect_console();
        for (std::size_t i = 0; i < report_.count; ++i) {
            good = good && report_.ttys[i].remaining == 0;
        }
        return good;
    }

    /// Step 8: what is stronger, and would disturb others where it is not needed.
    void rescue() {
        TtyReport& told = entry(request_.home);
        told.done |= mend_console();
        if ((told.remaining & wrong_keyboard) != 0) {
            told.done |= take_keyboard_by_sysrq();
        }
    }

  private:
    [[nodiscard]] bool is_dark() const {
        for (std::size_t i = 0; i < report_.count; ++i) {
            if ((report_.ttys[i].remaining & (wrong_screen | wrong_console)) != 0) {
                return true;
            }
        }
        return false;
    }

    /// Step 6. Who thaws, or wakes, after this draws on nothing and hears no key.
    void take_from_survivors() {
        if (request_.cgroup < 0 || !is_populated(request_.cgroup)) {
            return;
        }
        const Taken taken = take_devices(request_.cgroup);
        entry(request_.vt).done |= (taken.masters != 0 ? did_masters : 0U) | (taken.inputs != 0 ? did_revoke : 0U);
    }

    /// The line discipline is only ours to judge on the desktop's own terminal: somebody may edit a file on another.
    [[nodiscard]] bool line_is_ours(unsigned vt) const { return vt == request_.vt; }

    [[nodiscard]] std::uint32_t look(unsigned vt) const {
        const Tty tty{vt};
        return tty.fd() < 0 ? wrong_node : inspect(tty.fd(), line_is_ours(vt));
    }

    TtyReport& entry(unsigned vt) {
        for (std::size_t i = 0; i < report_.count; ++i) {
            if (report_.ttys[i].vt == vt) {
                return report_.ttys[i];
            }
        }
        if (report_.count == Report::most_ttys) {
            report_.count = Report::most_ttys - 1; // the visible VT changed meanwhile: the newest one is told
        }
        TtyReport& fresh = report_.ttys[report_.count++];
        fresh = TtyReport{vt, 0, 0, 0};
        return fresh;
    }

    void mend_terminal(unsigned vt, bool first, bool with_kick) {
        const Tty tty{vt};
        mend_terminal(tty.fd(), vt, first, with_kick);
    }

    /// `fd`: the open terminal `vt`, or negative.
    void mend_terminal(int fd, unsigned vt, bool first, bool with_kick) {
        TtyReport& told = entry(vt);
        const std::uint32_t wrong = fd < 0 ? wrong_node : inspect(fd, line_is_ours(vt));
        told.found |= first ? wrong : 0U;
        if (fd < 0) {
            return;
        }
        told.done |= mend(fd, wrong, request_.keyboard, line_is_ours(vt));
        if (with_kick && (wrong & wrong_graphics) == 0) {
            kick(fd); // KD_TEXT on a VT in KD_TEXT draws nothing (vt_kdsetmode returns early)
            told.done |= did_kick;
        }
    }

    /// The one step that is known to hang. By now the person has a terminal; who waits for the rest has a time limit.
    void hang_up() {
        const Tty tty{request_.vt};
        if (tty.fd() >= 0 && ::ioctl(tty.fd(), TIOCVHANGUP, 0) == 0) {
            entry(request_.vt).done |= did_hangup;
            mend_terminal(request_.vt, false, false); // a line discipline of its own begins
        }
    }

    /// A switch that the kernel was asked for and has not made yet, which can be seen nowhere, would come after the
    /// restore: its worker makes the one that was asked for last (drivers/tty/vt/vt.c, set_console).
    [[nodiscard]] bool stays_home(int fd) const {
        if (active_vt(fd) != request_.home) {
            return false;
        }
        ::ioctl(fd, VT_ACTIVATE, request_.home);
        return active_vt(fd) == request_.home;
    }

    /// `opened`: the home terminal. Somebody may hang it up meanwhile, as getty does that starts on it: opened afresh
    /// for each try after the first.
    void go_home(int opened, bool first) {
        if (opened >= 0 && went_home(opened, first)) {
            return;
        }
        for (int left = switch_tries - 1; left > 0; --left) {
            const Tty home{request_.home};
            if (home.fd() < 0 || went_home(home.fd(), first)) {
                return;
            }
        }
    }

    /// One try, by the open terminal `fd`.
    bool went_home(int fd, bool first) {
        if (stays_home(fd)) {
            return true;
        }
        entry(request_.home).found |= first ? wrong_active : 0U;
        entry(request_.home).done |= did_activate;
        if (activate(fd, request_.home, switch_limit_ms)) {
            return true;
        }
        // A living session on a third VT gives the screen up when it is asked. This one did not.
        const unsigned visible = active_vt(fd);
        if (visible != 0 && visible != request_.vt && visible != request_.home) {
            const std::uint32_t found = look(visible);
            entry(visible).found |= found;
        }
        mend_terminal(visible != 0 ? visible : request_.vt, false, false);
        return false;
    }

    const Request& request_;
    Report& report_;
};

} // namespace

Report restore(const Request& request) {
    Report report;
    const std::int64_t start = now_us();
    Restoration restoration{request, report};
    int wait_ms = first_pause_ms;
    for (;;) {
        restoration.round();
        report.mended_at_us = now_us();
        report.verified = restoration.verify();
        const bool time_left = now_us() - start + std::int64_t{wait_ms} * 1'000 < limit_us;
        if (report.verified || report.rounds >= most_rounds || !time_left) {
            break;
        }
        pause_ms(wait_ms);
        wait_ms *= 2;
    }
    if (!report.verified) {
        restoration.rescue();
        restoration.round();
        report.mended_at_us = now_us();
        report.verified = restoration.verify();
    }
    report.took_us = now_us() - start;
    return report;
}

bool guess(Request& request) {
    const Tty console{0};
    const unsigned visible = console.fd() >= 0 ? active_vt(console.fd()) : 0;
    if (visible == 0) {
        return false;
    }
    int mode = KD_TEXT;
    const bool graphics = ::ioctl(console.fd(), KDGETMODE, &mode) == 0 && mode != KD_TEXT;
    request.vt = visible;
    request.home = !graphics ? visible : visible != 1 ? 1 : 2;
    return true;
}

} // namespace berth::guard
