#include "support/door_host.hpp"

#include <sys/sysmacros.h>

namespace berth::os {
namespace {

namespace fs = std::filesystem;
using model::ClientId;
using model::DoorItem;
using test::connect_error;
using test::item;
using test::Listener;
using test::open_error;
using test::read_file;
using test::write_file;

class ClientDoorsTest : public test::DoorTest {
  protected:
    void open_door() {
        const auto opened = doors.open(app, {"x11", "dri"});
        ASSERT_TRUE(opened.has_value()) << opened.error().message;
        EXPECT_EQ(*opened, door);
    }

    void show(const DoorItem& what) {
        const auto shown = doors.show(app, what);
        ASSERT_TRUE(shown.has_value()) << shown.error().message;
    }

    [[nodiscard]] DoorItem wayland() const { return item("wayland-0", Kind::socket, desktop, "wayland-0"); }
};

TEST_F(ClientDoorsTest, ADoorIsEmptyButForTheFoldersThatWereAskedFor) {
    const auto opened = doors.open(app, {"x11", "a/b"});
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator{door}) {
        found.push_back(entry.path().string().substr(door.size() + 1));
        EXPECT_EQ(fs::status(entry).permissions(), fs::perms{0755}) << entry.path();
    }
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found, (std::vector<std::string>{"a", "a/b", "x11"}));
    EXPECT_EQ(fs::status(runtime + "/clients").permissions(), fs::perms{0700}) << "other users of the host get in";
    EXPECT_EQ(mounts(), 1);
}

TEST_F(ClientDoorsTest, ASocketThatIsShownIsReachedInARunningContainerAndNoMoreOnceHidden) {
    open_door();
    const Listener compositor{desktop + "/wayland-0"};
    const auto inside = container();
    ASSERT_TRUE(inside.ready());
    EXPECT_FALSE(inside.ask("connect wayland-0"));
    show(wayland());
    EXPECT_TRUE(inside.ask("connect wayland-0")) << "connect(2) on a mount that is read-only";
    ASSERT_TRUE(doors.hide(app, "wayland-0").has_value());
    EXPECT_FALSE(inside.ask("is wayland-0"));
    EXPECT_EQ(connect_error(desktop + "/wayland-0"), 0) << "hiding touched what was shown";
    EXPECT_EQ(mounts(), 1);
}

TEST_F(ClientDoorsTest, AnOrdinaryUserInTheContainerReachesTheSocketToo) {
    open_door();
    const Listener compositor{desktop + "/wayland-0"};
    show(wayland());
    fs::permissions(scratch.path(), fs::perms{0755});
    fs::permissions(scratch.path() + "/run/clients",
                    fs::perms{0755}); // in a container the way does not lead through it
    const test::MountNamespace inside{[&](const std::string&) { return connect_error(door + "/wayland-0") == 0; },
                                      [] { return ::setgid(65534) == 0 && ::setuid(65534) == 0; }};
    ASSERT_TRUE(inside.ready());
    EXPECT_TRUE(inside.ask());
}

TEST_F(ClientDoorsTest, ANodeThatIsShownOpensForReadingAndWriting) {
    open_door();
    const auto inside = container();
    show(item("dri/full", Kind::node, "/dev", "full"));
    EXPECT_TRUE(inside.ask("open dri/full"));
    ASSERT_TRUE(doors.hide(app, "dri/full").has_value());
    EXPECT_FALSE(inside.ask("is dri/full"));
    EXPECT_TRUE(inside.ask("is dri")) << "a folder that paths are bound to must stay";
}

TEST_F(ClientDoorsTest, NothingIsWritableButWhatIsSaidToBe) {
    open_door();
    fs::create_directories(desktop + "/tmp");
    write_file(desktop + "/tmp/file", "x");
    write_file(desktop + "/notes", "x");
    auto folder = item("tmp", Kind::directory, desktop, "tmp");
    auto notes = item("notes", Kind::file, desktop, "notes");
    show(folder);
    show(notes);
    const auto inside = container();
    for (const char* name : {"tmp/file", "tmp/new", "notes", "new", "x11/new"}) {
        EXPECT_FALSE(inside.ask(std::string{"write "} + name)) << name;
        EXPECT_NE(open_error(door + "/tmp/file", O_WRONLY), 0);
    }
    folder.writable = true;
    notes.writable = true;
    show(folder);
    show(notes);
    for (const char* name : {"tmp/file", "tmp/new", "notes"}) {
        EXPECT_TRUE(inside.ask(std::string{"write "} + name)) << name;
    }
    EXPECT_FALSE(inside.ask("write new"));
}

TEST_F(ClientDoorsTest, ProgramsAndDevicesInAFolderThatIsShownDoNotWork) {
    open_door();
    fs::create_directories(desktop + "/tmp");
    fs::copy_file("/bin/true", desktop + "/tmp/true");
    ASSERT_EQ(::mknod((desktop + "/tmp/null").c_str(), S_IFCHR | 0666, makedev(1, 3)), 0);
    auto folder = item("tmp", Kind::directory, desktop, "tmp");
    folder.writable = true;
    show(folder);
    EXPECT_EQ(open_error(door + "/tmp/null", O_RDONLY), EACCES);
    EXPECT_EQ(::access((door + "/tmp/true").c_str(), X_OK), -1);
}

TEST_F(ClientDoorsTest, WhatIsMountedBelowAFolderOnTheHostIsNotShownNeitherBeforeNorAfter) {
    open_door();
    for (const char* place : {"before", "after"}) {
        fs::create_directories(desktop + "/tmp/" + place);
    }
    const auto mount = [&](const char* place) {
        const std::string at = desktop + "/tmp/" + place;
        EXPECT_EQ(::mount("none", at.c_str(), "tmpfs", 0, nullptr), 0);
        write_file(at + "/secret", "x");
    };
    mount("before");
    show(item("tmp", Kind::directory, desktop, "tmp"));
    const auto inside = container();
    mount("after");
    for (const char* place : {"before", "after"}) {
        EXPECT_TRUE(inside.ask(std::string{"is tmp/"} + place));
        EXPECT_FALSE(inside.ask(std::string{"is tmp/"} + place + "/secret"));
        EXPECT_EQ(::umount2((desktop + "/tmp/" + place).c_str(), MNT_DETACH), 0);
    }
}

TEST_F(ClientDoorsTest, ATextIsReplacedAsAWholeAndIsAFileOfTheDoor) {
    open_door();
    const auto inside = container();
    auto text = item("xauthority", Kind::text, "");
    text.content = "one";
    show(text);
    EXPECT_TRUE(doors.is_current(app, text));
    EXPECT_TRUE(inside.ask("read xauthority one"));
    text.content = "two";
    EXPECT_FALSE(doors.is_current(app, text));
    show(text);
    EXPECT_TRUE(inside.ask("read xauthority two"));
    EXPECT_EQ(mounts(), 1);
    ASSERT_TRUE(doors.hide(app, "xauthority").has_value());
    EXPECT_FALSE(inside.ask("is xauthority"));
}

TEST_F(ClientDoorsTest, HidingWhatIsNotShownIsFine) {
    open_door();
    for (const char* name : {"nothing", "no/folder", "x11", "x11/X0"}) {
        EXPECT_TRUE(doors.hide(app, name).has_value()) << name;
    }
    EXPECT_TRUE(fs::is_directory(door + "/x11"));
}

TEST_F(ClientDoorsTest, ASocketOfBerthdsOwnInTheDoorIsNeitherHiddenNorCovered) {
    open_door();
    const Listener bus{door + "/bus"};
    const Listener compositor{desktop + "/wayland-0"};
    EXPECT_TRUE(doors.hide(app, "bus").has_value());
    auto what = wayland();
    what.name = "bus";
    const auto shown = doors.show(app, what);
    ASSERT_FALSE(shown.has_value());
    EXPECT_EQ(shown.error().message, "door of client app: bus: something of berthd's own is there");
    EXPECT_EQ(connect_error(door + "/bus"), 0);
}

TEST_F(ClientDoorsTest, NothingIsShownBelowSomethingThatIsShown) {
    open_door();
    fs::create_directories(desktop + "/tmp");
    const Listener compositor{desktop + "/wayland-0"};
    auto folder = item("tmp", Kind::directory, desktop, "tmp");
    folder.writable = true;
    show(folder);
    auto what = wayland();
    what.name = "tmp/wayland-0";
    const auto shown = doors.show(app, what);
    ASSERT_FALSE(shown.has_value());
    EXPECT_NE(shown.error().message.find("tmp is shown itself"), std::string::npos) << shown.error().message;
    EXPECT_FALSE(fs::exists(desktop + "/tmp/wayland-0"));
    EXPECT_FALSE(doors.hide(app, "tmp/wayland-0").has_value());
}

TEST_F(ClientDoorsTest, WhatSomebodyElseMountedInTheDoorIsLeftAlone) {
    open_door();
    const Listener compositor{desktop + "/wayland-0"};
    show(wayland());
    write_file(scratch.path() + "/other", "x");
    ASSERT_EQ(::mount((scratch.path() + "/other").c_str(), (door + "/wayland-0").c_str(), nullptr, MS_BIND, nullptr),
              0);
    const auto hidden = doors.hide(app, "wayland-0");
    ASSERT_FALSE(hidden.has_value());
    EXPECT_EQ(hidden.error().message,
              "door of client app: wayland-0: something that was not shown by berthd is mounted there");
    EXPECT_FALSE(doors.show(app, wayland()).has_value());
    EXPECT_FALSE(doors.is_current(app, wayland()));
    EXPECT_EQ(read_file(door + "/wayland-0"), "x");
    EXPECT_TRUE(doors.close(app).has_value()) << "the door is berthd's own";
}

TEST_F(ClientDoorsTest, ClosingWorksWhileTheContainerSitsInTheDoorAndHoldsWhatItShows) {
    open_door();
    fs::create_directories(desktop + "/tmp");
    show(item("tmp", Kind::directory, desktop, "tmp"));
    const auto inside = container();
    ASSERT_TRUE(inside.ask("enter tmp"));
    const UniqueFd held{::open((door + "/tmp").c_str(), O_RDONLY | O_CLOEXEC)};
    ASSERT_TRUE(held);
    ASSERT_TRUE(doors.close(app).has_value());
    EXPECT_FALSE(inside.ask("is tmp"));
    EXPECT_FALSE(fs::exists(runtime + "/clients/app"));
    EXPECT_TRUE(fs::exists(desktop + "/tmp"));
    EXPECT_TRUE(doors.close(app).has_value()) << "a second time";
}

TEST_F(ClientDoorsTest, WhatAnEarlierBerthdLeftGoesWhenTheDoorIsOpenedAnew) {
    open_door();
    const Listener compositor{desktop + "/wayland-0"};
    show(wayland());
    ClientDoors later{runtime};
    EXPECT_EQ(later.left(), std::vector<ClientId>{app});
    const auto refused = later.show(app, wayland());
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(refused.error().message, "client app has no open door");
    ASSERT_TRUE(later.open(app, {}).has_value());
    EXPECT_FALSE(fs::exists(door + "/wayland-0"));
    EXPECT_EQ(mounts(), 1);
    EXPECT_FALSE(doors.show(app, wayland()).has_value()) << "the earlier one's door is not this one any more";
}

TEST_F(ClientDoorsTest, ADoorThatIsAdoptedGoesOnInTheSameContainer) {
    open_door();
    const Listener compositor{desktop + "/wayland-0"};
    const Listener x{desktop + "/X0"};
    show(wayland());
    show(item("x11/X0", Kind::socket, desktop, "X0"));
    const auto inside = container();
    ClientDoors later{runtime};
    const auto adopted = later.adopt(app);
    ASSERT_TRUE(adopted.has_value()) << adopted.error().message;
    EXPECT_EQ(*adopted, door);
    EXPECT_TRUE(inside.ask("connect wayland-0"));
    EXPECT_TRUE(later.is_current(app, wayland()));
    ASSERT_TRUE(later.hide(app, "x11/X0").has_value());
    EXPECT_FALSE(inside.ask("is x11/X0"));
    ASSERT_TRUE(later.show(app, wayland()).has_value());
    EXPECT_TRUE(inside.ask("connect wayland-0"));
    EXPECT_EQ(mounts(), 2);
    const auto none = later.adopt(ClientId{"other"});
    ASSERT_FALSE(none.has_value());
    EXPECT_EQ(none.error().message, "door of client other: adopt: there is none at " + runtime + "/clients/other/door");
}

TEST_F(ClientDoorsTest, TheLeftDoorsAreListedByNameAndNothingElseIs) {
    EXPECT_TRUE(doors.left().empty());
    for (const char* name : {"vlc", "chrome", "a.b-c_1"}) {
        ASSERT_TRUE(doors.open(ClientId{name}, {}).has_value());
    }
    fs::create_directories(runtime + "/clients/.hidden");
    EXPECT_EQ(doors.left(), (std::vector<ClientId>{ClientId{"a.b-c_1"}, ClientId{"chrome"}, ClientId{"vlc"}}));
}

TEST_F(ClientDoorsTest, NamesThatClimbAreRefusedEverywhere) {
    open_door();
    const std::vector<std::string> names{"",
                                         "/x",
                                         "../x",
                                         "a//b",
                                         "a/",
                                         ".",
                                         "a/../b",
                                         "a/.",
                                         ".x",
                                         "a\nb",
                                         std::string(5000, 'a'),
                                         std::string("a\0b", 3)};
    for (const std::string& name : names) {
        auto what = item(name, Kind::node, "/dev", "null");
        for (const auto& result : {doors.show(app, what), doors.hide(app, name)}) {
            ASSERT_FALSE(result.has_value()) << name;
            EXPECT_EQ(result.error().code, ErrorCode::invalid_argument);
            EXPECT_LT(result.error().message.size(), 200U);
        }
        EXPECT_FALSE(doors.is_current(app, what));
        EXPECT_FALSE(doors.open(ClientId{"other"}, {name}).has_value());
    }
    for (const char* name : {"", "..", ".x", "a/b", "-a", "a b"}) {
        EXPECT_FALSE(doors.open(ClientId{name}, {}).has_value()) << name;
        EXPECT_FALSE(doors.adopt(ClientId{name}).has_value()) << name;
        EXPECT_FALSE(doors.close(ClientId{name}).has_value()) << name;
    }
    EXPECT_FALSE(doors.open(ClientId{std::string(65, 'a')}, {}).has_value());
    EXPECT_EQ(mounts(), 1);
}

} // namespace
} // namespace berth::os
