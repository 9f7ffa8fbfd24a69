// Each kind of grant, as a table: what a seat that has everything offers, and what one that has nothing says.

#include "grants/a_seat.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace berth::grants {
namespace {

using test::a_full_seat;
using test::a_grant;
using test::an_empty_seat;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Variables = std::map<std::string, std::string>;
using Texts = std::vector<std::string>;

struct Kind {
    const char* grant;
    Texts items;
    Variables environment;
    Texts nodes;
    Creation creation;
    const char* complaint; ///< what an empty seat says; "": it has it, too
};

Creation with_devices(Texts devices) {
    Creation made;
    made.devices = std::move(devices);
    return made;
}

Creation with_bind(Bind bind) {
    Creation made;
    made.binds.push_back(std::move(bind));
    return made;
}

Creation with_volume(const std::string& name, const std::string& target) {
    Creation made;
    made.volumes[name] = target;
    return made;
}

Creation with_link(const std::string& path, const std::string& target) {
    Creation made;
    made.links[path] = target;
    return made;
}

Creation with_ipc_of(const std::string& container) {
    Creation made;
    made.ipc_of = container;
    return made;
}

Creation of_the_host() {
    Creation made;
    made.host = true;
    return made;
}

const std::string runtime_dir = test::desktop_runtime;
const std::string tmp_dir = test::tmp_volume;

const std::vector<Kind>& the_table() {
    static const std::vector<Kind> table{
        {"gpu", {"node dri/renderD128 <- /dev + dri/renderD128"}, {}, {"/dev/dri/renderD128"}, {}, "no render node"},
        {"sound",
         {"socket pipewire-0 <- " + runtime_dir + " + pipewire-0",
          "socket pulse/native <- " + runtime_dir + " + pulse/native"},
         {{"PIPEWIRE_REMOTE", "/run/berth/pipewire-0"}, {"PULSE_SERVER", "unix:/run/berth/pulse/native"}},
         {},
         {},
         "no desktop"},
        {"sound:alsa", {"node snd/controlC0 <- /dev + snd/controlC0"}, {}, {"/dev/snd/controlC0"}, {}, "no sound card"},
        {"tmp",
         {"directory rw tmp <- " + tmp_dir + " + "},
         {{"BERTH_TMP", "/run/berth/tmp"}},
         {},
         with_volume("berth-seat0-tmp", "/tmp"),
         "no /tmp volume"},
        {"shm",
         {"directory rw shm <- /run/berth/shm/seat0 + "},
         {{"BERTH_SHM", "/run/berth/shm"}},
         {},
         with_bind({"/run/berth/shm/seat0", "/dev/shm", true}),
         "could not be made"},
        {"ipc", {}, {}, {}, with_ipc_of("c0ffee"), "no desktop"},
        {"machine-id",
         {"file machine-id <- /var/lib/berth/seats/seat0 + machine-id"},
         {},
         {},
         with_bind({"/var/lib/berth/seats/seat0/machine-id", "/etc/machine-id", false}),
         "no desktop"},
        {"pulse",
         {"socket pulse/native <- " + runtime_dir + " + pulse/native"},
         {{"PULSE_SERVER", "unix:/run/berth/pulse/native"}, {"PULSE_RUNTIME_PATH", "/run/berth/pulse"}},
         {},
         with_link("~/.config/pulse/0123456789abcdef0123456789abcdef-runtime", "/run/berth/pulse"),
         "no desktop"},
        {"display",
         {"socket wayland-0 <- " + runtime_dir + " + wayland-3", "socket x11/X5 <- " + tmp_dir + " + .X11-unix/X5",
          "text xauthority <-  + a cookie"},
         {{"WAYLAND_DISPLAY", "/run/berth/wayland-0"},
          {"DISPLAY", ":5"},
          {"XAUTHORITY", "/run/berth/xauthority"},
          {"XDG_SESSION_TYPE", "wayland"}},
         {},
         {},
         "no desktop"},
        {"display:tcp",
         {"text xauthority <-  + a cookie"},
         {{"DISPLAY", "127.0.0.1:5"}, {"XAUTHORITY", "/run/berth/xauthority"}, {"XDG_SESSION_TYPE", "x11"}},
         {},
         {},
         "no desktop"},
        {"sound:tcp",
         {"file rw pulse-cookie <- /run/berth/ports/vlc + cookie"},
         {{"PULSE_SERVER", "tcp:127.0.0.1:4713"}, {"PULSE_COOKIE", "/run/berth/pulse-cookie"}},
         {},
         {},
         "no desktop"},
        {"input", {"node input/event0 <- /dev + input/event0"}, {}, {"/dev/input/event0"}, {}, "no input device"},
        {"camera",
         {"node camera/video0 <- /dev + video0", "node camera/video1 <- /dev + video1"},
         {{"BERTH_CAMERAS", "/run/berth/camera/video0:/run/berth/camera/video1"}},
         {"/dev/video0", "/dev/video1"},
         with_devices({"/dev/video0", "/dev/video1"}),
         "no camera"},
        {"usb:046d:c52b",
         {"node usb/001/004 <- /dev + bus/usb/001/004", "node usb/002/001 <- /dev + bus/usb/002/001"},
         {},
         {"/dev/bus/usb/001/004", "/dev/bus/usb/002/001"},
         {},
         "no such device is plugged in"},
        {"kvm",
         {"node kvm <- /dev + kvm"},
         {{"BERTH_KVM", "/run/berth/kvm"}},
         {"/dev/kvm"},
         with_devices({"/dev/kvm"}),
         "this host has no /dev/kvm"},
        {"tun",
         {"node tun <- /dev + net/tun"},
         {{"BERTH_TUN", "/run/berth/tun"}},
         {"/dev/net/tun"},
         with_devices({"/dev/net/tun"}),
         "this host has no /dev/net/tun"},
        {"session-bus:org.a.B,org.c.*",
         {},
         {{"DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/berth/session/bus"}},
         {},
         {},
         "no desktop"},
        {"host", {}, {{"HOST", "/host"}}, {}, of_the_host(), ""},
    };
    return table;
}

TEST(Kinds, EachOffersWhatItsRowSays) {
    for (const Kind& kind : the_table()) {
        SCOPED_TRACE(kind.grant);
        const auto offered = offer(a_grant(kind.grant), a_full_seat());
        ASSERT_TRUE(offered) << offered.error().message;
        EXPECT_EQ(test::told(offered->items), kind.items);
        EXPECT_EQ(offered->environment, kind.environment);
        EXPECT_EQ(offered->nodes, kind.nodes);
        EXPECT_EQ(offered->creation, kind.creation);
    }
}

TEST(Kinds, EachSaysByItsNameWhatAnEmptySeatLacks) {
    for (const Kind& kind : the_table()) {
        SCOPED_TRACE(kind.grant);
        const auto offered = offer(a_grant(kind.grant), an_empty_seat());
        const std::string complaint = kind.complaint;
        ASSERT_EQ(offered.has_value(), complaint.empty());
        if (!offered) {
            EXPECT_THAT(offered.error().message, HasSubstr("Grant '" + std::string{kind.grant} + "': "));
            EXPECT_THAT(offered.error().message, HasSubstr(complaint));
        }
    }
}

TEST(Kinds, NoneIsMissingInTheTable) {
    for (const model::GrantKind kind : model::all_grant_kinds()) {
        EXPECT_TRUE(std::any_of(the_table().begin(), the_table().end(), [kind](const Kind& row) {
            return a_grant(row.grant).kind == kind;
        })) << model::name_of(kind);
    }
}

TEST(Kinds, EachNodeIsShownInTheDoorUnderOneName) {
    for (const Kind& kind : the_table()) {
        const auto offered = offer(a_grant(kind.grant), a_full_seat());
        ASSERT_TRUE(offered) << kind.grant;
        for (const std::string& node : offered->nodes) {
            const auto shows = [&node](const model::DoorItem& item) { return item.root + "/" + item.path == node; };
            EXPECT_EQ(std::count_if(offered->items.begin(), offered->items.end(), shows), 1) << kind.grant;
        }
    }
}

TEST(Kinds, TheGpuIsNeverACard) {
    auto from = a_full_seat();
    from.seat.devices = {"/dev/dri/card0", "/dev/dri/card1", "/dev/dri/by-path"};
    EXPECT_FALSE(offer(a_grant("gpu"), from));
}

TEST(Kinds, TheSessionBusIsAFilterForItsNamesAsTheDesktopsUser) {
    const auto offered = offer(a_grant("session-bus:org.c.*,org.a.B,org.c.*"), a_full_seat());
    ASSERT_TRUE(offered);
    EXPECT_EQ(offered->bus, (model::BusFilter{runtime_dir, "bus", {"org.a.B", "org.c.*"}, 1234, 1235}));
}

TEST(Kinds, TheSessionBusOfNobodyKnownIsRefused) {
    auto from = a_full_seat();
    from.seat.plan.reset();
    EXPECT_THAT(offer(a_grant("session-bus:org.a.B"), from).error().message, HasSubstr("not known whose"));
}

TEST(Kinds, PulseMakesNoLinkForADesktopWithoutAMachineId) {
    auto from = a_full_seat();
    from.seat.door->machine_id.clear();
    EXPECT_THAT(offer(a_grant("pulse"), from)->creation.links, IsEmpty());
}

TEST(Kinds, ADisplayOfOneSortNamesNoSessionOfTheOther) {
    auto from = a_full_seat();
    from.seat.facts.erase("wayland-display");
    const auto x11 = offer(a_grant("display"), from);
    ASSERT_TRUE(x11);
    EXPECT_FALSE(x11->environment.contains("XDG_SESSION_TYPE")) << "it says wayland, and none is shown";
    from.seat.facts["session-type"] = "x11";
    EXPECT_EQ(offer(a_grant("display"), from)->environment.at("XDG_SESSION_TYPE"), "x11");
}

TEST(Kinds, ADisplayWithoutACookieHasNoXauthority) {
    auto from = a_full_seat();
    from.shares.xauthority.clear();
    const auto offered = offer(a_grant("display"), from);
    ASSERT_TRUE(offered);
    EXPECT_THAT(offered->items, SizeIs(2));
    EXPECT_FALSE(offered->environment.contains("XAUTHORITY"));
}

TEST(Kinds, OverTcpThereIsAPortBehindWhichTheDesktopsSocketIs) {
    using Speech = model::LoopbackPort::Speech;
    const auto display = offer(a_grant("display:tcp"), a_full_seat());
    ASSERT_TRUE(display);
    EXPECT_THAT(display->ports,
                testing::ElementsAre(model::LoopbackPort{6005, Speech::x11, tmp_dir, ".X11-unix/X5", 1234, 1235}));
    const auto sound = offer(a_grant("sound:tcp"), a_full_seat());
    ASSERT_TRUE(sound);
    EXPECT_THAT(sound->ports, testing::ElementsAre(model::LoopbackPort{4713, Speech::pulse, runtime_dir, "pulse/native",
                                                                       1234, 1235, "a sound cookie"}));
}

TEST(Kinds, NobodyIsLetInOverTcpWithoutACookie) {
    auto from = a_full_seat();
    from.shares.xauthority.clear();
    from.cookie = {};
    EXPECT_THAT(offer(a_grant("display:tcp"), from).error().message, HasSubstr("has no cookies"));
    EXPECT_THAT(offer(a_grant("sound:tcp"), from).error().message, HasSubstr("a cookie could not be made"));
}

TEST(Kinds, OverTcpThereIsWhatTheDesktopHas) {
    auto from = a_full_seat();
    from.shares.sound = {"pipewire-0"};
    EXPECT_THAT(offer(a_grant("sound:tcp"), from).error().message, HasSubstr("has no PulseAudio"));
    for (const char* display : {"", "seat:0", ":1000", ":x"}) {
        from.seat.facts["display"] = display;
        EXPECT_THAT(offer(a_grant("display:tcp"), from).error().message, HasSubstr("told of no X11 display"))
            << display;
    }
    from.seat.facts["display"] = ":999";
    EXPECT_EQ(offer(a_grant("display:tcp"), from)->ports.front().port, 6999);
}

TEST(Kinds, SoundIsWhatTheDesktopHasOfItAndInsistingIsAnError) {
    const auto names_of = [](const std::string& grant, std::vector<std::string> sockets) {
        Surroundings from = a_full_seat();
        from.shares.sound = std::move(sockets);
        const auto offered = offer(a_grant(grant), from);
        std::vector<std::string> names;
        for (const model::DoorItem& item : offered ? offered->items : std::vector<model::DoorItem>{}) {
            names.push_back(item.name);
        }
        return offered ? names : std::vector<std::string>{"refused"};
    };
    const std::vector<std::string> refused{"refused"};
    const std::vector<std::string> pipewire{"pipewire-0"};
    const std::vector<std::string> pulse{"pulse/native"};
    EXPECT_EQ(names_of("sound", {"pipewire-0"}), pipewire);
    EXPECT_EQ(names_of("sound", {"pulse/native"}), pulse);
    EXPECT_EQ(names_of("sound", {}), refused);
    EXPECT_EQ(names_of("sound:pipewire", {"pipewire-0", "pulse/native"}), pipewire);
    EXPECT_EQ(names_of("sound:pulse", {"pipewire-0", "pulse/native"}), pulse);
    EXPECT_EQ(names_of("sound:pipewire", {"pulse/native"}), refused);
    EXPECT_EQ(names_of("sound:pulse", {"pipewire-0"}), refused);
}

TEST(Kinds, AProgramIsToldOfTheSoundServersThatThereAre) {
    Surroundings from = a_full_seat();
    from.shares.sound = {"pulse/native"};
    const auto offered = offer(a_grant("sound"), from);
    ASSERT_TRUE(offered);
    EXPECT_FALSE(offered->environment.contains("PIPEWIRE_REMOTE"));
    EXPECT_TRUE(offered->environment.contains("PULSE_SERVER"));
}

} // namespace
} // namespace berth::grants
