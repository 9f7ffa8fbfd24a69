#include "guard/switching.hpp"

#include "guard/folder.hpp"
#include "guard/survivors.hpp"
#include "guard/tty.hpp"
#include "guard/tty_restore.hpp"

#include <linux/kd.h>
#include <linux/vt.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <initializer_list>
#include <unistd.h>

namespace berth::guard {
namespace {

/// What the search through the desktop's processes carries.
struct Search {
    int signal{0};
    bool found{false};
};

/// Whether a signal waits in one of the two sets of /proc/PID/status, 16 hexadecimal digits, bit 0 for signal 1.
bool waits_in(const char* status, const char* set, int signal) {
    const char* const line = std::strstr(status, set);
    return line != nullptr && ((std::strtoull(line + std::strlen(set), nullptr, 16) >> (signal - 1)) & 1U) != 0;
}

void see_signal(void* context, pid_t pid) {
    Search& search = *static_cast<Search*>(context);
    char path[40];
    char status[4096];
    std::snprintf(path, sizeof path, "/proc/%d/status", pid);
    if (!search.found && read_file(AT_FDCWD, path, status, sizeof status)) {
        search.found = waits_in(status, "\nShdPnd:\t", search.signal) || waits_in(status, "\nSigPnd:\t", search.signal);
    }
}

/// Takes the screen from a desktop that was switched away from and may wake: it would draw over what is seen now.
void take_screen(const Desktop& desktop, Departure& told) {
    told.masters = desktop.cgroup < 0 ? 0 : take_masters(desktop.cgroup);
    const int visible = told.masters == 0 ? -1 : open_tty(told.visible);
    int mode = KD_GRAPHICS;
    if (visible >= 0 && ::ioctl(visible, KDGETMODE, &mode) == 0 && mode == KD_TEXT) {
        kick(visible);
    }
    if (visible >= 0) {
        ::close(visible);
    }
}

/// What one call works on; closes the terminal, and says how long it took.
class Leaving {
  public:
    explicit Leaving(const Desktop& desktop) : desktop_{desktop}, fd_{open_tty(desktop.vt)}, began_us_{now_us()} {}

    Leaving(const Leaving&) = delete;
    Leaving& operator=(const Leaving&) = delete;

    ~Leaving() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }

    [[nodiscard]] int fd() const { return fd_; }

    [[nodiscard]] bool has_screen() const { return active_vt(fd_) == desktop_.vt; }

    /// As a released owner would: EINVAL where no switch waits.
    void complete() {
        if (::ioctl(fd_, VT_RELDISP, 1) == 0) {
            told_.asked = told_.in_stead = true;
        }
    }

    void ask(int limit_ms) {
        told_.asked = true;
        activate(fd_, desktop_.home, limit_ms);
    }

    void force() {
        constexpr int limit_ms = 100;
        told_.forced = told_.in_stead = true;
        mend(fd_, wrong_process | wrong_graphics | wrong_keyboard, K_UNICODE, false);
        activate(fd_, desktop_.home, limit_ms);
    }

    Departure end() {
        told_.visible = active_vt(fd_);
        told_.left = told_.visible != 0 && told_.visible != desktop_.vt;
        if (told_.left && told_.in_stead) {
            take_screen(desktop_, told_);
        }
        told_.took_us = now_us() - began_us_;
        return told_;
    }

  private:
    const Desktop& desktop_;
    int fd_;
    std::int64_t began_us_;
    Departure told_;
};

} // namespace

void SwitchSigns::open() {
    fd_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    // The desktop's own terminal is not among them: that is the one that is opened in here.
    for (const char* console : {"/dev/tty0", "/dev/console"}) {
        ::inotify_add_watch(fd_, console, IN_OPEN); // one that is not there gives no sign
    }
}

SwitchSigns::~SwitchSigns() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

bool SwitchSigns::take() const {
    alignas(inotify_event) char events[1024];
    bool any = false;
    while (fd_ >= 0 && ::read(fd_, events, sizeof events) > 0) {
        any = true;
    }
    return any;
}

Look look_at_owner(const Desktop& desktop) {
    const Leaving at{desktop};
    vt_mode mode{};
    Look look;
    look.process = at.fd() >= 0 && ::ioctl(at.fd(), VT_GETMODE, &mode) == 0 && mode.mode == VT_PROCESS;
    look.has_screen = at.has_screen();
    Search search{mode.relsig, false};
    if (look.process && search.signal > 0) {
        if (desktop.init > 0) {
            see_signal(&search, desktop.init);
        }
        if (desktop.cgroup >= 0) {
            each_process(desktop.cgroup, see_signal, &search);
        }
    }
    look.unread = search.found;
    return look;
}

Departure complete_switch(const Desktop& desktop) {
    Leaving way_out{desktop};
    if (way_out.has_screen()) {
        way_out.complete();
    }
    return way_out.end();
}

Departure switch_home(const Desktop& desktop, int limit_ms) {
    Leaving way_out{desktop};
    if (way_out.has_screen()) {
        way_out.ask(limit_ms);
    }
    if (way_out.has_screen()) {
        way_out.complete();
    }
    if (way_out.has_screen()) {
        way_out.force();
    }
    return way_out.end();
}

Departure show_desktop(const Desktop& desktop) {
    Leaving arriving{desktop};
    const int visible = arriving.has_screen() ? -1 : open_tty(active_vt(arriving.fd()));
    int mode = KD_GRAPHICS;
    if (visible >= 0 && ::ioctl(visible, KDGETMODE, &mode) == 0 && mode == KD_TEXT) {
        constexpr int limit_ms = 200;
        activate(arriving.fd(), desktop.vt, limit_ms);
    }
    if (visible >= 0) {
        ::close(visible);
    }
    return arriving.end();
}

std::size_t print_departure(const Departure& departure, char* buffer, std::size_t size) {
    const auto word = [](bool truth) { return truth ? "true" : "false"; };
    const int length = std::snprintf(
        buffer, size, R"({"switched":%s,"visible":%u,"in_stead":%s,"forced":%s,"masters":%u,"took_us":%lld})",
        word(departure.left), departure.visible, word(departure.in_stead), word(departure.forced), departure.masters,
        static_cast<long long>(departure.took_us));
    return length > 0 && static_cast<std::size_t>(length) < size ? static_cast<std::size_t>(length) : 0;
}

} // namespace berth::guard
