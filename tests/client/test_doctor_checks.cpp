#include "cli/doctor_checks.hpp"
#include "version.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace berth::cli {

namespace {

namespace fs = std::filesystem;

/// A host made of files.
class DoctorTest : public ::testing::Test {
  protected:
    DoctorTest() {
        char name[] = "/tmp/berth-doctor-XXXXXX";
        root = ::mkdtemp(name);
        host.root = root;
        host.path = "/usr/bin";
        host.run = [this](const std::vector<std::string>& argv) {
            asked.push_back(argv);
            return answers.contains(argv[1]) ? answers[argv[1]] : std::string{};
        };
    }

    ~DoctorTest() override { fs::remove_all(root); }

    DoctorTest(const DoctorTest&) = delete;
    DoctorTest& operator=(const DoctorTest&) = delete;

    void touch(const std::string& path, const std::string& text = "") {
        fs::create_directories(fs::path{root + path}.parent_path());
        std::ofstream{root + path} << text;
    }

    Check check(const std::string& name) {
        const auto all = check_host(host);
        const auto found = std::find_if(all.begin(), all.end(), [&](const Check& each) { return each.name == name; });
        EXPECT_NE(found, all.end()) << name;
        return found == all.end() ? Check{} : *found;
    }

    std::string root;
    Host host;
    std::map<std::string, std::string> answers;
    std::vector<std::vector<std::string>> asked;
};

TEST_F(DoctorTest, OnAnEmptyHostEveryCheckHasAHint) {
    for (const Check& each : check_host(host)) {
        EXPECT_NE(each.health, Health::ok) << each.name;
        EXPECT_NE(each.hint, "") << each.name;
        EXPECT_NE(each.found, "") << each.name;
    }
}

TEST_F(DoctorTest, WithoutAnEngineNothingComesUp) {
    EXPECT_EQ(check("engine").health, Health::missing);
    touch("/usr/bin/podman");
    EXPECT_EQ(check("engine").health, Health::missing) << "a program that does not run is none";
    answers["--version"] = "podman version 4.3.1";
    const Check engine = check("engine");
    EXPECT_EQ(engine.health, Health::ok);
    EXPECT_EQ(engine.found, "podman version 4.3.1");
}

TEST_F(DoctorTest, ANetworkOfItsOwnNeedsABackendAFilterAndNat) {
    touch("/usr/bin/podman");
    answers["-r"] = "6.1.0-28-amd64";
    EXPECT_EQ(check("network").found, "podman without netavark");
    touch("/usr/lib/podman/netavark");
    EXPECT_EQ(check("network").found, "neither iptables nor nft");
    touch("/usr/sbin/iptables"); // not on this user's PATH
    EXPECT_EQ(check("network").found, "the kernel has no NAT");
    EXPECT_EQ(check("network").health, Health::missing);
    EXPECT_THAT(check("network").hint, ::testing::HasSubstr(R"("network": "host")"));
    touch("/lib/modules/6.1.0-28-amd64/kernel/net/netfilter/nf_nat.ko.xz");
    EXPECT_EQ(check("network").health, Health::ok);
}

TEST_F(DoctorTest, OtherWaysToANetworkOfItsOwnCountToo) {
    touch("/usr/bin/nft");
    touch("/proc/sys/net/netfilter/nf_conntrack_max");
    EXPECT_EQ(check("network").health, Health::ok) << "Docker brings its backend";
    touch("/usr/bin/podman");
    EXPECT_EQ(check("network").health, Health::missing);
    touch("/opt/cni/bin/bridge");
    EXPECT_EQ(check("network").health, Health::ok);
}

TEST_F(DoctorTest, WithoutAScreenOnlyAWarning) {
    EXPECT_EQ(check("drm").health, Health::warning);
    touch("/dev/dri/card0");
    touch("/dev/dri/renderD128");
    EXPECT_EQ(check("drm").found, "1 card(s), 1 render node(s)");
    EXPECT_EQ(check("vt").health, Health::warning);
    touch("/dev/tty0");
    touch("/dev/tty1");
    EXPECT_EQ(check("vt").found, "text is drawn nowhere");
    touch("/sys/class/graphics/fb0");
    EXPECT_EQ(check("vt").health, Health::ok);
}

TEST_F(DoctorTest, AGuardIsAProgramAndWhereSystemdRunsAUnitToo) {
    EXPECT_EQ(check("guard").health, Health::warning);
    touch(std::string{libexec_dir} + "/berth-guard");
    EXPECT_EQ(check("guard").found, std::string{libexec_dir} + "/berth-guard");
    fs::create_directories(root + "/run/systemd/system");
    EXPECT_EQ(check("guard").found, "no berth-guard@.service");
    touch("/usr/local/lib/systemd/system/berth-guard@.service");
    EXPECT_EQ(check("guard").health, Health::ok);
}

TEST_F(DoctorTest, TheRuntimeIsLookedFor) {
    EXPECT_EQ(check("oci-runtime").health, Health::missing);
    touch("/usr/bin/crun");
    EXPECT_EQ(check("oci-runtime").found, "crun");
}

TEST_F(DoctorTest, AnOldCgroupHierarchyIsNamed) {
    EXPECT_EQ(check("cgroups").health, Health::missing);
    touch("/sys/fs/cgroup/devices/tasks");
    EXPECT_EQ(check("cgroups").found, "v1");
}

TEST_F(DoctorTest, MissingGroupsAreNamed) {
    touch("/etc/group", "root:x:0:\nvideo:x:44:\naudio:x:29:\ninput:x:105:\ntty:x:5:\n");
    const Check groups = check("groups");
    EXPECT_EQ(groups.health, Health::warning);
    EXPECT_EQ(groups.found, "no group render");
}

TEST_F(DoctorTest, AnAdministratorsProfileCounts) {
    EXPECT_EQ(check("profile").health, Health::missing);
    touch("/etc/berth/desktops/gnome.json", "{}");
    EXPECT_EQ(check("profile").found, "/etc/berth/desktops/gnome.json");
}

TEST_F(DoctorTest, TheHostsUserIsTheProfiles) {
    EXPECT_EQ(check("user").found, "no user with the id 1000");
    EXPECT_EQ(check("user").health, Health::warning) << "the other modes need none";
    touch("/etc/passwd",
          "root:x:0:0:root:/root:/bin/bash\nanna:x:1000:1000::/home/anna:/bin/sh\nbert:x:1234:1::/:/bin/sh\n");
    EXPECT_EQ(check("user").found, "anna (1000)");
    touch("/etc/berth/desktops/gnome.json", R"({"image": "x", "user": {"uid": 1234}})");
    EXPECT_EQ(check("user").found, "bert (1234)");
    touch("/run/berth/desktops/gnome.json", R"({"image": "x", "user": {"uid": 4242}})");
    EXPECT_THAT(check("user").hint, ::testing::HasSubstr("useradd --uid 4242"));
    touch("/run/berth/desktops/gnome.json", "no JSON");
    EXPECT_EQ(check("user").found, "anna (1000)") << "what is wrong with the profile is said by 'up'";
}

TEST_F(DoctorTest, WhatALogindSessionNeedsIsNamedOneByOne) {
    const auto found = [this] { return check("logind").found; };
    EXPECT_EQ(found(), "no logind");
    touch("/run/systemd/seats/seat0");
    EXPECT_EQ(found(), "it runs, but no pam_systemd.so");
    touch("/usr/lib/x86_64-linux-gnu/security/pam_systemd.so");
    EXPECT_EQ(found(), "it runs, but no /etc/pam.d/berth");
    touch("/etc/pam.d/berth");
    EXPECT_EQ(found(), "it runs, but no berth-seat@.service");
    EXPECT_EQ(check("logind").health, Health::warning) << "the other modes work";
    touch("/usr/local/lib/systemd/system/berth-seat@.service");
    EXPECT_EQ(check("logind").health, Health::ok);
    EXPECT_EQ(check("logind").hint, "");
}

TEST_F(DoctorTest, APamModuleOutsideADebiansFolderIsFoundToo) {
    for (const char* path : {"/run/systemd/seats/seat0", "/usr/lib/security/pam_systemd.so", "/etc/pam.d/berth",
                             "/etc/systemd/system/berth-seat@.service"}) {
        touch(path);
    }
    EXPECT_EQ(check("logind").health, Health::ok);
}

TEST_F(DoctorTest, TheImageIsAskedOfTheEngine) {
    touch("/usr/bin/podman");
    EXPECT_EQ(check("image").health, Health::missing);
    answers["image"] = "sha256:0123";
    EXPECT_EQ(check("image").health, Health::ok);
    EXPECT_EQ(asked.back(), (std::vector<std::string>{"podman", "image", "inspect", "--format", "{{.Id}}",
                                                      "localhost/berth/gnome:latest"}));
}

TEST(Doctor, ThisHostIsReallyLookedAt) {
    const Host host = this_host();
    EXPECT_EQ(host.run({"echo", "hello"}), "hello");
    EXPECT_EQ(host.run({"false"}), "");
    EXPECT_EQ(host.run({"/nonexistent/program"}), "");
    EXPECT_EQ(host.root, "");
}

TEST_F(DoctorTest, AppsNeedAKernelThatMountsByDescriptorsAndAFilterForTheBus) {
    for (const auto& [release, health] : {std::pair{"5.11.0-1-amd64\n", Health::warning},
                                          {"5.12.3\n", Health::ok},
                                          {"6.1.0-9-amd64\n", Health::ok},
                                          {"4.19.0\n", Health::warning},
                                          {"weird\n", Health::warning}}) {
        touch("/proc/sys/kernel/osrelease", release);
        EXPECT_EQ(check("clients").health, health) << release;
    }
    EXPECT_THAT(check("bus-filter").hint, ::testing::HasSubstr("xdg-dbus-proxy"));
    touch("/usr/bin/xdg-dbus-proxy");
    EXPECT_EQ(check("bus-filter").health, Health::ok);
}

} // namespace

} // namespace berth::cli
