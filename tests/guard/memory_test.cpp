#include "guard/guard_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/mman.h>
#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <sstream>
#include <string>

/// Memory runs out, and the kernel's killer takes everything but the guard. On the machine's real terminals.
namespace berth::guard {
namespace {

using test::eventually;
using test::GuardCaller;
using test::GuardProcess;
using test::Owner;
using test::read_file;
using test::write_file;
using ::testing::HasSubstr;

/// A control group with little memory: v1's controller where it is mounted, else v2's. Documentation/admin-guide/
/// cgroup-v1/memory.rst and cgroup-v2.rst.
class ScarceMemory {
  public:
    ScarceMemory() {
        const std::string name = "/berth-test-memory-" + std::to_string(::getpid());
        if (::mkdir(("/sys/fs/cgroup/memory" + name).c_str(), 0755) == 0) {
            use("/sys/fs/cgroup/memory" + name, "memory.limit_in_bytes", "memory.memsw.limit_in_bytes",
                "memory.oom_control");
        } else if (::access("/sys/fs/cgroup/cgroup.controllers", R_OK) == 0 &&
                   ::mkdir(("/sys/fs/cgroup" + name).c_str(), 0755) == 0) {
            use("/sys/fs/cgroup" + name, "memory.max", "memory.swap.max", "memory.events");
        }
    }

    ScarceMemory(const ScarceMemory&) = delete;
    ScarceMemory& operator=(const ScarceMemory&) = delete;

    ~ScarceMemory() { ::rmdir(path_.c_str()); }

    /// Whether the limit holds here; without the controller the folder has no such file.
    [[nodiscard]] bool works() const {
        return !path_.empty() && read_file(path_ + limit_) == std::to_string(bytes) + "\n";
    }

    [[nodiscard]] bool take(pid_t pid) const {
        write_file(path_ + "/cgroup.procs", std::to_string(pid));
        return read_file(path_ + "/cgroup.procs").find(std::to_string(pid) + "\n") != std::string::npos;
    }

    /// How many processes of the group the kernel's killer has ended.
    [[nodiscard]] unsigned killed() const {
        const std::string text = read_file(path_ + counts_);
        const std::size_t at = text.find("oom_kill ");
        return at == std::string::npos ? 0 : static_cast<unsigned>(std::stoul(text.substr(at + 9)));
    }

  private:
    static constexpr std::size_t bytes = std::size_t{32} * 1024 * 1024;

    void use(const std::string& path, const char* limit, const char* with_swap, const char* counts) {
        path_ = path;
        limit_ = std::string{"/"} + limit;
        counts_ = std::string{"/"} + counts;
        write_file(path_ + limit_, std::to_string(bytes));
        // No way out into swap: v1 counts both together, v2 swap alone. Without swap there is no such file.
        const std::string swap = path_ + "/" + with_swap;
        if (::access(swap.c_str(), W_OK) == 0) {
            write_file(swap, counts_ == "/memory.events" ? "0" : std::to_string(bytes));
        }
    }

    std::string path_;
    std::string limit_;
    std::string counts_;
};

/// Takes more and more, until somebody is killed for it.
void take_all_memory(int /*signal*/) {
    constexpr std::size_t piece = 1UL << 20U;
    for (;;) {
        void* const memory =
            ::mmap(nullptr, piece, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (memory != MAP_FAILED) {
            std::memset(memory, 1, piece);
        }
    }
}

class MemoryTest : public test::GuardTest {
  protected:
    void SetUp() override {
        GuardTest::SetUp();
        if (!IsSkipped() && !memory.works()) {
            GTEST_SKIP() << "memory cannot be limited here: no memory controller (control groups v1 or v2)";
        }
    }

    /// Desktop and berthd, both in the group, both about to want more than there is.
    void start_both() {
        owner = std::make_unique<Owner>([] {
            ::signal(SIGWINCH, take_all_memory);
            return test::take_as_a_desktop(desktop);
        });
        ASSERT_TRUE(owner->ready());
        put_lease(test::text_of(lease_for(*owner)));
        guard = std::make_unique<GuardProcess>(folder.path());
        ASSERT_TRUE(guard->ready());
        berthd = std::make_unique<Owner>([this] {
            static GuardCaller connection{folder.path()}; // open for as long as the process lives
            ::signal(SIGWINCH, take_all_memory);
            return connection.ask("load").find(R"("berthd":true)") != std::string::npos;
        });
        ASSERT_TRUE(berthd->ready());
        ASSERT_TRUE(memory.take(owner->pid()) && memory.take(berthd->pid()));
    }

    static void expect_killed(const Owner& process) {
        siginfo_t end{};
        ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(process.pid()), &end, WEXITED | WNOWAIT), 0);
        EXPECT_EQ(end.si_code, CLD_KILLED);
        EXPECT_EQ(end.si_status, SIGKILL);
    }

    void run_out_of_memory() {
        for (const Owner* const process : {owner.get(), berthd.get()}) {
            ASSERT_EQ(::kill(process->pid(), SIGWINCH), 0);
        }
        expect_killed(*owner);
        expect_killed(*berthd);
        EXPECT_GE(memory.killed(), 2U) << "somebody else killed them: the test tests nothing";
        EXPECT_TRUE(eventually([this] { return is_restored(); })) << guard->log();
        EXPECT_EQ(::kill(guard->pid(), 0), 0);
        EXPECT_THAT(guard->log(), HasSubstr("{\"verified\":true"));
    }

    ScarceMemory memory; // outlives who is in it
    std::unique_ptr<Owner> owner;
    std::unique_ptr<GuardProcess> guard;
    std::unique_ptr<Owner> berthd;
};

/// kB of smaps_rollup's lines that begin so: Documentation/filesystems/proc.rst.
unsigned long kilobytes(pid_t pid, const std::string& what) {
    std::istringstream lines{read_file("/proc/" + std::to_string(pid) + "/smaps_rollup")};
    unsigned long sum = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(what)) {
            sum += std::stoul(line.substr(line.find(':') + 1));
        }
    }
    return sum;
}

using GuardMemoryTest = test::GuardTest;

TEST_F(GuardMemoryTest, AGuardWithADesktopHoldsAtMost300Kilobytes) {
    if (!BERTH_GUARD_IS_SMALL) {
        GTEST_SKIP() << "this guard is not linked with musl: musl-dev was not there, or it is a sanitizer's build";
    }
    const Owner owner{[] { return test::take_as_a_desktop(desktop); }};
    ASSERT_TRUE(owner.ready());
    put_lease(test::text_of(lease_for(owner)));
    const GuardProcess guard{folder.path()};
    ASSERT_TRUE(guard.ready());
    const GuardCaller berthd{folder.path()};
    ASSERT_THAT(berthd.ask("load"), HasSubstr(R"("desktop":"alive")"));

    // All that is in memory, whether another process shares it or not.
    const unsigned long resident = kilobytes(guard.pid(), "Rss:");
    RecordProperty("resident_kB", std::to_string(resident));
    RecordProperty("private_kB", std::to_string(kilobytes(guard.pid(), "Private_")));
    EXPECT_GT(resident, 0U);
    EXPECT_LE(resident, 300U);
}

TEST_F(MemoryTest, WhenMemoryRunsOutTheGuardGivesTheTerminalBack) {
    start_both();
    run_out_of_memory();
}

TEST_F(MemoryTest, TheKillerPassesOverAGuardInTheMiddleOfIt) {
    start_both();
    if (read_file("/proc/" + std::to_string(guard->pid()) + "/oom_score_adj") != "-1000\n") {
        EXPECT_THAT(guard->log(), HasSubstr("the kernel's memory killer may take it"));
        GTEST_SKIP() << "no process can be taken from the killer here: root lacks CAP_SYS_RESOURCE";
    }
    ASSERT_TRUE(memory.take(guard->pid()));
    run_out_of_memory();
}

} // namespace
} // namespace berth::guard
