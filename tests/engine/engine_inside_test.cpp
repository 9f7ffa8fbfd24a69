// The engines' contract, continued: what is seen inside a container.

#include "engine/engine_contract.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>

#include <sys/mount.h>
#include <sys/stat.h>

#include <stdexcept>

namespace berth::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST_P(EngineContract, ACommandsOutputAndExitCodeComeBack) {
    run(spec());
    ExecSpec what;
    what.command = {"/bin/sh", "-c", "echo out; echo err >&2; exit 3"};
    const auto result = exec(what);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->exit_code, 3);
    EXPECT_THAT(result->output, HasSubstr("out\n"));
    EXPECT_THAT(result->output, HasSubstr("err\n"));
}

TEST_P(EngineContract, ACommandHasTheContainersEnvironmentAndItsOwn) {
    ContainerSpec wanted = spec();
    wanted.environment = {{"INSIDE", "a b"}};
    run(wanted);
    ExecSpec what;
    what.command = {"/bin/sh", "-c", "echo \"$INSIDE-$GIVEN\""};
    what.environment = {{"GIVEN", "c=d"}};
    const auto result = exec(what);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->output, "a b-c=d\n");
}

TEST_P(EngineContract, ACommandInWhatDoesNotRunIsRefused) {
    ASSERT_TRUE(create(spec()));
    ExecSpec what;
    what.command = {"/bin/true"};
    const auto result = exec(what);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::failed);
}

TEST_P(EngineContract, APathIsFoundInAContainerThatDoesNotRun) {
    ASSERT_TRUE(create(spec()));
    const auto exists = [this](const std::string& path) {
        return ask<bool>([&](Done<bool> done) { engine().path_exists(name_, path, std::move(done)); });
    };
    const auto there = exists("/bin/sh");
    ASSERT_TRUE(there) << there.error().message;
    EXPECT_TRUE(*there);
    const auto not_there = exists("/sbin/init");
    ASSERT_TRUE(not_there) << not_there.error().message;
    EXPECT_FALSE(*not_there);
    name_ += "-not-there";
    const auto no_container = exists("/bin/sh");
    ASSERT_FALSE(no_container);
    EXPECT_EQ(no_container.error().code, ErrorCode::failed);
}

TEST_P(RealEngine, APathIsSoughtInTheContainersOwnRootAlsoWhenItWaitsForItsStart) {
    const ScratchFolder host;
    ASSERT_TRUE(create(spec()));
    const std::map<std::string, std::string> links{{"/mnt/out", "/"}};
    ASSERT_TRUE(ask<void>([&](Done<void> done) { engine().put_links(name_, links, std::move(done)); }));
    const auto exists = [this](const std::string& path) {
        const auto answer = ask<bool>([&](Done<bool> done) { engine().path_exists(name_, path, std::move(done)); });
        EXPECT_TRUE(answer) << answer.error().message;
        return answer && *answer;
    };
    const auto all_is_as_it_should = [&](const std::string& when) {
        EXPECT_TRUE(exists("/bin/sh")) << when;
        EXPECT_FALSE(exists("/sbin/init")) << when;
        EXPECT_TRUE(exists("/mnt/out/bin/sh")) << when;
        EXPECT_FALSE(exists("/mnt/out" + host.path())) << when << ": that is the host's";
    };
    all_is_as_it_should("made");
    ASSERT_TRUE(ask<void>([this](Done<void> done) { engine().initialize(name_, std::move(done)); }));
    all_is_as_it_should("waiting for its start");
}

TEST_P(RealEngine, ANetworkThatComesLaterIsNotThereAtTheStartAndIsWhenItRuns) {
    ContainerSpec wanted = spec();
    wanted.network = "bridge";
    wanted.network_later = true;
    run(wanted);
    const auto join = [this] {
        return ask<void>([this](Done<void> done) { engine().join_networks(name_, std::move(done)); });
    };
    if (std::string{GetParam()} == "docker") { // this one has no network bridge
        EXPECT_TRUE(join());
        return;
    }
    const bool at_start = std::string{GetParam()} == "podman_compat"; // as Docker
    EXPECT_EQ(sh("ls /sys/class/net"), at_start ? "eth0\nlo\n" : "lo\n");
    const auto joined = join();
    ASSERT_TRUE(joined) << joined.error().message;
    EXPECT_EQ(sh("ls /sys/class/net"), "eth0\nlo\n");
    EXPECT_THAT(sh("cat /proc/net/route"), HasSubstr("eth0\t00000000\t")) << "no route leads out";
    EXPECT_TRUE(join()) << "there is nothing more to do";
}

/// A folder that is a shared mount, as the door's host side is; Docker refuses "rslave" from anything else.
class SharedFolder {
  public:
    SharedFolder() {
        const char* path = folder_.path().c_str();
        if (::mount(path, path, nullptr, MS_BIND, nullptr) != 0 ||
            ::mount(nullptr, path, nullptr, MS_PRIVATE, nullptr) != 0 ||
            ::mount(nullptr, path, nullptr, MS_SHARED, nullptr) != 0) {
            throw std::runtime_error{"a shared mount cannot be made"};
        }
    }

    SharedFolder(const SharedFolder&) = delete;
    SharedFolder& operator=(const SharedFolder&) = delete;

    ~SharedFolder() {
        ::umount2((folder_.path() + "/later").c_str(), MNT_DETACH);
        ::umount2(folder_.path().c_str(), MNT_DETACH);
    }

    [[nodiscard]] const std::string& path() const { return folder_.path(); }

  private:
    ScratchFolder folder_;
};

TEST_P(RealEngine, WhatIsMountedInTheDoorLaterAppearsInsideAndGoesAgain) {
    const SharedFolder door;
    const std::string later = door.path() + "/later";
    ASSERT_EQ(::mkdir(later.c_str(), 0755), 0);
    ContainerSpec wanted = spec();
    wanted.mounts = {{door.path(), "/mnt", {"ro", "rslave"}}};
    run(wanted);
    EXPECT_EQ(sh("ls /mnt/later"), "");
    ASSERT_EQ(::mount("tmpfs", later.c_str(), "tmpfs", 0, nullptr), 0);
    write_file(later + "/granted", "");
    EXPECT_EQ(sh("ls /mnt/later"), "granted\n");
    ASSERT_EQ(::umount(later.c_str()), 0);
    EXPECT_EQ(sh("ls /mnt/later"), "");
}

TEST_P(RealEngine, MountsVolumesDevicesHostNameAndUserAreAsTheSpecSays) {
    const SharedFolder folder;
    write_file(folder.path() + "/hello", "from the host\n");
    ContainerSpec wanted = spec();
    wanted.mounts = {{folder.path(), "/mnt", {"ro", "rslave"}}};
    wanted.volumes = {{name_ + "-volume", "/tmp"}};
    wanted.devices = {"/dev/full"};
    wanted.hostname = "ship";
    wanted.shareable_ipc = true;
    wanted.user = "1000:1000";
    run(wanted);
    EXPECT_EQ(sh("cat /mnt/hello"), "from the host\n");
    EXPECT_THAT(sh("touch /mnt/new 2>&1"), HasSubstr("Read-only"));
    EXPECT_EQ(sh("touch /tmp/x && ls /tmp"), "x\n");
    EXPECT_EQ(sh("ls /dev/full"), "/dev/full\n");
    EXPECT_EQ(sh("hostname"), "ship\n");
    EXPECT_EQ(sh("id -u"), "0\n") << "exec runs as root where no user is named";
    ExecSpec what;
    what.command = {"/bin/id", "-u"};
    what.user = "guest";
    const auto guest = exec(what);
    ASSERT_TRUE(guest) << guest.error().message;
    EXPECT_EQ(guest->output, "1000\n");
    ask<void>([this](Done<void> done) { engine().remove(name_, std::move(done)); });
    const auto gone =
        ask<void>([this](Done<void> done) { engine().remove_volume(name_ + "-volume", std::move(done)); });
    EXPECT_TRUE(gone) << gone.error().message;
}

TEST_P(RealEngine, AMountWhoseSourceIsNotThereIsRefusedWithItsName) {
    ContainerSpec wanted = spec();
    wanted.mounts = {{"/berth-no-such-folder", "/mnt", {}}};
    auto result = create(wanted);
    const Error error = !result ? result.error() : start().error();
    EXPECT_EQ(error.code, ErrorCode::failed);
    EXPECT_THAT(error.message, HasSubstr("/berth-no-such-folder"));
}

TEST_P(RealEngine, OutputBeyond64KiBIsDropped) {
    run(spec());
    ExecSpec what;
    what.command = {"/bin/sh", "-c", "yes | head -c 300000; exit 5"};
    const auto result = exec(what);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->output.size(), 64U * 1024U);
    EXPECT_EQ(result->exit_code, 5);
}

TEST_P(RealEngine, ACommandThatDoesNotEndIsKilledAtItsTimeLimit) {
    run(spec());
    ExecSpec what;
    what.command = {"/bin/sleep", "4321"};
    const auto result = exec(what, 3s);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::timed_out);
    EXPECT_THAT(result.error().message, HasSubstr("/bin/sleep"));
    // The signal was sent; the kernel takes the process away a moment later.
    std::string left;
    for (int round = 0; round < 50; ++round) {
        left = sh("cat /proc/[0-9]*/cmdline | tr '\\0' ' '");
        if (left.find("4321") == std::string::npos) {
            break;
        }
    }
    EXPECT_THAT(left, testing::Not(HasSubstr("sleep 4321"))) << "it runs on inside";
}

INSTANTIATE_TEST_SUITE_P(Engines, RealEngine, testing::Values("podman", "podman_compat", "docker"),
                         [](const auto& parameter) { return std::string{parameter.param}; });

} // namespace
} // namespace berth::test
