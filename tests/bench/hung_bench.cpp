// From the wish for another terminal until that is seen: a desktop that lets go when the kernel asks it to, one that
// hangs (a guard sees to it), and one that hangs and is left by `berth switch-away`, the program's start included. All
// in one run, in turn. `hung_bench [ROUNDS]`, 100 by default; as root, on free terminals 20 and 21.

#include "bench/times.hpp"
#include "guard/chvt.hpp"
#include "guard/guard_process.hpp"
#include "guard/tty.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace {

using namespace berth;

constexpr unsigned desktop = 20;
constexpr unsigned home = 21;

enum class Way : unsigned char { lets_go, hangs, switch_away };

struct TimesOfWay : bench::Times {
    const char* name;
    Way way;

    TimesOfWay(const char* its_name, Way its_way) : name{its_name}, way{its_way} {}
};

/// How long it took in microseconds, or -1 where the home terminal was not seen. The desktop and its guard are a
/// round's.
std::int64_t round_of(Way way, const std::string& folder) {
    const test::Owner owner{[] { return test::take_as_a_desktop_that_lets_go(desktop); }};
    guard::Lease lease;
    lease.word = guard::Lease::Word::armed;
    lease.vt = desktop;
    lease.home = home;
    lease.init = test::process_of(owner.pid());
    test::write_file(folder + "/guard/seat0.lease", test::text_of(lease));
    const test::GuardProcess guard{folder};
    if (!owner.ready() || !guard.ready()) {
        return -1;
    }
    if (way != Way::lets_go) {
        owner.stop();
    }
    const std::int64_t begin = guard::now_us();
    if (way == Way::switch_away) {
        const std::string command = std::string{BERTH_PROGRAM} +
                                    " --bus unix:path=/nonexistent switch-away --runtime-dir " + folder + " >/dev/null";
        if (std::system(command.c_str()) != 0) { // NOLINT(concurrency-mt-unsafe): one thread
            return -1;
        }
    } else if (!test::Chvt{home}.until_seen(home)) {
        return -1;
    }
    const std::int64_t took = guard::now_us() - begin;
    return test::seen_vt() == home ? took : -1;
}

} // namespace

int main(int argc, char** argv) {
    const int rounds = argc > 1 ? std::atoi(argv[1]) : 100;
    if (!test::have_terminals()) {
        std::fputs("no virtual terminals here, or not root\n", stderr);
        return 1;
    }
    const unsigned before = test::visible_vt();
    const test::ScratchFolder folder;
    std::filesystem::create_directories(folder.path() + "/guard");
    std::vector<TimesOfWay> ways{
        {"lets go", Way::lets_go}, {"hangs, chvt", Way::hangs}, {"hangs, berth switch-away", Way::switch_away}};
    int failed = 0;
    for (int i = 0; i < rounds; ++i) {
        for (TimesOfWay& times : ways) {
            const std::int64_t took = round_of(times.way, folder.path());
            test::scrub(desktop);
            took < 0 ? ++failed : (times.us.push_back(took), 0);
        }
    }
    test::switch_to(before);
    for (TimesOfWay& times : ways) {
        if (!times.us.empty()) {
            std::printf("%-26s p50 %7lld us  p99 %7lld us  max %7lld us  ratio of p50 %.1f\n", times.name,
                        static_cast<long long>(times.at(0.5)), static_cast<long long>(times.at(0.99)),
                        static_cast<long long>(times.at(1)),
                        static_cast<double>(times.at(0.5)) / static_cast<double>(ways.front().at(0.5)));
        }
    }
    std::printf("%d of %d rounds did not see the home terminal\n", failed, rounds * static_cast<int>(ways.size()));
    return failed == 0 ? 0 : 1;
}
