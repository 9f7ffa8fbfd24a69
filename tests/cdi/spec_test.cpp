// What a container that berth did not make is given of a seat, as engines read it.

#include "cdi/spec.hpp"
#include "grants/a_seat.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace berth::cdi {
namespace {

using nlohmann::json;
using test::a_full_seat;
using test::a_grant;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr const char* door = "/run/berth/cdi-doors/clients/seat0/door";

Device a_device(const std::string& grant) {
    return device_of(grant, *grants::offer(a_grant(grant), a_full_seat()), door);
}

/// "source -> target", with "rw " before one that may be written to.
std::vector<std::string> told(const Device& device) {
    std::vector<std::string> lines;
    for (const Device::Mount& mount : device.mounts) {
        lines.push_back((mount.writable ? "rw " : "") + mount.source + " -> " + mount.target);
    }
    return lines;
}

std::string in_door(const std::string& name, const std::string& target) {
    return std::string{door} + "/" + name + " -> " + target;
}

TEST(CdiSpec, OfTheDisplayHasItsSocketsWhereProgramsLook) {
    const Device device = a_device("display");
    EXPECT_THAT(told(device),
                ElementsAre(in_door("wayland-0", "/run/berth/wayland-0"), in_door("x11/X5", "/tmp/.X11-unix/X5"),
                            in_door("xauthority", "/run/berth/xauthority")));
    EXPECT_THAT(device.environment, UnorderedElementsAre(testing::Pair("WAYLAND_DISPLAY", "/run/berth/wayland-0"),
                                                         testing::Pair("DISPLAY", ":5"),
                                                         testing::Pair("XAUTHORITY", "/run/berth/xauthority"),
                                                         testing::Pair("XDG_SESSION_TYPE", "wayland")));
    EXPECT_THAT(device.nodes, IsEmpty());
}

TEST(CdiSpec, OfNodesNamesThemAtTheirOwnPaths) {
    const Device gpu = a_device("gpu");
    EXPECT_THAT(gpu.nodes, ElementsAre("/dev/dri/renderD128")) << "and no card";
    EXPECT_THAT(gpu.mounts, IsEmpty()) << "a node is no mount: its rule would be missing";
    const Device camera = a_device("camera");
    EXPECT_THAT(camera.nodes, ElementsAre("/dev/video0", "/dev/video1"));
    EXPECT_THAT(camera.environment, IsEmpty()) << "BERTH_CAMERAS names places of the live grant";
    EXPECT_THAT(a_device("kvm").nodes, ElementsAre("/dev/kvm"));
    EXPECT_THAT(a_device("tun").nodes, ElementsAre("/dev/net/tun"));
}

TEST(CdiSpec, OfANodeHasUdevsRecordWhereLibudevLooks) {
    auto from = a_full_seat();
    from.shares.nodes["/dev/dri/renderD128"].device = "c226:128";
    from.shares.nodes["/dev/dri/renderD128"].record = "E:ID_PATH=x\n";
    const Device gpu = device_of("gpu", *grants::offer(a_grant("gpu"), from), door);
    EXPECT_THAT(told(gpu), ElementsAre(in_door("udev/data/c226:128", "/run/udev/data/c226:128")));
    EXPECT_THAT(gpu.nodes, ElementsAre("/dev/dri/renderD128"));
}

TEST(CdiSpec, OfSharedFoldersBindsThemWhereANewContainerHasThem) {
    EXPECT_THAT(told(a_device("tmp")), ElementsAre("rw " + in_door("tmp", "/tmp")));
    EXPECT_THAT(told(a_device("machine-id")), ElementsAre("/var/lib/berth/seats/seat0/machine-id -> /etc/machine-id"));
}

TEST(CdiSpec, TakesNothingFromWhereADesktopCanWriteButByTheDoor) {
    for (const model::GrantKind kind : published_kinds()) {
        const std::string word = model::text_of(model::Grant{kind, {}});
        for (const Device::Mount& mount : a_device(word).mounts) {
            EXPECT_FALSE(mount.source.starts_with(test::desktop_runtime)) << word << ": " << mount.source;
            EXPECT_FALSE(mount.source.starts_with(test::tmp_volume)) << word << ": " << mount.source;
        }
    }
}

TEST(CdiSpec, OffersNothingThatHearsWhatIsTypedOrIsTheHosts) {
    using enum model::GrantKind;
    for (const model::GrantKind kind : {input, usb, session_bus, ipc, host, shm}) {
        EXPECT_THAT(published_kinds(), testing::Not(testing::Contains(kind)));
    }
}

TEST(CdiSpec, IsJsonAsTheSpecificationHasIt) {
    const json spec = json::parse(spec_text("seat0", {a_device("gpu"), a_device("tmp"), a_device("sound")}));
    EXPECT_EQ(spec["cdiVersion"], "0.3.0");
    EXPECT_EQ(spec["kind"], "berth.org/seat0");
    ASSERT_EQ(spec["devices"].size(), 3U);
    EXPECT_EQ(spec["devices"][0]["name"], "gpu");
    EXPECT_EQ(spec["devices"][0]["containerEdits"],
              json::parse(R"({"deviceNodes":[{"path":"/dev/dri/renderD128","permissions":"rw"}]})"));
    const json tmp = spec["devices"][1]["containerEdits"]["mounts"][0];
    EXPECT_EQ(tmp["hostPath"], std::string{door} + "/tmp");
    EXPECT_EQ(tmp["containerPath"], "/tmp");
    EXPECT_EQ(tmp["options"], json::parse(R"(["rw","bind","nosuid","nodev","noexec"])"));
    EXPECT_THAT(spec["devices"][2]["containerEdits"]["env"],
                ElementsAre("PIPEWIRE_REMOTE=/run/berth/pipewire-0", "PULSE_SERVER=unix:/run/berth/pulse/native"));
}

TEST(CdiSpec, OfASeatWithNothingHasNoDevices) {
    EXPECT_EQ(json::parse(spec_text("seat0", {}))["devices"], json::array());
}

TEST(CdiSpec, IsForSeatsThatAClassCanBeNamedAfter) {
    for (const char* name : {"seat0", "seat-usb-1", "my.seat_2"}) {
        EXPECT_TRUE(can_be_named(name)) << name;
    }
    for (const char* name : {"", "0seat", "seat-", "se at", "s\xc3\xa4t", "seat/0"}) {
        EXPECT_FALSE(can_be_named(name)) << name;
    }
    EXPECT_EQ(file_name("seat0"), "berth.org-seat0.json");
}

} // namespace
} // namespace berth::cdi
