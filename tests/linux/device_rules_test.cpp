#include "linux/control_group.hpp"
#include "linux/device_rules.hpp"
#include "support/door_host.hpp"
#include "support/io_test.hpp"
#include "support/mount_namespace.hpp"

#include <linux/bpf.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <chrono>
#include <cstring>
#include <optional>

namespace berth::os {
namespace {

using test::open_error;

const std::string wanted_node = "/dev/fuse";
const std::string other_node = "/dev/net/tun";

/// Somebody else's program, which denies all, or allows all.
UniqueFd foreign_program(const char* name, bool allows) {
    const bpf_insn code[]{{BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, allows ? 1 : 0},
                          {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
    bpf_attr attr;
    std::memset(&attr, 0, sizeof attr);
    attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    attr.insns = reinterpret_cast<std::uint64_t>(&code[0]);
    attr.insn_cnt = 2;
    attr.license = reinterpret_cast<std::uint64_t>("GPL");
    std::strncpy(attr.prog_name, name, sizeof attr.prog_name - 1);
    return UniqueFd{static_cast<int>(::syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof attr))};
}

/// A control group named after a container, with a process in it that opens nodes.
class DeviceRulesTest : public test::IoTest {
  protected:
    void TearDown() override {
        process.reset();
        for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder) {
            EXPECT_EQ(::rmdir(folder->c_str()), 0) << *folder;
        }
    }

    /// Below the mount of a hierarchy. False: not here.
    [[nodiscard]] bool make_group(const std::string& hierarchy, const std::string& inner = "") {
        for (const std::string& name : {"/libpod-" + holder.container + ".scope", inner}) {
            if (name.empty()) {
                break;
            }
            const std::string folder = (folders.empty() ? hierarchy : folders.back()) + name;
            if (hierarchy.empty() || ::geteuid() != 0 || ::mkdir(folder.c_str(), 0755) != 0) {
                return false;
            }
            folders.push_back(folder);
        }
        process.emplace([](const std::string& path) { return open_error(path, O_RDWR) == 0; },
                        [this] {
                            std::ofstream members{folders.back() + "/cgroup.procs"};
                            members << "0" << std::flush;
                            return members.good();
                        });
        holder.init = process->pid();
        return process->ready();
    }

    /// As a runtime does at the start.
    void attach(const UniqueFd& program, const std::string& folder, std::uint32_t flags = BPF_F_ALLOW_MULTI) {
        const UniqueFd group{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        bpf_attr attr;
        std::memset(&attr, 0, sizeof attr);
        attr.target_fd = static_cast<std::uint32_t>(group.get());
        attr.attach_bpf_fd = static_cast<std::uint32_t>(program.get());
        attr.attach_type = BPF_CGROUP_DEVICE;
        attr.attach_flags = flags;
        ASSERT_EQ(::syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof attr), 0) << std::strerror(errno);
    }

    [[nodiscard]] static std::vector<std::string> names_on(const std::string& folder) {
        const UniqueFd group{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        std::vector<std::string> names;
        const auto attached = attached_programs(group.get());
        EXPECT_TRUE(attached.has_value());
        for (const auto& one : attached->programs) {
            names.push_back(one.name);
        }
        return names;
    }

    [[nodiscard]] bool can_open(const std::string& path) const { return process->ask(path); }

    Result<void> finish(const std::function<void(Done<void>)>& begin) {
        std::optional<Result<void>> result;
        begin([&](const Result<void>& ended) { result = ended; });
        EXPECT_FALSE(result.has_value()) << "called from inside the call";
        EXPECT_TRUE(run_until([&] { return result.has_value(); }));
        return result.value_or(Result<void>{});
    }

    Result<void> allow(ports::DeviceRules& with, const std::vector<std::string>& nodes) {
        return finish([&](Done<void> done) { with.allow(holder, nodes, std::move(done)); });
    }

    Result<void> forbid(ports::DeviceRules& with, const std::vector<std::string>& nodes) {
        return finish([&](Done<void> done) { with.forbid(holder, nodes, std::move(done)); });
    }

    ports::DeviceHolder holder{"0123456789abcdef" + std::to_string(::getpid()), 0, {}, {}};
    std::vector<std::string> folders;
    std::optional<test::MountNamespace> process;
    DeviceRules rules{io};
};

class DeviceRulesV1Test : public DeviceRulesTest {
  protected:
    void SetUp() override {
        if (!make_group("/sys/fs/cgroup/devices")) {
            GTEST_SKIP() << "no cgroup v1 devices controller that can be written here";
        }
        // As runc begins: nothing, then the defaults.
        write("devices.deny", "a *:* rwm");
        for (const DeviceRule& rule : default_device_rules()) {
            write("devices.allow", text_of(rule));
        }
        ASSERT_FALSE(can_open(wanted_node));
        ASSERT_TRUE(can_open("/dev/null"));
    }

    void write(const std::string& file, const std::string& text) const {
        std::ofstream{folders.front() + "/" + file} << text;
    }
};

TEST_F(DeviceRulesV1Test, ANodeThatIsAllowedOpensAndNoMoreOnceForbidden) {
    ASSERT_TRUE(allow(rules, {wanted_node}).has_value());
    EXPECT_TRUE(can_open(wanted_node));
    EXPECT_FALSE(can_open(other_node));
    ASSERT_TRUE(allow(rules, {wanted_node}).has_value()) << "a second time";
    ASSERT_TRUE(forbid(rules, {wanted_node}).has_value());
    EXPECT_FALSE(can_open(wanted_node));
    EXPECT_TRUE(can_open("/dev/null"));
}

TEST_F(DeviceRulesV1Test, WhatTheContainerWasMadeWithIsNotTakenAway) {
    holder.devices = {wanted_node};
    write("devices.allow", "c 10:229 rwm");
    ASSERT_TRUE(allow(rules, {wanted_node, "/dev/full"}).has_value());
    ASSERT_TRUE(forbid(rules, {wanted_node, "/dev/full"}).has_value());
    EXPECT_TRUE(can_open(wanted_node));
    EXPECT_TRUE(can_open("/dev/full"));
}

TEST_F(DeviceRulesV1Test, AContainerThatMayOpenEverythingKeepsThat) {
    write("devices.allow", "a *:* rwm");
    ASSERT_TRUE(allow(rules, {wanted_node}).has_value());
    ASSERT_TRUE(forbid(rules, {wanted_node}).has_value());
    EXPECT_TRUE(can_open(wanted_node));
}

class DeviceRulesV2Test : public DeviceRulesTest {
  protected:
    void SetUp() override {
        if (!make_group(control_groups_mount(), "/container")) {
            GTEST_SKIP() << "no cgroup v2 hierarchy that can be written here";
        }
        if (!foreign_program("probe", true)) {
            GTEST_SKIP() << "bpf(2) loads no device program here: " << std::strerror(errno);
        }
        own = folders.back();
        top = folders.front();
    }

    std::string own;
    std::string top;
};

TEST_F(DeviceRulesV2Test, ANodeThatIsAllowedOpensAndNoMoreOnceForbidden) {
    attach(foreign_program("runtime", false), own);
    ASSERT_FALSE(can_open("/dev/null"));
    const auto allowed = allow(rules, {wanted_node});
    ASSERT_TRUE(allowed.has_value()) << allowed.error().message;
    EXPECT_TRUE(can_open(wanted_node));
    EXPECT_TRUE(can_open("/dev/null")) << "of the defaults";
    EXPECT_FALSE(can_open(other_node));
    EXPECT_EQ(names_on(own), std::vector<std::string>{"berth_devices"});
    EXPECT_TRUE(names_on(top).empty());
    ASSERT_TRUE(forbid(rules, {wanted_node}).has_value());
    EXPECT_FALSE(can_open(wanted_node));
    EXPECT_TRUE(can_open("/dev/null"));
}

TEST_F(DeviceRulesV2Test, EachGroupOfTheContainerMustAllowAndDoes) {
    attach(foreign_program("runtime", false), top);
    attach(foreign_program("runtime", false), own);
    attach(foreign_program("second", false), own);
    ASSERT_TRUE(allow(rules, {wanted_node}).has_value());
    EXPECT_TRUE(can_open(wanted_node));
    EXPECT_EQ(names_on(top), std::vector<std::string>{"berth_devices"});
    EXPECT_EQ(names_on(own), std::vector<std::string>{"berth_devices"});
    ASSERT_TRUE(forbid(rules, {wanted_node}).has_value());
    EXPECT_FALSE(can_open(wanted_node));
}

TEST_F(DeviceRulesV2Test, AProgramThatAdmitsNoOtherIsReplacedToo) {
    attach(foreign_program("runtime", false), own, 0);
    ASSERT_TRUE(allow(rules, {wanted_node}).has_value());
    EXPECT_TRUE(can_open(wanted_node));
    EXPECT_EQ(names_on(own), std::vector<std::string>{"berth_devices"});
}

TEST_F(DeviceRulesV2Test, WhatTheContainerWasMadeWithIsKeptAndNotTakenAway) {
    attach(foreign_program("runtime", false), own);
    holder.device_rules = {"c 10:200 rw"};
    holder.devices = {wanted_node};
    ASSERT_TRUE(allow(rules, {"/dev/full", wanted_node}).has_value());
    EXPECT_TRUE(can_open(other_node));
    ASSERT_TRUE(forbid(rules, {"/dev/full", wanted_node}).has_value());
    EXPECT_TRUE(can_open(wanted_node));
    EXPECT_TRUE(can_open("/dev/full"));
}

TEST_F(DeviceRulesV2Test, ARuleWithWildcardsCoversItsNodes) {
    attach(foreign_program("runtime", false), own);
    holder.device_rules = {"c 10:* rw"};
    ASSERT_TRUE(allow(rules, {"/dev/full"}).has_value());
    EXPECT_TRUE(can_open(wanted_node));
    EXPECT_TRUE(can_open(other_node));
    EXPECT_FALSE(can_open("/dev/tty63"));
}

TEST_F(DeviceRulesV2Test, ALaterBerthdGoesOnWithWhatWasGranted) {
    attach(foreign_program("runtime", false), own);
    ASSERT_TRUE(allow(rules, {wanted_node}).has_value());
    DeviceRules later{io};
    ASSERT_TRUE(allow(later, {other_node}).has_value());
    EXPECT_TRUE(can_open(wanted_node)) << "granted by the earlier one";
    EXPECT_TRUE(can_open(other_node));
    ASSERT_TRUE(forbid(later, {wanted_node}).has_value());
    EXPECT_FALSE(can_open(wanted_node));
    EXPECT_TRUE(can_open(other_node));
}

TEST_F(DeviceRulesV2Test, ARuntimeThatPutsItsProgramBackIsAnsweredAtTheNextGrant) {
    attach(foreign_program("runtime", false), own);
    ASSERT_TRUE(allow(rules, {wanted_node}).has_value());
    const UniqueFd group{::open(own.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    auto attached = attached_programs(group.get());
    ASSERT_TRUE(attached.has_value());
    const UniqueFd again = foreign_program("runtime", false);
    ASSERT_TRUE(
        replace_program(group.get(), attached->flags, attached->programs[0].program.get(), again.get()).has_value());
    ASSERT_FALSE(can_open(wanted_node));
    ASSERT_TRUE(allow(rules, {other_node}).has_value());
    EXPECT_TRUE(can_open(wanted_node));
    EXPECT_TRUE(can_open(other_node));
    attach(foreign_program("beside", false), own);
    ASSERT_FALSE(can_open(wanted_node));
    ASSERT_TRUE(allow(rules, {other_node}).has_value());
    EXPECT_TRUE(can_open(wanted_node));
    EXPECT_EQ(names_on(own), std::vector<std::string>{"berth_devices"});
}

TEST_F(DeviceRulesV2Test, WhereNothingIsForbiddenNothingIsChanged) {
    ASSERT_TRUE(can_open(wanted_node));
    ASSERT_TRUE(allow(rules, {wanted_node}).has_value());
    ASSERT_TRUE(forbid(rules, {wanted_node}).has_value());
    EXPECT_TRUE(can_open(wanted_node));
    EXPECT_TRUE(names_on(own).empty());
}

/// The service manager; it says what it is told to.
class FakeUnits final : public ports::UnitDevices {
  public:
    void allow(const std::string& unit, const std::vector<std::string>& nodes, Done<void> done) override {
        calls.push_back("allow " + unit + " " + nodes.front());
        pending = std::move(done);
    }

    void forbid(const std::string& unit, const std::vector<std::string>& nodes, Done<void> done) override {
        calls.push_back("forbid " + unit + " " + nodes.front());
        pending = std::move(done);
    }

    std::vector<std::string> calls;
    Done<void> pending;
};

TEST_F(DeviceRulesV2Test, SystemdIsToldAndItsOwnProgramLeftToIt) {
    attach(foreign_program("sd_devices", true), top);
    attach(foreign_program("runtime", false), top);
    FakeUnits units;
    DeviceRules with{io, &units};
    bool is_done = false;
    with.allow(holder, {wanted_node}, [&](const Result<void>& result) { is_done = result.has_value(); });
    const std::string unit = "libpod-" + holder.container + ".scope";
    ASSERT_EQ(units.calls, std::vector<std::string>{"allow " + unit + " " + wanted_node});
    EXPECT_FALSE(is_done);
    units.pending({});
    EXPECT_TRUE(is_done);
    EXPECT_TRUE(can_open(wanted_node));
    EXPECT_EQ(names_on(top), (std::vector<std::string>{"sd_devices", "berth_devices"}));
    with.forbid(holder, {wanted_node}, [](const Result<void>&) {});
    EXPECT_EQ(units.calls.back(), "forbid " + unit + " " + wanted_node);
    EXPECT_FALSE(can_open(wanted_node));
}

TEST_F(DeviceRulesV2Test, WhenSystemdRefusesTheGrantIsUndone) {
    attach(foreign_program("runtime", false), own);
    FakeUnits units;
    DeviceRules with{io, &units};
    with.allow(holder, {other_node}, [](const Result<void>&) {});
    units.pending({});
    std::string said;
    with.allow(holder, {wanted_node, other_node},
               [&](const Result<void>& result) { said = result ? "ok" : result.error().message; });
    units.pending(Error{ErrorCode::failed, "no"});
    EXPECT_EQ(said, "devices of container 0123456789ab: no");
    EXPECT_FALSE(can_open(wanted_node));
    EXPECT_TRUE(can_open(other_node)) << "granted before";
}

TEST_F(DeviceRulesV2Test, TheProgramThatSystemdAttachesAtEachReloadIsReplacedInItsPlace) {
    const test::ScratchFolder pins;
    if (::mount("none", pins.path().c_str(), "bpf", 0, nullptr) != 0) {
        GTEST_SKIP() << "no bpf file system can be mounted here: " << std::strerror(errno);
    }
    const UniqueFd runtime = foreign_program("runtime", false);
    attach(runtime, top);
    const std::string pin = pins.path() + "/libpod-" + holder.container + "_scope";
    bpf_attr attr;
    std::memset(&attr, 0, sizeof attr);
    attr.pathname = reinterpret_cast<std::uint64_t>(pin.c_str());
    attr.bpf_fd = static_cast<std::uint32_t>(runtime.get());
    ASSERT_EQ(::syscall(SYS_bpf, BPF_OBJ_PIN, &attr, sizeof attr), 0);
    DeviceRules with{io, nullptr, pins.path()};
    const auto allowed = allow(with, {wanted_node});
    ASSERT_TRUE(allowed.has_value()) << allowed.error().message;
    attr.bpf_fd = 0;
    auto pinned = DeviceProgram::of(UniqueFd{static_cast<int>(::syscall(SYS_bpf, BPF_OBJ_GET, &attr, sizeof attr))});
    ASSERT_TRUE(pinned.has_value() && *pinned);
    EXPECT_EQ(*pinned->access({'c', 10, 229}), DeviceRule::read | DeviceRule::write);
    EXPECT_EQ(::umount2(pins.path().c_str(), MNT_DETACH), 0);
}

TEST_F(DeviceRulesV2Test, AContainerThatIsGoneIsAnErrorForAGrantAndNoneForItsEnd) {
    attach(foreign_program("runtime", false), own);
    ASSERT_TRUE(allow(rules, {wanted_node}).has_value());
    process.reset();
    const auto allowed = allow(rules, {wanted_node});
    ASSERT_FALSE(allowed.has_value());
    EXPECT_EQ(allowed.error().message,
              "devices of container 0123456789ab: it does not run any more, or in no control group of its own");
    EXPECT_TRUE(forbid(rules, {wanted_node}).has_value());
    holder.container = "short";
    EXPECT_FALSE(allow(rules, {wanted_node}).has_value());
}

TEST_F(DeviceRulesV2Test, WhatIsNoNodeOrNoRuleIsRefusedAndChangesNothing) {
    attach(foreign_program("runtime", false), own);
    for (const char* path : {"/etc/passwd", "/dev/none"}) {
        EXPECT_FALSE(allow(rules, {wanted_node, path}).has_value()) << path;
    }
    holder.device_rules = {"nonsense"};
    const auto allowed = allow(rules, {wanted_node});
    ASSERT_FALSE(allowed.has_value());
    EXPECT_NE(allowed.error().message.find("\"nonsense\" is no rule for devices"), std::string::npos);
    EXPECT_EQ(names_on(own), std::vector<std::string>{"runtime"});
}

TEST_F(DeviceRulesV2Test, AGrantIsAnEntryInAMapOfWhichManyCanBe) {
    attach(foreign_program("runtime", false), own);
    ASSERT_TRUE(allow(rules, {wanted_node}).has_value());
    constexpr int rounds = 1000;
    const auto begin = std::chrono::steady_clock::now();
    for (int round = 0; round < rounds; ++round) {
        ASSERT_TRUE(forbid(rules, {wanted_node}).has_value());
        ASSERT_TRUE(allow(rules, {wanted_node}).has_value());
    }
    const auto spent = std::chrono::steady_clock::now() - begin;
    std::cout << "microseconds a grant and its end: "
              << std::chrono::duration_cast<std::chrono::microseconds>(spent).count() / rounds << "\n";
    EXPECT_TRUE(can_open(wanted_node));
}

} // namespace
} // namespace berth::os
