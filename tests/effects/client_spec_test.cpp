// What a client's container is made from: a table of what the profile and its grants set.

#include "effects/client_fixture.hpp"
#include "effects/client_spec.hpp"

#include <gmock/gmock.h>

namespace berth::effects {
namespace {

using ports::BindMount;
using test::client_id;
using test::some_grants;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;
using Bound = std::vector<std::pair<std::string, std::string>>;

model::Client a_client() {
    model::Client client;
    client.id = client_id;
    client.seat = test::seat_name;
    client.plan.app.name = "player";
    client.plan.app.image = test::client_image;
    client.door = model::ClientDoor{"/door", {}};
    return client;
}

/// Every kind of hardware, and a desktop.
grants::Surroundings surroundings() {
    grants::Surroundings from;
    from.seat.name = test::seat_name;
    from.seat.container = "c0ffee";
    from.seat.door = model::DoorPaths{"/seat/door", "/seat/runtime", "/seat/machine-id", "0123"};
    from.seat.facts = {{"wayland-display", "wayland-0"}, {"display", ":0"}};
    from.seat.devices = {"/dev/dri/renderD128", "/dev/input/event0"};
    from.shares.tmp = "/volumes/tmp";
    from.shares.shm = "/shm/seat0";
    from.shares.sound = {"pipewire-0", "pulse/native"};
    from.shares.cameras = {"/dev/video0"};
    from.shares.nodes = {{"/dev/dri/renderD128", {226, 128, 105}},
                         {"/dev/input/event0", {13, 64, 0}},
                         {"/dev/video0", {81, 0, 44}},
                         {"/dev/kvm", {10, 232, 105}}};
    return from;
}

ports::ContainerSpec spec_of(model::Client client, const std::vector<std::string>& texts,
                             const grants::Surroundings& from = surroundings()) {
    client.grants = some_grants(texts);
    return client_spec(client, *grants::offer_all(client.grants, from), from, "/run/berth");
}

/// Where each host path is seen.
Bound bound(const ports::ContainerSpec& spec) {
    Bound all;
    for (const BindMount& mount : spec.mounts) {
        all.emplace_back(mount.source, mount.target);
    }
    return all;
}

TEST(ClientSpec, OfAClientThatIsGrantedNothingIsUnprivilegedAndHasItsDoor) {
    const auto spec = spec_of(a_client(), {});
    EXPECT_EQ(spec.name, "berth-client-vlc");
    EXPECT_EQ(spec.image, test::client_image);
    EXPECT_EQ(spec.network, "none");
    EXPECT_EQ(spec.mounts.at(0), (BindMount{"/door", "/run/berth", {"ro", "rslave"}}));
    EXPECT_FALSE(spec.privileged || spec.host_namespaces || spec.systemd || spec.shareable_ipc || spec.open_stdin ||
                 spec.terminal);
    EXPECT_THAT(spec.devices, IsEmpty());
    EXPECT_THAT(spec.device_rules, IsEmpty());
    EXPECT_THAT(spec.groups, IsEmpty());
    EXPECT_THAT(spec.volumes, IsEmpty());
    EXPECT_THAT(spec.environment, IsEmpty());
    EXPECT_THAT(spec.capabilities, IsEmpty()) << "the engine's default";
    EXPECT_EQ(spec.ipc_of, "");
}

TEST(ClientSpec, HasLabelsByWhichItIsFoundAgain) {
    EXPECT_THAT(spec_of(a_client(), {}).labels,
                UnorderedElementsAre(Pair(label::client, "vlc"), Pair(label::app, "player"),
                                     Pair(label::instance, "/run/berth")));
}

TEST(ClientSpec, HasEachMemberThatTheProfileSets) {
    auto client = a_client();
    model::AppProfile& app = client.plan.app;
    app.command = {"not", "this"};
    client.plan.command = {"vlc", "film"};
    client.plan.streamed = client.plan.terminal = true;
    app.user = "1000:1000";
    app.working_directory = "/srv";
    app.environment = {{"LANG", "C.UTF-8"}};
    app.network = "harbour";
    app.capabilities = {"CAP_NET_ADMIN"};
    app.cdi = {"nvidia.com/gpu=all"};
    app.limits = {512, 64, 150};
    app.volumes = {{"/srv/music", "/music", true}, {"/srv/work", "/work", false}};
    const auto spec = spec_of(client, {});
    EXPECT_THAT(spec.command, ElementsAre("vlc", "film")) << "the plan's: the caller's, or the profile's";
    EXPECT_EQ(spec.user, "1000:1000");
    EXPECT_EQ(spec.working_directory, "/srv");
    EXPECT_THAT(spec.environment, ElementsAre(Pair("LANG", "C.UTF-8")));
    EXPECT_EQ(spec.network, "harbour");
    EXPECT_THAT(spec.added_capabilities, ElementsAre("CAP_NET_ADMIN"));
    EXPECT_THAT(spec.cdi_devices, ElementsAre("nvidia.com/gpu=all"));
    EXPECT_EQ(spec.memory_bytes, 512U * 1024U * 1024U);
    EXPECT_EQ(spec.pids, 64U);
    EXPECT_EQ(spec.cpu_percent, 150U);
    EXPECT_TRUE(spec.open_stdin);
    EXPECT_TRUE(spec.terminal);
    EXPECT_THAT(spec.mounts, Contains(BindMount{"/srv/music", "/music", {"ro"}}));
    EXPECT_THAT(spec.mounts, Contains(BindMount{"/srv/work", "/work", {}}));
}

TEST(ClientSpec, OfMuchMemoryDoesNotOverflow) {
    auto client = a_client();
    client.plan.app.limits.memory_mib = 8ULL * 1024 * 1024;
    EXPECT_EQ(spec_of(client, {}).memory_bytes, 8ULL << 40U);
}

TEST(ClientSpec, BindsTheDoorsFoldersWhereProgramsLook) {
    const auto spec = spec_of(a_client(), {});
    for (const auto& [folder, target] : Bound{{"/door/dri", "/dev/dri"},
                                              {"/door/input", "/dev/input"},
                                              {"/door/snd", "/dev/snd"},
                                              {"/door/usb", "/dev/bus/usb"}}) {
        EXPECT_THAT(spec.mounts, Contains(BindMount{folder, target, {"ro", "rslave", "dev"}}));
    }
    EXPECT_THAT(spec.mounts, Contains(BindMount{"/door/x11", "/tmp/.X11-unix", {"ro", "rslave"}}));
    EXPECT_THAT(spec.mounts, Contains(BindMount{"/door/udev", "/run/udev", {"ro", "rslave"}}));
}

TEST(ClientSpec, BindsNoFolderThatTheDoorDoesNotHave) {
    const auto folders = door_folders();
    for (const auto& [source, target] : bound(spec_of(a_client(), {}))) {
        if (source.starts_with("/door/")) {
            EXPECT_THAT(folders, Contains(source.substr(6)));
        }
    }
}

TEST(ClientSpec, SharesTheDesktopsTmpWithItsX11SocketsAndBindsNothingIntoIt) {
    const auto spec = spec_of(a_client(), {"tmp", "display"});
    EXPECT_THAT(spec.volumes, ElementsAre(ports::VolumeMount{"berth-seat0-tmp", "/tmp"}));
    EXPECT_THAT(bound(spec), Not(Contains(Pair("/door/x11", testing::_))));
    EXPECT_THAT(bound(spec), Contains(Pair("/door/dri", "/dev/dri")));
}

TEST(ClientSpec, OpensByRulesWhatIsInTheDoorAndGivesTheNodesGroup) {
    const auto spec = spec_of(a_client(), {"gpu"});
    EXPECT_THAT(spec.device_rules, ElementsAre("c 226:128 rw"));
    EXPECT_THAT(spec.groups, ElementsAre(105U));
    EXPECT_THAT(spec.devices, IsEmpty());
}

TEST(ClientSpec, HasNodesAtTheirOwnPathsWithTheirGroupsAndWithoutASecondRule) {
    const auto spec = spec_of(a_client(), {"camera", "kvm", "gpu"});
    EXPECT_THAT(spec.devices, ElementsAre("/dev/video0", "/dev/kvm"));
    EXPECT_THAT(spec.device_rules, ElementsAre("c 226:128 rw"));
    EXPECT_THAT(spec.groups, UnorderedElementsAre(44U, 105U)) << "each once; who is not root needs them there, too";
}

TEST(ClientSpec, GivesNobodyTheGroupOfRoot) {
    const auto spec = spec_of(a_client(), {"input"});
    EXPECT_THAT(spec.device_rules, ElementsAre("c 13:64 rw"));
    EXPECT_THAT(spec.groups, IsEmpty());
}

TEST(ClientSpec, LeavesOutTheRuleOfANodeThatIsGone) {
    auto from = surroundings();
    from.shares.nodes.erase("/dev/dri/renderD128");
    EXPECT_THAT(spec_of(a_client(), {"gpu"}, from).device_rules, IsEmpty());
}

TEST(ClientSpec, HasTheGrantsEnvironmentAndTheProfilesWordWins) {
    auto client = a_client();
    client.plan.app.environment = {{"WAYLAND_DISPLAY", "mine"}, {"LANG", "C"}};
    const auto spec = spec_of(client, {"display"});
    EXPECT_THAT(spec.environment,
                UnorderedElementsAre(Pair("WAYLAND_DISPLAY", "mine"), Pair("LANG", "C"), Pair("DISPLAY", ":0")));
}

TEST(ClientSpec, JoinsAndBindsWhatItsGrantsSay) {
    const auto spec = spec_of(a_client(), {"ipc", "machine-id", "shm"});
    EXPECT_EQ(spec.ipc_of, "c0ffee");
    EXPECT_THAT(spec.mounts, Contains(BindMount{"/seat/machine-id", "/etc/machine-id", {"ro"}}));
    EXPECT_THAT(spec.mounts, Contains(BindMount{"/shm/seat0", "/dev/shm", {}}));
}

TEST(ClientSpec, OfAHostClientIsPrivilegedAndHasTheHostsDevAndFiles) {
    const auto spec = spec_of(a_client(), {"host"});
    EXPECT_TRUE(spec.privileged);
    EXPECT_TRUE(spec.host_namespaces);
    EXPECT_EQ(spec.network, "host");
    EXPECT_THAT(spec.environment, Contains(Pair("HOST", "/host")));
    EXPECT_THAT(spec.mounts, Contains(BindMount{"/", "/host", {"rw", "rslave"}}));
    EXPECT_THAT(bound(spec), Not(Contains(Pair(testing::StartsWith("/door/"), testing::StartsWith("/dev")))));
    EXPECT_THAT(bound(spec), Not(Contains(Pair("/door/udev", "/run/udev")))) << "the host's is in /host/run/udev";
}

TEST(ClientSpec, OfAHostClientHasItsOtherGrantsToo) {
    const auto spec = spec_of(a_client(), {"host", "display", "machine-id", "shm", "ipc", "gpu"});
    EXPECT_THAT(bound(spec), Contains(Pair("/door/x11", "/tmp/.X11-unix")));
    EXPECT_THAT(bound(spec), Contains(Pair("/seat/machine-id", "/etc/machine-id")));
    EXPECT_THAT(bound(spec), Contains(Pair("/shm/seat0", "/dev/shm")));
    EXPECT_EQ(spec.ipc_of, "") << "no engine makes one with the host's IPC namespace and another's";
    EXPECT_THAT(spec.device_rules, IsEmpty()) << "it may open everything";
}

TEST(ClientSpec, NoTwoMountsHaveOneTarget) {
    for (const auto& texts :
         std::vector<std::vector<std::string>>{{"display", "gpu", "sound", "tmp", "shm", "machine-id", "camera", "kvm"},
                                               {"host", "tmp", "shm", "display"}}) {
        const auto spec = spec_of(a_client(), texts);
        std::set<std::string> targets;
        for (const auto& [source, target] : bound(spec)) {
            EXPECT_TRUE(targets.insert(target).second) << target;
        }
        for (const ports::VolumeMount& volume : spec.volumes) {
            EXPECT_TRUE(targets.insert(volume.target).second) << volume.target;
        }
    }
}

TEST(ClientLinks, AreTheGrantsAndTheProfilesWhoseWordWins) {
    auto client = a_client();
    const std::string pulse = "~/.config/pulse/0123-runtime";
    client.plan.app.links = {{"/opt/film", "/srv/film"}};
    const auto offer = *grants::offer_all(some_grants({"pulse"}), surroundings());
    EXPECT_THAT(client_links(client, offer),
                UnorderedElementsAre(Pair("/opt/film", "/srv/film"), Pair(pulse, "/run/berth/pulse")));
    client.plan.app.links[pulse] = "/elsewhere";
    EXPECT_EQ(client_links(client, offer).at(pulse), "/elsewhere");
}

TEST(PartsOf, TellWhatEachGrantMakesAndLeaveOutWhatCannotBeHad) {
    const auto parts = parts_of(some_grants({"gpu", "display", "usb:046d:c52b"}), surroundings());
    ASSERT_EQ(parts.size(), 2U);
    EXPECT_THAT(parts.at("gpu").items, ElementsAre("dri/renderD128"));
    EXPECT_THAT(parts.at("gpu").nodes, ElementsAre("/dev/dri/renderD128"));
    EXPECT_THAT(parts.at("display").items, ElementsAre("wayland-0", "x11/X0"));
    EXPECT_THAT(parts.at("display").environment, Contains(Pair("DISPLAY", ":0")));
}

} // namespace
} // namespace berth::effects
