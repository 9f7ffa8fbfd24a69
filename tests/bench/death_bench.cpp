// From the death of a desktop to the last ioctl that gives its terminal back: the guard's way (a process of its own
// that is woken by a pidfd, kills, forks, restores, and only then verifies) against the bare ioctls in a process that
// waits for the same death, both in this run. `death_bench [ROUNDS] [card]`, 1000 by default; as root, on free
// terminals 20 and 21. With "card" the desktop draws on the first graphics card, and the screen is the console's again
// at the end: the bare ioctls then cost one modeset, and little else (tests/bench/prompt runs that in a virtual PC).

#include "bench/times.hpp"
#include "guard/card_client.hpp"
#include "guard/guard_process.hpp"
#include "guard/tty.hpp"

#include <gtest/gtest.h>

#include <sys/syscall.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <vector>

namespace {

using namespace berth;
using bench::Times;

constexpr unsigned desktop = 20;
constexpr unsigned home = 21;

/// What is going to die: who has a terminal, and may draw on the card.
class Desktop {
  public:
    explicit Desktop(bool draws) {
        if (draws) {
            compositor_.emplace(desktop, true);
        } else {
            owner_.emplace([] { return test::take_as_a_desktop(desktop); });
        }
    }

    [[nodiscard]] pid_t pid() const { return compositor_ ? compositor_->process().pid() : owner_->pid(); }

  private:
    std::optional<test::Owner> owner_;
    std::optional<test::Compositor> compositor_;
};

/// Looks at what is on the screen. A dead desktop's picture is gone with it: what is there is the console's.
class Screen {
  public:
    explicit Screen(bool draws) {
        if (draws) {
            card_.emplace();
            card_->drop_master();
            output_ = card_->there() ? card_->output() : std::nullopt;
        }
    }

    /// There is none, where none is asked for.
    [[nodiscard]] bool works() const { return !card_ || output_; }

    [[nodiscard]] bool shows_something() const { return !card_ || card_->shown(*output_) != 0; }

  private:
    std::optional<test::Card> card_;
    std::optional<test::CardOutput> output_;
};

/// What nobody can do without: the modes, and the switch until it is done.
std::int64_t bare_round(bool draws, const Screen& screen) {
    const Desktop owner{draws};
    const UniqueFd death{static_cast<int>(::syscall(SYS_pidfd_open, owner.pid(), 0))};
    const std::int64_t begin = guard::now_us();
    ::kill(owner.pid(), SIGKILL);
    pollfd waiting{death.get(), POLLIN, 0};
    ::poll(&waiting, 1, -1);
    const UniqueFd tty = test::open_vt(desktop);
    const vt_mode automatic{};
    ::ioctl(tty.get(), VT_SETMODE, &automatic);
    ::ioctl(tty.get(), KDSETMODE, KD_TEXT);
    ::ioctl(tty.get(), KDSKBMODE, K_UNICODE);
    guard::activate(tty.get(), home, 1000);
    const std::int64_t took = guard::now_us() - begin;
    return screen.shows_something() ? took : -1;
}

/// Waits for the home terminal to be the visible one, by the kernel's own notice (POLLPRI): when that was, or -1.
std::int64_t in_front_at_us() {
    const UniqueFd active{::open("/sys/class/tty/tty0/active", O_RDONLY | O_CLOEXEC)};
    for (const std::int64_t end = guard::now_us() + 5'000'000; guard::now_us() < end;) {
        std::array<char, 16> name{};
        if (::pread(active.get(), name.data(), name.size() - 1, 0) > 0 &&
            std::string{name.data()} == "tty" + std::to_string(home) + "\n") {
            return guard::now_us();
        }
        pollfd waiting{active.get(), POLLPRI, 0};
        ::poll(&waiting, 1, 1000);
    }
    return -1;
}

/// How long the guard took until the home terminal was in front, and until its last deed (hangup, survivors, kick).
struct Guarded {
    std::int64_t in_front_us{-1};
    std::int64_t done_us{-1};
};

Guarded guarded_round(bool draws, const Screen& screen, const test::GuardCaller& berthd, const std::string& lease_file,
                      const guard::Lease& coming) {
    const auto load = [&](const guard::Lease& lease) {
        test::write_file(lease_file, test::text_of(lease));
        return berthd.ask("load");
    };
    load(coming);
    const Desktop owner{draws};
    guard::Lease lease = coming;
    lease.init = test::process_of(owner.pid());
    load(lease);
    const std::int64_t begin = guard::now_us();
    ::kill(owner.pid(), SIGKILL);
    const std::int64_t in_front = in_front_at_us();
    // One that was asked before the guard has heard of the death tells of the time before.
    std::string answer;
    if (!test::eventually(
            [&] { return (answer = berthd.ask("status")).find("\"restored\":true") != std::string::npos; })) {
        return {};
    }
    const std::size_t at = answer.find("\"mended_at_us\":");
    if (answer.find("\"verified\":true") == std::string::npos || at == std::string::npos || !screen.shows_something() ||
        in_front < 0) {
        return {};
    }
    return {in_front - begin, std::atoll(answer.c_str() + at + 15) - begin};
}

} // namespace

int main(int argc, char** argv) {
    const int rounds = argc > 1 ? std::atoi(argv[1]) : 1000;
    const bool draws = argc > 2 && std::strcmp(argv[2], "card") == 0;
    const Screen screen{draws};
    if (!test::have_terminals() || !screen.works()) {
        std::fputs("no virtual terminals or no card with a screen here, or not root\n", stderr);
        return 1;
    }
    const unsigned before = test::visible_vt();
    const test::ScratchFolder folder;
    std::filesystem::create_directories(folder.path() + "/guard");
    const test::GuardProcess guard{folder.path()};
    const test::GuardCaller berthd{folder.path()};
    guard::Lease coming;
    coming.word = guard::Lease::Word::armed;
    coming.vt = desktop;
    coming.home = home;
    Times bare;
    Times in_front;
    Times done;
    int failed = 0;
    for (int i = 0; i < rounds; ++i) { // in turn, so that both meet the same load
        const std::int64_t took = bare_round(draws, screen);
        test::scrub(desktop);
        const Guarded guarded = guarded_round(draws, screen, berthd, folder.path() + "/guard/seat0.lease", coming);
        if (took < 0 || guarded.done_us < 0) {
            ++failed;
            continue;
        }
        bare.us.push_back(took);
        in_front.us.push_back(guarded.in_front_us);
        done.us.push_back(guarded.done_us);
    }
    test::scrub(desktop);
    test::switch_to(before);
    for (auto& [name, times] : {std::pair<const char*, Times&>{"bare ioctls", bare},
                                {"guard, home in front", in_front},
                                {"guard, last deed", done}}) {
        std::printf("%-20s p50 %6lld us  p99 %6lld us  max %6lld us  ratio of p50 %.2f\n", name,
                    static_cast<long long>(times.at(0.5)), static_cast<long long>(times.at(0.99)),
                    static_cast<long long>(times.at(1)),
                    static_cast<double>(times.at(0.5)) / static_cast<double>(bare.at(0.5)));
    }
    std::printf("%d of %d rounds were not restored\n", failed, rounds);
    return failed == 0 ? 0 : 1;
}
