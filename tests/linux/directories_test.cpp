#include "linux/directories.hpp"
#include "support/mount_namespace.hpp"
#include "support/scratch_folder.hpp"

#include <gtest/gtest.h>

#include <sys/mount.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <fstream>
#include <regex>
#include <unistd.h>

namespace berth::os {
namespace {

namespace fs = std::filesystem;
using test::MountNamespace;
using test::read_file;
using test::write_file;

model::Seat seat_with_plan(const std::string& name = "seat0") {
    model::Seat seat;
    seat.name = model::SeatName{name};
    seat.plan = model::UpPlan{};
    seat.plan->profile.name = "gnome";
    seat.plan->profile.user.groups = {"video", "render", "nosuch"};
    seat.plan->mode = model::SeatMode::vt;
    seat.vt = model::VtClaim{7, 1, 3};
    return seat;
}

model::HostFacts some_host() {
    model::HostFacts host;
    host.groups = {{"video", 44}, {"render", 106}, {"tty", 5}, {"audio", 29}};
    return host;
}

class DirectoriesTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (::geteuid() != 0) {
            GTEST_SKIP() << "mounting needs root";
        }
    }

    void TearDown() override { EXPECT_TRUE((Directories{runtime, state}.close(model::SeatName{"seat0"}).has_value())); }

    test::ScratchFolder scratch;
    std::string runtime = scratch.path() + "/run/berth";
    std::string state = scratch.path() + "/var/berth";
    Directories directories{runtime, state};
};

struct stat status_of(const std::string& path) {
    struct stat status {};

    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return status;
}

TEST_F(DirectoriesTest, TheMenuLiesInTheDoorAndTakesFilesNamesOnly) {
    ASSERT_TRUE(directories.open(seat_with_plan(), some_host()));
    const model::SeatName seat{"seat0"};
    ASSERT_TRUE(directories.put_menu(seat, {{"berth-browser.desktop", "[Desktop Entry]\n"}}));
    const std::string folder = runtime + "/seats/seat0/door/share/applications";
    EXPECT_EQ(read_file(folder + "/berth-browser.desktop"), "[Desktop Entry]\n");
    EXPECT_EQ(status_of(folder + "/berth-browser.desktop").st_mode & 07777U, 0644U);
    EXPECT_TRUE(directories.put_menu(seat, {}));
    for (const char* name : {"", ".hidden", "../../x", "a/b"}) {
        const auto put = directories.put_menu(seat, {{name, "x"}});
        ASSERT_FALSE(put) << name;
        EXPECT_EQ(put.error().code, ErrorCode::invalid_argument);
    }
    EXPECT_FALSE(directories.put_menu(model::SeatName{"../x"}, {}));
}

TEST_F(DirectoriesTest, OpeningMakesEachFolderWithItsOwnerAndMode) {
    auto seat = seat_with_plan();
    seat.plan->profile.user.uid = 1234;
    seat.plan->profile.user.gid = 1235;
    const auto door = directories.open(seat, some_host());
    ASSERT_TRUE(door.has_value()) << door.error().message;
    EXPECT_EQ(door->door, runtime + "/seats/seat0/door");
    EXPECT_EQ(door->runtime, runtime + "/seats/seat0/runtime");
    EXPECT_EQ(door->machine_id_file, state + "/seats/seat0/machine-id");
    const auto user = status_of(door->runtime);
    EXPECT_EQ(user.st_mode & 07777U, 0700U);
    EXPECT_EQ(user.st_uid, 1234U);
    EXPECT_EQ(user.st_gid, 1235U);
    EXPECT_EQ(status_of(door->door).st_mode & 07777U, 0755U);
    EXPECT_EQ(status_of(runtime + "/seats").st_mode & 07777U, 0700U) << "other users of the host must not get in";
}

TEST_F(DirectoriesTest, TheMachineIdIsAVersion4UuidAndIsKept) {
    const auto first = directories.open(seat_with_plan(), some_host());
    ASSERT_TRUE(first.has_value());
    EXPECT_TRUE(std::regex_match(first->machine_id, std::regex{"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}"}))
        << first->machine_id;
    EXPECT_EQ(read_file(first->machine_id_file), first->machine_id + "\n");
    EXPECT_EQ(status_of(first->machine_id_file).st_mode & 07777U, 0444U);
    ASSERT_TRUE(directories.close(model::SeatName{"seat0"}).has_value());
    Directories later{runtime, state};
    const auto second = later.open(seat_with_plan(), some_host());
    ASSERT_TRUE(second.has_value());
    EXPECT_EQ(second->machine_id, first->machine_id);
}

TEST_F(DirectoriesTest, TwoSeatsHaveTwoMachineIds) {
    const auto first = directories.open(seat_with_plan(), some_host());
    const auto second = directories.open(seat_with_plan("seat-kitchen2"), some_host());
    ASSERT_TRUE(first.has_value() && second.has_value());
    EXPECT_NE(first->machine_id, second->machine_id);
    EXPECT_TRUE(directories.close(model::SeatName{"seat-kitchen2"}).has_value());
}

TEST_F(DirectoriesTest, ADamagedMachineIdIsReplaced) {
    for (const std::string damaged :
         {"", "0123", "00000000000000000000000000000000\n", "zz23456789abcdef0123456789abcdef\n"}) {
        fs::create_directories(state + "/seats/seat0");
        write_file(state + "/seats/seat0/machine-id", damaged);
        const auto door = directories.open(seat_with_plan(), some_host());
        ASSERT_TRUE(door.has_value()) << door.error().message;
        EXPECT_EQ(door->machine_id.size(), 32U);
        EXPECT_NE(door->machine_id, damaged.substr(0, 32));
        EXPECT_EQ(read_file(door->machine_id_file), door->machine_id + "\n");
        fs::remove(door->machine_id_file);
    }
}

TEST_F(DirectoriesTest, DesktopEnvSaysWhatTheImageNeedsToKnow) {
    auto seat = seat_with_plan();
    seat.plan->profile.environment = {{"LANG", "de_DE.UTF-8"}, {"MOTD", "a \"b\" $c\\d `e`"}, {"EMPTY", ""}};
    const auto door = directories.open(seat, some_host());
    ASSERT_TRUE(door.has_value());
    EXPECT_EQ(read_file(door->door + "/desktop.env"), "BERTH_SEAT=seat0\n"
                                                      "BERTH_DESKTOP=gnome\n"
                                                      "BERTH_MODE=vt\n"
                                                      "BERTH_USER=berth\n"
                                                      "BERTH_UID=1000\n"
                                                      "BERTH_GID=1000\n"
                                                      "BERTH_WIDTH=1280\n"
                                                      "BERTH_HEIGHT=720\n"
                                                      "BERTH_VT=7\n"
                                                      "BERTH_LOGOUT=end\n"
                                                      "BERTH_GROUPS=\"render:106 tty:5 video:44\"\n"
                                                      "EMPTY=\"\"\n"
                                                      "LANG=de_DE.UTF-8\n"
                                                      "MOTD=\"a \\\"b\\\" \\$c\\\\d \\`e\\`\"\n");
}

TEST_F(DirectoriesTest, ASeatInModeLogindHasItsVt) {
    auto seat = seat_with_plan();
    seat.plan->mode = model::SeatMode::logind;
    const auto door = directories.open(seat, some_host());
    ASSERT_TRUE(door.has_value());
    EXPECT_EQ(door->system_bus, runtime + "/seats/seat0/system-bus");
    const std::string text = read_file(door->door + "/desktop.env");
    EXPECT_NE(text.find("\nBERTH_MODE=logind\n"), std::string::npos) << text;
    EXPECT_NE(text.find("\nBERTH_VT=7\n"), std::string::npos) << text;
}

TEST_F(DirectoriesTest, AHeadlessSeatHasNoVt) {
    auto seat = seat_with_plan();
    seat.plan->mode = model::SeatMode::headless;
    const auto door = directories.open(seat, some_host());
    ASSERT_TRUE(door.has_value());
    const std::string text = read_file(door->door + "/desktop.env");
    EXPECT_NE(text.find("\nBERTH_MODE=headless\n"), std::string::npos) << text;
    EXPECT_NE(text.find("\nBERTH_VT=0\n"), std::string::npos) << text;
}

TEST_F(DirectoriesTest, WhatFollowsALogoutIsTheProfiles) {
    auto seat = seat_with_plan();
    seat.plan->profile.log_in_again = true;
    const auto door = directories.open(seat, some_host());
    ASSERT_TRUE(door.has_value());
    EXPECT_NE(read_file(door->door + "/desktop.env").find("\nBERTH_LOGOUT=again\n"), std::string::npos);
}

TEST_F(DirectoriesTest, AProfileCannotSpeakForBerthNorBreakTheFile) {
    auto seat = seat_with_plan();
    seat.plan->profile.environment = {{"BERTH_UID", "0"}, {"A=B", "x"}, {"A\nB", "x"},
                                      {"", "x"},          {"1A", "x"},  {"OK", "x"}};
    const auto door = directories.open(seat, some_host());
    ASSERT_TRUE(door.has_value());
    const std::string text = read_file(door->door + "/desktop.env");
    EXPECT_TRUE(text.ends_with("tty:5 video:44\"\nOK=x\n")) << text;
    EXPECT_EQ(text.find("BERTH_UID=0"), std::string::npos) << text;
}

TEST_F(DirectoriesTest, AShellReadsBackWhatDesktopEnvMeans) {
    const std::string value = "a 'b' \"c\" $HOME \\n `id` ; x=1 # ü\ttab\nline";
    auto seat = seat_with_plan();
    seat.plan->profile.environment = {{"ODD", value}};
    const auto door = directories.open(seat, some_host());
    ASSERT_TRUE(door.has_value());
    const std::string answer = scratch.path() + "/answer";
    const std::string command = ". " + door->door + "/desktop.env && printf %s \"$ODD\" > " + answer;
    ASSERT_EQ(std::system(command.c_str()), 0); // NOLINT(concurrency-mt-unsafe): one thread
    EXPECT_EQ(read_file(answer), value);
}

TEST_F(DirectoriesTest, WhatIsMountedBelowTheDoorLaterAppearsInASlaveNamespaceAndGoesAgain) {
    const auto door = directories.open(seat_with_plan(), some_host());
    ASSERT_TRUE(door.has_value()) << door.error().message;
    const std::string gift = door->door + "/gift";
    const MountNamespace container{[&](const std::string&) { return fs::exists(gift + "/inside"); }};
    ASSERT_TRUE(container.ready());
    EXPECT_FALSE(container.ask());
    const std::string source = scratch.path() + "/source";
    fs::create_directories(source);
    write_file(source + "/inside", "x");
    fs::create_directories(gift);
    ASSERT_EQ(::mount(source.c_str(), gift.c_str(), nullptr, MS_BIND, nullptr), 0);
    EXPECT_TRUE(container.ask());
    ASSERT_TRUE(directories.close(model::SeatName{"seat0"}).has_value());
    EXPECT_FALSE(container.ask()) << "the mount is still seen after the door was closed";
    EXPECT_TRUE(fs::exists(source + "/inside")) << "closing the door must not touch what was mounted in it";
}

TEST_F(DirectoriesTest, WhatIsMountedInsideTheSlaveNamespaceNeverComesOut) {
    const auto door = directories.open(seat_with_plan(), some_host());
    ASSERT_TRUE(door.has_value());
    fs::create_directories(door->door + "/place");
    const MountNamespace container{
        [&](const std::string&) { return ::mount("none", (door->door + "/place").c_str(), "tmpfs", 0, nullptr) == 0; }};
    ASSERT_TRUE(container.ask());

    struct statx outside {};

    ASSERT_EQ(::statx(AT_FDCWD, (door->door + "/place").c_str(), 0, STATX_TYPE, &outside), 0);
    EXPECT_EQ(outside.stx_attributes & STATX_ATTR_MOUNT_ROOT, 0U);
}

TEST_F(DirectoriesTest, ClosingRemovesEverythingButTheMachineId) {
    const auto door = directories.open(seat_with_plan(), some_host());
    ASSERT_TRUE(door.has_value());
    fs::create_directories(door->runtime + "/a/b/c");
    write_file(door->runtime + "/a/b/c/file", "x");
    fs::create_symlink("/etc", door->runtime + "/link");
    ASSERT_TRUE(directories.close(model::SeatName{"seat0"}).has_value());
    EXPECT_FALSE(fs::exists(runtime + "/seats/seat0"));
    EXPECT_TRUE(fs::exists(door->machine_id_file));
    EXPECT_TRUE(fs::exists("/etc/passwd"));
}

TEST_F(DirectoriesTest, ClosingWhatWasNeverOpenedIsFine) {
    EXPECT_TRUE(directories.close(model::SeatName{"seat0"}).has_value());
    EXPECT_FALSE(fs::exists(runtime));
}

TEST_F(DirectoriesTest, OpeningAgainKeepsTheDoorAndOnlyWritesDesktopEnvAnew) {
    auto seat = seat_with_plan();
    seat.vt.reset();
    const auto first = directories.open(seat, some_host());
    ASSERT_TRUE(first.has_value());
    write_file(first->door + "/bus", "stands for the socket");
    seat.vt = model::VtClaim{9, 1, 3};
    const auto second = directories.open(seat, some_host());
    ASSERT_TRUE(second.has_value());
    EXPECT_EQ(*first, *second);
    EXPECT_EQ(read_file(first->door + "/bus"), "stands for the socket");
    EXPECT_NE(read_file(first->door + "/desktop.env").find("BERTH_VT=9\n"), std::string::npos);
    EXPECT_EQ(::umount2(first->door.c_str(), MNT_DETACH), 0);
    EXPECT_NE(::umount2(first->door.c_str(), MNT_DETACH), 0) << "the door was mounted twice";
}

TEST_F(DirectoriesTest, LeftoversOfAnEarlierBerthdGoWhenASeatIsFirstOpened) {
    const auto first = directories.open(seat_with_plan(), some_host());
    ASSERT_TRUE(first.has_value());
    const std::string gift = first->door + "/gift";
    fs::create_directories(gift);
    ASSERT_EQ(::mount("none", gift.c_str(), "tmpfs", 0, nullptr), 0);
    write_file(first->runtime + "/wayland-0", "stale");
    Directories later{runtime, state};
    const auto second = later.open(seat_with_plan(), some_host());
    ASSERT_TRUE(second.has_value()) << second.error().message;
    EXPECT_FALSE(fs::exists(gift));
    EXPECT_FALSE(fs::exists(first->runtime + "/wayland-0"));
    EXPECT_TRUE(fs::exists(first->door + "/desktop.env"));
}

TEST_F(DirectoriesTest, AnAdoptedSeatKeepsWhatItHas) {
    const auto first = directories.open(seat_with_plan(), some_host());
    ASSERT_TRUE(first.has_value());
    write_file(first->runtime + "/wayland-0", "live");
    Directories later{runtime, state};
    const auto adopted = later.adopt(model::SeatName{"seat0"});
    ASSERT_TRUE(adopted.has_value()) << adopted.error().message;
    EXPECT_EQ(*adopted, *first);
    ASSERT_TRUE(later.open(seat_with_plan(), some_host()).has_value());
    EXPECT_EQ(read_file(first->runtime + "/wayland-0"), "live");
}

TEST_F(DirectoriesTest, ADesktopsSoundNodesAreThoseThatWerePutThereUntilItsEnd) {
    const model::SeatName seat{"seat0"};
    EXPECT_FALSE(directories.put_nodes(seat, {}).has_value()) << "there is no door";
    const auto door = directories.open(seat_with_plan(), some_host());
    ASSERT_TRUE(door.has_value());
    const std::string folder = model::sound_nodes(*door);
    EXPECT_EQ(folder, runtime + "/seats/seat0/snd");
    ASSERT_TRUE(directories.put_nodes(seat, {"/dev/null", "/dev/zero"}).has_value());
    EXPECT_EQ(directories.nodes(seat), (std::vector<std::string>{"/dev/snd/null", "/dev/snd/zero"}));
    Directories later{runtime, state};
    ASSERT_TRUE(later.adopt(seat).has_value());
    ASSERT_TRUE(later.put_nodes(seat, {"/dev/zero"}).has_value());
    EXPECT_EQ(later.nodes(seat), (std::vector<std::string>{"/dev/snd/zero"}));
    ASSERT_TRUE(later.close(seat).has_value());
    EXPECT_FALSE(fs::exists(folder));
    EXPECT_TRUE(later.nodes(seat).empty());
    EXPECT_FALSE(later.put_nodes(seat, {"/dev/zero"}).has_value()) << "its end came first";
    EXPECT_FALSE(fs::exists(folder));
}

TEST_F(DirectoriesTest, ASeatWithoutADoorCannotBeAdopted) {
    const auto adopted = directories.adopt(model::SeatName{"seat0"});
    ASSERT_FALSE(adopted.has_value());
    EXPECT_NE(adopted.error().message.find("seat seat0 has no door"), std::string::npos);
}

TEST_F(DirectoriesTest, ASymbolicLinkInPlaceOfAFolderIsRefused) {
    fs::create_directories(runtime + "/seats/seat0");
    fs::create_directories(scratch.path() + "/victim");
    write_file(scratch.path() + "/victim/precious", "x");
    fs::create_symlink(scratch.path() + "/victim", runtime + "/seats/seat0/runtime");
    const auto door = directories.open(seat_with_plan(), some_host());
    ASSERT_TRUE(door.has_value()) << "the stale link is a leftover and goes: " << door.error().message;
    EXPECT_FALSE(fs::is_symlink(door->runtime));
    EXPECT_EQ(read_file(scratch.path() + "/victim/precious"), "x");
    fs::remove(door->runtime);
    fs::create_symlink(scratch.path() + "/victim", door->runtime);
    EXPECT_FALSE(directories.open(seat_with_plan(), some_host()).has_value());
    EXPECT_EQ(status_of(scratch.path() + "/victim").st_uid, 0U);
}

TEST_F(DirectoriesTest, WhatIsMountedInTheRuntimeFolderIsNotEmptied) {
    const auto door = directories.open(seat_with_plan(), some_host());
    ASSERT_TRUE(door.has_value());
    const std::string precious = scratch.path() + "/precious";
    const std::string place = door->runtime + "/place";
    fs::create_directories(precious);
    write_file(precious + "/file", "x");
    fs::create_directories(place);
    ASSERT_EQ(::mount(precious.c_str(), place.c_str(), nullptr, MS_BIND, nullptr), 0);
    EXPECT_FALSE(directories.close(model::SeatName{"seat0"}).has_value());
    EXPECT_EQ(read_file(precious + "/file"), "x");
    ASSERT_EQ(::umount2(place.c_str(), MNT_DETACH), 0);
    EXPECT_TRUE(directories.close(model::SeatName{"seat0"}).has_value());
}

TEST_F(DirectoriesTest, SeatNamesThatAreNoPlainWordsAreRefused) {
    const std::string too_long(65, 'a');
    for (const std::string& name :
         std::vector<std::string>{"", ".", "..", "../x", "a/b", "seat.0", "seat:0", "a b", "séat", too_long}) {
        auto seat = seat_with_plan(name);
        const auto opened = directories.open(seat, some_host());
        ASSERT_FALSE(opened.has_value()) << name;
        EXPECT_EQ(opened.error().code, ErrorCode::invalid_argument);
        EXPECT_FALSE(directories.close(seat.name).has_value());
        EXPECT_FALSE(directories.adopt(seat.name).has_value());
    }
    EXPECT_FALSE(fs::exists(runtime));
}

TEST_F(DirectoriesTest, AStateFolderThatCannotBeWrittenIsAnErrorThatSaysSo) {
    Directories broken{runtime, "/proc/nowhere"};
    const auto opened = broken.open(seat_with_plan(), some_host());
    ASSERT_FALSE(opened.has_value());
    EXPECT_NE(opened.error().message.find("/proc/nowhere"), std::string::npos) << opened.error().message;
}

} // namespace
} // namespace berth::os
