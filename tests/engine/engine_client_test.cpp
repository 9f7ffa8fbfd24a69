// The engines' contract, continued: what client containers ask for beyond a desktop.

#include "engine/engine_contract.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>
#include <unistd.h>

namespace berth::test {
namespace {

using testing::HasSubstr;

std::string namespace_of(pid_t pid, const std::string& kind) {
    std::string target(64, '\0');
    const std::string path = "/proc/" + std::to_string(pid) + "/ns/" + kind;
    const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
    return size > 0 ? target.substr(0, static_cast<std::size_t>(size)) : "";
}

/// The files below the container's control groups (v1 or v2) that `name` names, in one string; empty: there are none.
std::string limits_of(pid_t pid, const std::vector<std::pair<std::string, std::string>>& names) {
    std::istringstream lines{read_file("/proc/" + std::to_string(pid) + "/cgroup")};
    std::string found;
    for (std::string line; std::getline(lines, line);) {
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        const std::string controller = line.substr(first + 1, second - first - 1);
        for (const auto& [hierarchy, file] : names) {
            if (controller == hierarchy) {
                found += read_file("/sys/fs/cgroup/" + hierarchy + line.substr(second + 1) + "/" + file);
            }
        }
    }
    return found;
}

TEST_P(RealEngine, AClientJoinsTheIpcNamespaceOfTheDesktop) {
    ContainerSpec desktop = spec();
    desktop.shareable_ipc = true;
    run(desktop);
    const pid_t desktop_init = inspect()->init_pid;
    const std::string desktop_name = std::exchange(name_, name_ + "-client");
    ContainerSpec client = spec();
    client.ipc_of = desktop_name;
    run(client);
    const pid_t client_init = inspect()->init_pid;
    EXPECT_NE(namespace_of(client_init, "ipc"), "");
    EXPECT_EQ(namespace_of(client_init, "ipc"), namespace_of(desktop_init, "ipc"));
    EXPECT_NE(namespace_of(client_init, "pid"), namespace_of(desktop_init, "pid"));
    ask<void>([this](Done<void> done) { engine().remove(name_, std::move(done)); });
    name_ = desktop_name;
}

TEST_P(RealEngine, ASuperPrivilegedContainerHasTheHostsNamespaces) {
    ContainerSpec wanted = spec();
    wanted.host_namespaces = true;
    run(wanted);
    const pid_t init = inspect()->init_pid;
    for (const char* kind : {"pid", "ipc", "uts"}) {
        EXPECT_EQ(namespace_of(init, kind), namespace_of(::getpid(), kind)) << kind;
    }
    EXPECT_NE(namespace_of(init, "mnt"), namespace_of(::getpid(), "mnt"));
}

TEST_P(RealEngine, TheCommandHasTheWantedWorkingDirectory) {
    ContainerSpec wanted = spec();
    wanted.working_directory = "/tmp";
    run(wanted);
    EXPECT_EQ(sh("busybox readlink /proc/1/cwd"), "/tmp\n");
}

TEST_P(RealEngine, ATerminalIsTheCommandsAlone) {
    ContainerSpec wanted = spec();
    wanted.terminal = true;
    run(wanted);
    EXPECT_THAT(sh("busybox readlink /proc/1/fd/0"), HasSubstr("/dev/pts/"));
    EXPECT_THAT(sh("tty"), HasSubstr("not a tty"));
}

TEST_P(RealEngine, AnInitIsTheFirstProcessAndReapsWhatIsLeft) {
    ContainerSpec wanted = spec();
    wanted.init = true;
    const auto made = create(wanted);
    const auto started = made ? start() : Result<void>{made.error()};
    if (!started && started.error().message.find("init") != std::string::npos) {
        GTEST_SKIP() << "this engine has no init to give: " << started.error().message;
    }
    ASSERT_TRUE(started) << started.error().message;
    EXPECT_THAT(sh("busybox tr '\\0' ' ' < /proc/1/cmdline"), HasSubstr("-- /bin/sleep 600"));
    EXPECT_THAT(sh("cat /proc/1/comm"), testing::Not(HasSubstr("sleep")));
}

TEST_P(RealEngine, LimitsReachTheControlGroup) {
    ContainerSpec wanted = spec();
    wanted.pids = 33;
    wanted.memory_bytes = 67'108'864;
    wanted.cpu_percent = 50;
    run(wanted);
    const pid_t init = inspect()->init_pid;
    const std::string limits = limits_of(init, {{"pids", "pids.max"},
                                                {"memory", "memory.limit_in_bytes"},
                                                {"cpu", "cpu.cfs_quota_us"},
                                                {"cpu,cpuacct", "cpu.cfs_quota_us"},
                                                {"", "pids.max"},
                                                {"", "memory.max"},
                                                {"", "cpu.max"}});
    EXPECT_THAT(limits, HasSubstr("33\n"));
    EXPECT_THAT(limits, HasSubstr("67108864\n"));
    EXPECT_THAT(limits, HasSubstr("50000"));
}

TEST_P(RealEngine, AddedCapabilitiesAreBesideTheDefaultAndADeviceRuleOpensItsDevices) {
    // Character device 1:11, /dev/kmsg, which no engine's default has.
    const std::string script = "mknod /node c 1 11 && : < /node && echo opened";
    ContainerSpec wanted = spec();
    wanted.added_capabilities = {"CAP_MKNOD", "CAP_SYSLOG"};
    run(wanted);
    const std::string without = sh(script + " 2>&1");
    ask<void>([this](Done<void> done) { engine().remove(name_, std::move(done)); });
    EXPECT_THAT(without, HasSubstr("open /node: Operation not permitted")) << "it was made, and cannot be opened";
    wanted.device_rules = {"c 1:11 rwm"};
    run(wanted);
    if (std::string{GetParam()} != "podman_compat") { // podman 4's compatible API does not hear of device rules
        EXPECT_EQ(sh(script + " 2>&1"), "opened\n");
    }
    EXPECT_EQ(sh("touch /x && busybox chown 1000 /x && echo yes"), "yes\n") << "the default has CAP_CHOWN";
}

} // namespace
} // namespace berth::test
