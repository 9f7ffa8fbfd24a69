#include "linux/socket_watch.hpp"
#include "support/door_host.hpp"
#include "support/io_test.hpp"

#include <optional>

namespace berth::os {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using test::Listener;

/// A folder that stands for a desktop's XDG_RUNTIME_DIR.
class SocketWatchTest : public test::IoTest {
  protected:
    SocketWatchTest() {
        seat.name = model::SeatName{"seat0"};
        seat.door = model::DoorPaths{"/door", runtime, "", ""};
        seat.facts = {{"wayland-display", "wayland-1"}};
        fs::create_directories(runtime + "/pulse");
    }

    void watch() {
        sockets.watch(seat, [this] { ++renewed; });
        run_ready();
    }

    bool is_renewed(int times) {
        return run_until([&] { return renewed >= times; }) && renewed == times;
    }

    /// Whatever came of what happened so far has come: another socket was made behind it, and was seen.
    bool nothing_but(int times) {
        const Listener last{runtime + "/wayland-1"};
        return is_renewed(times + 1);
    }

    test::ScratchFolder scratch;
    std::string runtime = scratch.path() + "/runtime";
    model::Seat seat;
    SocketWatch sockets{io, 20ms};
    int renewed{0};
};

TEST_F(SocketWatchTest, ASoundServerThatStartsAnewIsToldOnce) {
    std::optional<Listener> pipewire{runtime + "/pipewire-0"};
    std::optional<Listener> pulse{runtime + "/pulse/native"};
    watch();
    pipewire.reset();
    pulse.reset();
    pipewire.emplace(runtime + "/pipewire-0");
    pulse.emplace(runtime + "/pulse/native");
    EXPECT_TRUE(is_renewed(1));
    EXPECT_TRUE(nothing_but(1));
}

TEST_F(SocketWatchTest, OneThatIsOnlyGoneIsNoNewsUntilAnotherIsThere) {
    std::optional<Listener> pipewire{runtime + "/pipewire-0"};
    watch();
    pipewire.reset();
    EXPECT_TRUE(nothing_but(0));
    const Listener again{runtime + "/pipewire-0"};
    EXPECT_TRUE(is_renewed(2));
}

TEST_F(SocketWatchTest, OneThatComesForTheFirstTimeIsNews) {
    watch();
    const Listener pulse{runtime + "/pulse/native"};
    EXPECT_TRUE(is_renewed(1));
}

TEST_F(SocketWatchTest, AFolderThatIsMadeAnewIsWatchedToo) {
    watch();
    fs::remove_all(runtime + "/pulse");
    fs::create_directories(runtime + "/pulse");
    const Listener first{runtime + "/pulse/native"};
    EXPECT_TRUE(is_renewed(1));
    {
        const Listener second{runtime + "/wayland-1"};
        EXPECT_TRUE(is_renewed(2));
    }
    fs::remove(runtime + "/pulse/native");
    const Listener third{runtime + "/pulse/native"};
    EXPECT_TRUE(is_renewed(3));
}

TEST_F(SocketWatchTest, OtherFilesOfTheDesktopAreNoNews) {
    watch();
    for (int i = 0; i < 2000; ++i) {
        test::write_file(runtime + "/file-" + std::to_string(i), "x");
    }
    test::write_file(runtime + "/pipewire-0", "no socket");
    EXPECT_TRUE(nothing_but(0));
}

TEST_F(SocketWatchTest, ALinkInTheFoldersPlaceIsNotFollowed) {
    fs::remove_all(runtime + "/pulse");
    fs::create_directories(scratch.path() + "/elsewhere");
    fs::create_directory_symlink(scratch.path() + "/elsewhere", runtime + "/pulse");
    watch();
    const Listener pulse{scratch.path() + "/elsewhere/native"};
    EXPECT_TRUE(nothing_but(0));
}

TEST_F(SocketWatchTest, ASeatThatIsForgottenTellsNothing) {
    watch();
    sockets.forget(seat.name);
    const Listener pipewire{runtime + "/pipewire-0"};
    model::Seat other = seat;
    other.name = model::SeatName{"seat1"};
    int of_other = 0;
    sockets.watch(other, [&] { ++of_other; });
    const Listener wayland{runtime + "/wayland-1"};
    EXPECT_TRUE(run_until([&] { return of_other == 1; }));
    EXPECT_EQ(renewed, 0);
    other.door.reset();
    sockets.watch(other, [&] { ++of_other; });
    run_ready();
    EXPECT_EQ(of_other, 1);
}

} // namespace
} // namespace berth::os
