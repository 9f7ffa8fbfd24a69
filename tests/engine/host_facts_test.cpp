#include "engine/child_process.hpp"
#include "engine/containers_conf.hpp"
#include "engine/host_facts.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <poll.h>

namespace berth::engine {
namespace {

using Cgroups = HostFacts::Cgroups;
using test::ScratchFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A host laid out in a folder.
class FakeRoot {
  public:
    FakeRoot() {
        add("/proc/sys/kernel/pid_max", "4194304\n");
        add("/proc/self/status", "Name:\tberthd\nCapEff:\t000001ffffffffff\n");
        limits("1048576", "unlimited");
        cgroups("25 20 0:22 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n");
        add("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
        program("/usr/bin/crun");
        add("/usr/lib/podman/netavark", "");
    }

    void add(const std::string& path, const std::string& content) {
        std::filesystem::create_directories(std::filesystem::path{folder_.path() + path}.parent_path());
        test::write_file(folder_.path() + path, content);
    }

    void program(const std::string& path) {
        add(path, "");
        std::filesystem::permissions(folder_.path() + path, std::filesystem::perms::owner_all);
    }

    void cgroups(const std::string& lines) { add("/proc/self/mountinfo", lines); }

    void limits(const std::string& files, const std::string& processes) {
        add("/proc/self/limits", "Limit                     Soft Limit           Hard Limit           Units     \n"
                                 "Max processes             10                   " +
                                     processes +
                                     "      processes \n"
                                     "Max open files            1024                 " +
                                     files + "        files     \n");
    }

    void hybrid(const std::string& unified_controllers) {
        cgroups("30 20 0:30 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
                "31 20 0:31 / /sys/fs/cgroup/unified rw shared:9 - cgroup2 cgroup2 rw\n");
        add("/sys/fs/cgroup/unified/cgroup.controllers", unified_controllers);
    }

    [[nodiscard]] HostFacts observe() const { return observe_host({folder_.path(), "/usr/sbin:/usr/bin"}); }

    [[nodiscard]] std::string path() const { return folder_.path(); }

    void remove(const std::string& path) const { std::filesystem::remove(folder_.path() + path); }

  private:
    ScratchFolder folder_;
};

TEST(HostFacts, AUsualHostNeedsNoMending) {
    const FakeRoot host;
    const HostFacts facts = host.observe();
    EXPECT_EQ(facts.cgroups, Cgroups::v2);
    EXPECT_TRUE(facts.pids_controller);
    EXPECT_TRUE(facts.crun);
    EXPECT_FALSE(facts.runc);
    EXPECT_TRUE(facts.may_raise_limits);
    EXPECT_EQ(facts.open_files, 1'048'576U);
    EXPECT_EQ(facts.processes, 4'194'304U) << "podman lowers its own to kernel.pid_max";
    EXPECT_EQ(mends_for(facts), Mends{});
}

TEST(HostFacts, WithoutTheCapabilityTheLimitsAreThoseOfThisProcess) {
    FakeRoot host;
    host.add("/proc/self/status", "CapEff:\t000001fffeffffff\n");
    host.add("/proc/sys/kernel/pid_max", "32768\n");
    host.limits("20000", "96365");
    const HostFacts facts = host.observe();
    EXPECT_FALSE(facts.may_raise_limits);
    const Mends mends = mends_for(facts);
    EXPECT_EQ(mends.containers_conf,
              "[containers]\ndefault_ulimits = [\"nofile=20000:20000\", \"nproc=32768:32768\"]\n");
    EXPECT_THAT(mends.sentences, ElementsAre(HasSubstr("20000 open files and 32768 processes")));
}

TEST(HostFacts, WithoutTheCapabilityHighLimitsNeedNoMending) {
    HostFacts facts;
    facts.may_raise_limits = false;
    facts.open_files = 1'048'576;
    facts.processes = UINT64_MAX;
    EXPECT_EQ(mends_for(facts), Mends{});
}

TEST(HostFacts, AHybridTreeWithControllersIsRunByRunc) {
    FakeRoot host;
    host.hybrid("hugetlb\n");
    host.program("/usr/sbin/runc");
    const HostFacts facts = host.observe();
    EXPECT_EQ(facts.cgroups, Cgroups::hybrid);
    EXPECT_TRUE(facts.unified_has_controllers);
    EXPECT_TRUE(facts.pids_controller);
    const Mends mends = mends_for(facts);
    EXPECT_EQ(mends.containers_conf, "[engine]\nruntime = \"runc\"\n");
    EXPECT_THAT(mends.sentences, ElementsAre(HasSubstr("runc")));
    EXPECT_THAT(mends.problems, IsEmpty());
}

TEST(HostFacts, WithoutRuncAHybridTreeWithControllersIsAProblem) {
    FakeRoot host;
    host.hybrid("hugetlb\n");
    const Mends mends = mends_for(host.observe());
    EXPECT_THAT(mends.containers_conf, IsEmpty());
    EXPECT_THAT(mends.problems, ElementsAre(HasSubstr("install runc")));
}

TEST(HostFacts, AHybridTreeWithAnEmptyUnifiedPartNeedsNoMending) {
    FakeRoot host;
    host.hybrid("\n");
    const HostFacts facts = host.observe();
    EXPECT_EQ(facts.cgroups, Cgroups::hybrid);
    EXPECT_FALSE(facts.unified_has_controllers);
    EXPECT_EQ(mends_for(facts), Mends{});
}

TEST(HostFacts, PureV1IsTold) {
    FakeRoot host;
    host.cgroups("30 20 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
                 "31 20 0:31 / /home rw - ext4 /dev/sda rw\n");
    const HostFacts facts = host.observe();
    EXPECT_EQ(cgroups_name(facts.cgroups), "v1");
    EXPECT_FALSE(facts.pids_controller);
}

TEST(HostFacts, WithoutAPidsControllerThereIsNoLimitOfProcesses) {
    FakeRoot host;
    host.add("/sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
    const Mends mends = mends_for(host.observe());
    EXPECT_EQ(mends.containers_conf, "[containers]\npids_limit = 0\n");
    EXPECT_THAT(mends.sentences, ElementsAre(HasSubstr("pids controller")));
}

TEST(HostFacts, CniWithoutItsPluginsGivesWayToNetavark) {
    FakeRoot host;
    host.add("/var/lib/containers/storage/defaultNetworkBackend", "cni");
    EXPECT_EQ(mends_for(host.observe()).containers_conf, "[network]\nnetwork_backend = \"netavark\"\n");
    host.add("/usr/lib/cni/bridge", "");
    EXPECT_EQ(mends_for(host.observe()), Mends{}) << "its plugins are there";
    host.remove("/usr/lib/cni/bridge");
    host.remove("/usr/lib/podman/netavark");
    EXPECT_EQ(mends_for(host.observe()), Mends{}) << "there is nothing better";
}

TEST(HostFacts, AStorageThatHasImagesAndRemembersNoBackendWouldTakeCni) {
    FakeRoot host;
    host.add("/var/lib/containers/storage/overlay-images/images.json", "[]");
    EXPECT_THAT(mends_for(host.observe()).sentences, ElementsAre(HasSubstr("netavark")));
    host.add("/var/lib/containers/storage/defaultNetworkBackend", "netavark");
    EXPECT_EQ(mends_for(host.observe()), Mends{});
}

TEST(HostFacts, WithoutCatatonitAnotherInitIsNamedForBothOfPodmansReaders) {
    FakeRoot root;
    EXPECT_TRUE(mends_for(root.observe()).containers_conf.empty()) << "there is none, and none to put in its place";
    root.program("/usr/bin/docker-init");
    const Mends mends = mends_for(root.observe());
    EXPECT_THAT(mends.containers_conf, HasSubstr("[containers]\ninit_path = \"/usr/bin/docker-init\"\n"));
    EXPECT_THAT(mends.containers_conf, HasSubstr("[engine]\ninit_path = \"/usr/bin/docker-init\"\n"));
    EXPECT_THAT(mends.sentences, ElementsAre(HasSubstr("catatonit is not installed")));
    root.add("/etc/containers/containers.conf", "[engine]\ninit_path = \"/opt/init\"\n");
    EXPECT_TRUE(mends_for(root.observe()).containers_conf.empty()) << "somebody has chosen";
    root.add("/etc/containers/containers.conf", "");
    root.program("/usr/bin/catatonit");
    EXPECT_TRUE(mends_for(root.observe()).containers_conf.empty());
}

TEST(HostFacts, WithoutAnyRuntimeThatIsAProblem) {
    FakeRoot host;
    host.remove("/usr/bin/crun");
    EXPECT_THAT(mends_for(host.observe()).problems, ElementsAre(HasSubstr("neither crun nor runc")));
}

TEST(HostFacts, AHostOfWhichNothingCanBeReadCountsAsUsual) {
    const ScratchFolder empty;
    const HostFacts facts = observe_host({empty.path(), "/usr/bin"});
    EXPECT_EQ(facts.cgroups, Cgroups::v2);
    EXPECT_TRUE(facts.may_raise_limits);
    EXPECT_THAT(mends_for(facts).containers_conf, IsEmpty());
}

TEST(ContainersConf, ALaterFileWinsKeyByKey) {
    ContainersConf conf;
    conf.add("# system\n[containers]\ndefault_capabilities = [\n  \"CHOWN\", # one\n  \"KILL\",\n]\nlog_driver = "
             "\"k8s-file\"\n"
             "[engine.runtimes]\ncrun = [\"/usr/bin/crun\"]\n");
    conf.add("[containers]\nlog_driver=\"journald\" # not [this\npids_limit = 0\n[engine]\nruntime = \"runc\"\n");
    EXPECT_EQ(conf.text(),
              "[containers]\ndefault_capabilities = [ \"CHOWN\", \"KILL\", ]\nlog_driver = \"journald\"\n"
              "pids_limit = 0\n[engine.runtimes]\ncrun = [\"/usr/bin/crun\"]\n[engine]\nruntime = \"runc\"\n");
}

TEST(ContainersConf, BracketsAndSignsInStringsAreText) {
    ContainersConf conf;
    conf.add("[containers]\nenv = [\"A=[#\", 'B=\"']\nbroken = [\"never closed\n");
    EXPECT_EQ(conf.text(), "[containers]\nenv = [\"A=[#\", 'B=\"']\n") << "what is not closed is left out";
}

TEST(ContainersConf, TheSystemsFilesAreTakenInPodmansOrder) {
    FakeRoot host;
    host.add("/usr/share/containers/containers.conf", "[engine]\nruntime = \"vendor\"\nkept = 1\n");
    host.add("/etc/containers/containers.conf", "[engine]\nruntime = \"admin\"\n");
    host.add("/etc/containers/containers.conf.d/20.conf", "[engine]\nruntime = \"twenty\"\n");
    host.add("/etc/containers/containers.conf.d/10.conf", "[engine]\nruntime = \"ten\"\n");
    host.add("/etc/containers/containers.conf.d/30.txt", "[engine]\nruntime = \"no\"\n");
    EXPECT_EQ(system_containers_conf(host.path()).text(), "[engine]\nruntime = \"twenty\"\nkept = 1\n");
}

bool readable(int fd) {
    pollfd waiting{fd, POLLIN, 0};
    return ::poll(&waiting, 1, 10'000) == 1;
}

TEST(ChildProcess, ItsEndIsReadableAndItsStatusIsTaken) {
    const ScratchFolder folder;
    ChildCommand command;
    command.arguments = {"sh", "-c", "echo \"$BERTH_TEST\"; exit 4"};
    command.environment = {"BERTH_TEST=heard"};
    command.log = folder.path() + "/log";
    auto child = ChildProcess::start(command);
    ASSERT_TRUE(child) << child.error().message;
    EXPECT_GT(child->pid(), 1);
    ASSERT_TRUE(readable(child->pidfd()));
    EXPECT_EQ(child->reap(), 4);
    EXPECT_EQ(child->pid(), 0);
    EXPECT_EQ(test::read_file(command.log), "heard\n");
}

TEST(ChildProcess, OneThatIgnoresSigtermIsKilled) {
    const ScratchFolder folder;
    ChildCommand command;
    command.arguments = {"sh", "-c", "trap '' TERM; echo ready; while :; do sleep 60; done"};
    command.log = folder.path() + "/log";
    auto child = ChildProcess::start(command);
    ASSERT_TRUE(child);
    EXPECT_FALSE(child->reap()) << "it still runs";
    const pid_t pid = child->pid();
    child->end(std::chrono::milliseconds{50});
    EXPECT_EQ(child->pid(), 0);
    EXPECT_EQ(::kill(pid, 0), -1) << "it is gone, not a zombie";
}

TEST(ChildProcess, AProgramThatIsNotInstalledIsNamed) {
    ChildCommand command;
    command.arguments = {"berth-no-such-program"};
    const auto child = ChildProcess::start(command);
    ASSERT_FALSE(child);
    EXPECT_EQ(child.error().code, ErrorCode::engine_unavailable);
    EXPECT_THAT(child.error().message, HasSubstr("berth-no-such-program"));
}

} // namespace
} // namespace berth::engine
