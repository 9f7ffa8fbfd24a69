#include "effects/container_spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace berth::effects {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;
using testing::Pair;

model::Seat headless_seat() {
    model::Seat seat;
    seat.name = model::SeatName{"seat0"};
    model::UpPlan plan;
    plan.mode = model::SeatMode::headless;
    plan.profile.name = "gnome";
    plan.profile.image = "localhost/berth/gnome:latest";
    plan.profile.user = {"ann", 1234, 1235, {}};
    plan.profile.network = "bridge";
    plan.profile.environment = {{"LANG", "C.UTF-8"}};
    plan.profile.volumes = {{"/srv/music", "/home/ann/Music", true}, {"/srv/work", "/home/ann/work", false}};
    plan.profile.devices = {{"/dev/dri", false}, {"/dev/snd", true}};
    seat.plan = plan;
    seat.door = model::DoorPaths{"/run/berth/seats/seat0/door", "/run/berth/seats/seat0/runtime",
                                 "/var/lib/berth/seats/seat0/machine-id", "0123"};
    return seat;
}

model::Seat vt_seat() {
    model::Seat seat = headless_seat();
    seat.plan->mode = model::SeatMode::vt;
    seat.vt = model::VtClaim{7, 2, 1};
    return seat;
}

const HostFiles everything_exists{[](const std::string&) { return true; }};

const HostFiles nothing_exists{[](const std::string&) { return false; }};

model::Seat logind_seat() {
    model::Seat seat = headless_seat();
    seat.plan->mode = model::SeatMode::logind;
    seat.plan->profile.devices = {{"/dev/dri", false}, {"/dev/input", false}, {"/dev/snd", true}};
    seat.vt = model::VtClaim{7, 2, 1};
    seat.lease = model::SeatLease{"5", 7, 1234};
    seat.devices = {"/dev/dri/card0", "/dev/dri/renderD128", "/dev/input/event0", "/dev/snd/controlC0",
                    "/dev/snd/pcmC0D0p"};
    seat.door->system_bus = "/run/berth/seats/seat0/system-bus";
    return seat;
}

std::vector<std::string> targets_of(const ports::ContainerSpec& spec) {
    std::vector<std::string> targets;
    for (const auto& mount : spec.mounts) {
        targets.push_back(mount.target);
    }
    return targets;
}

TEST(ContainerSpec, OfAHeadlessSeatIsUnprivilegedAndHasTheDoorReadOnly) {
    const auto spec = container_spec(headless_seat(), "/run/berth", everything_exists);
    EXPECT_EQ(spec.name, "berth-seat0");
    EXPECT_EQ(spec.image, "localhost/berth/gnome:latest");
    EXPECT_THAT(spec.command, ElementsAre("/sbin/init"));
    EXPECT_FALSE(spec.privileged);
    EXPECT_TRUE(spec.systemd);
    EXPECT_TRUE(spec.shareable_ipc);
    EXPECT_EQ(spec.network, "bridge");
    EXPECT_EQ(spec.mounts.at(0), (ports::BindMount{"/run/berth/seats/seat0/door", "/run/berth", {"ro", "rslave"}}));
    EXPECT_THAT(spec.volumes, ElementsAre(ports::VolumeMount{"berth-seat0-tmp", "/tmp"}));
}

TEST(ContainerSpec, TheNetworkAutoIsABridgeAndInModeVtTheHosts) {
    for (const auto& [mode, network] : {std::pair{model::SeatMode::headless, "bridge"},
                                        {model::SeatMode::logind, "bridge"},
                                        {model::SeatMode::vt, "host"}}) {
        model::Seat seat = headless_seat();
        seat.plan->profile.network = "auto";
        seat.plan->mode = mode;
        EXPECT_EQ(container_spec(seat, "/run/berth", everything_exists).network, network);
        seat.plan->profile.network = "harbour";
        EXPECT_EQ(container_spec(seat, "/run/berth", everything_exists).network, "harbour") << "what is named is taken";
    }
}

TEST(ContainerSpec, OfAHeadlessSeatGivesNoDeviceOfTheHost) {
    const auto spec = container_spec(headless_seat(), "/run/berth", everything_exists);
    EXPECT_TRUE(spec.devices.empty());
    EXPECT_THAT(targets_of(spec), Not(Contains(testing::StartsWith("/dev"))));
}

TEST(ContainerSpec, PutsTheRuntimeDirectoryWhereTheUsersIdSays) {
    const auto spec = container_spec(headless_seat(), "/run/berth", everything_exists);
    EXPECT_THAT(targets_of(spec), Contains("/run/user/1234"));
}

TEST(ContainerSpec, BindsTheProfilesVolumes) {
    const auto spec = container_spec(headless_seat(), "/run/berth", everything_exists);
    EXPECT_THAT(spec.mounts, Contains(ports::BindMount{"/srv/music", "/home/ann/Music", {"ro"}}));
    EXPECT_THAT(spec.mounts, Contains(ports::BindMount{"/srv/work", "/home/ann/work", {}}));
}

TEST(ContainerSpec, OnAVtIsPrivilegedAndBindsItsTtyAndDevices) {
    const auto spec = container_spec(vt_seat(), "/run/berth", everything_exists);
    EXPECT_TRUE(spec.privileged);
    EXPECT_TRUE(spec.capabilities.empty()) << "privileged has all";
    const auto targets = targets_of(spec);
    for (const char* path : {"/dev/tty0", "/dev/tty7", "/dev/dri", "/dev/snd", "/run/udev"}) {
        EXPECT_THAT(targets, Contains(path));
    }
}

TEST(ContainerSpec, LeavesOutAnOptionalDeviceThatTheHostLacksAndKeepsARequiredOne) {
    const auto spec = container_spec(vt_seat(), "/run/berth", nothing_exists);
    EXPECT_THAT(targets_of(spec), Not(Contains("/dev/snd")));
    EXPECT_THAT(targets_of(spec), Contains("/dev/dri"));
}

TEST(ContainerSpec, CarriesInLabelsWhatARestoreNeedsAfterACrash) {
    const auto spec = container_spec(vt_seat(), "/run/elsewhere", everything_exists);
    EXPECT_THAT(spec.labels, Contains(Pair(label::instance, "/run/elsewhere")));
    EXPECT_THAT(spec.labels, Contains(Pair(label::vt, "7")));
    EXPECT_THAT(spec.labels, Contains(Pair(label::home_vt, "2")));
    EXPECT_THAT(spec.labels, Contains(Pair(label::keyboard_mode, "1")));
}

TEST(ContainerSpec, OnALogindSeatIsUnprivilegedAndItsLogindMasked) {
    const auto spec = container_spec(logind_seat(), "/run/berth", everything_exists);
    EXPECT_FALSE(spec.privileged);
    EXPECT_THAT(spec.capabilities, Contains("CAP_SETUID"));
    for (const char* dangerous : {"CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD"}) {
        EXPECT_THAT(spec.capabilities, Not(Contains(dangerous)));
    }
    EXPECT_THAT(spec.command, ElementsAre("/sbin/init", "systemd.mask=systemd-logind.service"));
    EXPECT_THAT(spec.mounts, Contains(ports::BindMount{"/run/berth/seats/seat0/system-bus", "/run/dbus", {}}));
}

TEST(ContainerSpec, OnALogindSeatCardsAndInputsAreSeenAndNeverOpened) {
    const auto spec = container_spec(logind_seat(), "/run/berth", everything_exists);
    EXPECT_THAT(spec.devices, ElementsAre("/dev/dri/renderD128", "/dev/snd/controlC0", "/dev/snd/pcmC0D0p"));
    EXPECT_THAT(spec.mounts, Contains(ports::BindMount{"/dev/dri", "/dev/dri", {"ro", "dev"}}));
    EXPECT_THAT(spec.mounts, Contains(ports::BindMount{"/dev/input", "/dev/input", {"ro", "nodev"}}));
    EXPECT_THAT(spec.mounts, Contains(ports::BindMount{"/run/berth/seats/seat0/snd", "/dev/snd", {"ro", "dev"}}))
        << "a folder of berth's, for what is plugged in later";
    EXPECT_THAT(targets_of(spec), Not(Contains(testing::StartsWith("/dev/tty"))));
}

TEST(ContainerSpec, OnALogindSeatReadsItsOwnSessionAndNoOtherOfTheHost) {
    const auto spec = container_spec(logind_seat(), "/run/berth", everything_exists);
    for (const std::string kind : {"sessions", "seats", "users"}) {
        EXPECT_THAT(spec.mounts,
                    Contains(ports::BindMount{"/run/berth/seats/seat0/login/" + kind, "/run/systemd/" + kind, {"ro"}}));
    }
    EXPECT_THAT(spec.mounts, Contains(ports::BindMount{"/run/udev", "/run/udev", {"ro"}}));
    for (const ports::BindMount& mount : spec.mounts) {
        EXPECT_THAT(mount.source, Not(testing::StartsWith("/run/systemd"))) << "the host's own files name all users";
    }
}

TEST(ContainerSpec, OnALogindSeatWithoutSoundLeavesItOut) {
    auto seat = logind_seat();
    seat.devices = {"/dev/dri/card0", "/dev/input/event0"};
    const auto spec = container_spec(seat, "/run/berth", nothing_exists);
    EXPECT_TRUE(spec.devices.empty());
    EXPECT_THAT(targets_of(spec), Contains("/dev/snd")) << "the first card may come yet";
    seat.plan->profile.devices.pop_back();
    EXPECT_THAT(targets_of(container_spec(seat, "/run/berth", nothing_exists)), Not(Contains("/dev/snd")));
}

TEST(ContainerSpec, OnALogindSeatWithoutTerminalsHasItsOwnNodesAndNoTerminal) {
    auto seat = logind_seat();
    seat.name = model::SeatName{"seat1"};
    seat.vt.reset();
    seat.lease->vt = 0;
    seat.devices = {"/dev/dri/card1", "/dev/dri/renderD129", "/dev/input/event4", "/dev/snd/controlC1"};
    const auto spec = container_spec(seat, "/run/berth", everything_exists);
    EXPECT_EQ(spec.name, "berth-seat1");
    EXPECT_THAT(spec.volumes, ElementsAre(ports::VolumeMount{"berth-seat1-tmp", "/tmp"}));
    EXPECT_THAT(spec.devices, ElementsAre("/dev/dri/renderD129", "/dev/snd/controlC1")) << "and none of seat0's";
    EXPECT_FALSE(spec.privileged);
    EXPECT_FALSE(spec.labels.contains(label::vt));
}

TEST(ContainerSpec, OnALogindSeatCarriesTheVtThatAFollowingBerthdRestores) {
    const auto spec = container_spec(logind_seat(), "/run/berth", everything_exists);
    EXPECT_THAT(spec.labels, Contains(Pair(label::vt, "7")));
    EXPECT_THAT(spec.labels, Contains(Pair(label::home_vt, "2")));
}

TEST(HostFiles, AreThoseOfThisHost) {
    const HostFiles host = host_files();
    EXPECT_TRUE(host.exists("/proc/self"));
    EXPECT_FALSE(host.exists("/proc/no-such-thing"));
}

TEST(ContainerSpec, SessionEnvironmentFollowsTheUser) {
    const auto profile = headless_seat().plan->profile;
    EXPECT_EQ(session_user(profile), "1234:1235");
    EXPECT_THAT(session_environment(profile), Contains(Pair("XDG_RUNTIME_DIR", "/run/user/1234")));
    EXPECT_THAT(session_environment(profile),
                Contains(Pair("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/1234/bus")));
}

} // namespace
} // namespace berth::effects
