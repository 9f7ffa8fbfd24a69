// From the death of a desktop to the last ioctl that gives its terminal back: the guard's way (a process of its own
// that is woken by a pidfd, kills, forks, restores, and only then verifies) against the bare ioctls in a process that
// waits for the same death, both in this run. `death_bench [ROUNDS]`, 1000 by default; as root, on free terminals 20
// and 21.

#include "guard/guard_process.hpp"
#include "guard/tty.hpp"

#include <gtest/gtest.h>

#include <sys/syscall.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

using namespace berth;

constexpr unsigned desktop = 20;
constexpr unsigned home = 21;

struct Times {
    std::vector<std::int64_t> us;

    [[nodiscard]] std::int64_t at(double part) {
        std::sort(us.begin(), us.end());
        return us.at(std::min(us.size() - 1, static_cast<std::size_t>(part * static_cast<double>(us.size()))));
    }
};

/// What nobody can do without: the modes, and the switch until it is done.
std::int64_t bare_round() {
    const test::Owner owner{[] { return test::take_as_a_desktop(desktop); }};
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
    return guard::now_us() - begin;
}

std::int64_t guarded_round(const test::GuardCaller& berthd, const std::string& lease_file, const guard::Lease& coming) {
    const auto load = [&](const guard::Lease& lease) {
        test::write_file(lease_file, test::text_of(lease));
        return berthd.ask("load");
    };
    load(coming);
    const test::Owner owner{[] { return test::take_as_a_desktop(desktop); }};
    guard::Lease lease = coming;
    lease.init = test::process_of(owner.pid());
    load(lease);
    const std::int64_t begin = guard::now_us();
    ::kill(owner.pid(), SIGKILL);
    if (!test::eventually([] { return test::visible_vt() == home; })) {
        return -1;
    }
    const std::string answer = berthd.ask("status"); // comes when the restore is over
    const std::size_t at = answer.find("\"mended_at_us\":");
    if (answer.find("\"verified\":true") == std::string::npos || at == std::string::npos) {
        return -1;
    }
    return std::atoll(answer.c_str() + at + 15) - begin;
}

} // namespace

int main(int argc, char** argv) {
    const int rounds = argc > 1 ? std::atoi(argv[1]) : 1000;
    if (!test::have_terminals()) {
        std::fputs("no virtual terminals here, or not root\n", stderr);
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
    Times guarded;
    int failed = 0;
    for (int i = 0; i < rounds; ++i) { // in turn, so that both meet the same load
        bare.us.push_back(bare_round());
        test::scrub(desktop);
        const std::int64_t took = guarded_round(berthd, folder.path() + "/guard/seat0.lease", coming);
        took < 0 ? static_cast<void>(++failed) : guarded.us.push_back(took);
    }
    test::scrub(desktop);
    test::switch_to(before);
    for (auto& [name, times] : {std::pair<const char*, Times&>{"bare ioctls", bare}, {"guard", guarded}}) {
        std::printf("%-12s p50 %6lld us  p99 %6lld us  max %6lld us\n", name, static_cast<long long>(times.at(0.5)),
                    static_cast<long long>(times.at(0.99)), static_cast<long long>(times.at(1)));
    }
    std::printf("ratio of p50 %.2f; %d of %d rounds were not restored\n",
                static_cast<double>(guarded.at(0.5)) / static_cast<double>(bare.at(0.5)), failed, rounds);
    return failed == 0 ? 0 : 1;
}
