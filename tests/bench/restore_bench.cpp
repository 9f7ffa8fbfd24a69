// What a restore costs above the ioctls that it cannot do without. Both halves run on the same free terminal of this
// machine, damaged the same way before each round; the ratio is the library's time over the bare ioctls'.

#include "base/unique_fd.hpp"
#include "guard/tty_restore.hpp"

#include <benchmark/benchmark.h>

#include <linux/kd.h>
#include <linux/vt.h>
#include <sys/ioctl.h>

#include <fcntl.h>
#include <string>
#include <termios.h>

namespace {

using berth::UniqueFd;

constexpr unsigned terminal = 40;

UniqueFd open_tty(unsigned number) {
    return UniqueFd{::open(("/dev/tty" + std::to_string(number)).c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)};
}

unsigned active() {
    vt_stat state{};
    const UniqueFd tty = open_tty(0);
    return tty && ::ioctl(tty.get(), VT_GETSTATE, &state) == 0 ? state.v_active : 0;
}

/// As a desktop that was killed leaves it.
void damage() {
    const UniqueFd tty = open_tty(terminal);
    vt_mode mode{};
    mode.mode = VT_PROCESS;
    ::ioctl(tty.get(), VT_SETMODE, &mode);
    ::ioctl(tty.get(), KDSKBMODE, K_OFF);
    ::ioctl(tty.get(), KDSETMODE, KD_GRAPHICS);
}

void bare_ioctls(benchmark::State& state) {
    const unsigned home = active();
    for (auto unused : state) {
        state.PauseTiming();
        damage();
        state.ResumeTiming();
        const UniqueFd tty = open_tty(terminal);
        vt_mode mode{};
        mode.mode = VT_AUTO;
        ::ioctl(tty.get(), VT_SETMODE, &mode);
        ::ioctl(tty.get(), KDSETMODE, KD_TEXT);
        ::ioctl(tty.get(), KDSKBMODE, K_UNICODE);
        termios line{};
        ::tcgetattr(tty.get(), &line);
        ::tcsetattr(tty.get(), TCSANOW, &line);
        ::ioctl(tty.get(), VT_ACTIVATE, home);
    }
}

void berth_restore(benchmark::State& state) {
    const unsigned home = active();
    for (auto unused : state) {
        state.PauseTiming();
        damage();
        state.ResumeTiming();
        const auto report = berth::guard::restore({terminal, home, K_UNICODE, false});
        if (!report.verified) {
            state.SkipWithError("not verified");
            break;
        }
    }
}

BENCHMARK(bare_ioctls)->Repetitions(5)->ReportAggregatesOnly();
BENCHMARK(berth_restore)->Repetitions(5)->ReportAggregatesOnly();

} // namespace

BENCHMARK_MAIN();
