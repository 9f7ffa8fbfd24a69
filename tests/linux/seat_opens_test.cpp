#include "linux/seat_opens.hpp"
#include "support/a_process.hpp"
#include "support/door_host.hpp"

#include <gmock/gmock.h>

#include <sys/prctl.h>
#include <sys/sysmacros.h>

namespace berth::os {
namespace {

namespace fs = std::filesystem;
using test::Child;
using test::ControlGroup;
using test::item;
using ::testing::HasSubstr;

constexpr std::uint32_t desktop_user = 1000;

/// A folder that stands for a desktop's, and a socket in it that is its user's.
class SeatOpensTest : public ::testing::Test {
  protected:
    using Kind = model::DoorItem::Kind;

    SeatOpensTest() {
        fs::permissions(scratch.path(), fs::perms{0755});
        listen_at("wayland-0", 8);
    }

    void listen_at(const std::string& name, int backlog) {
        listening.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const std::string path = scratch.path() + "/" + name;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        ::bind(listening.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
        ::chmod(path.c_str(), 0700);
        if (::geteuid() == 0) {
            EXPECT_EQ(::chown(path.c_str(), desktop_user, desktop_user), 0);
        }
        ::listen(listening.get(), backlog);
    }

    [[nodiscard]] model::DoorItem socket_item(const std::string& name = "wayland-0") const {
        return item(name, Kind::socket, scratch.path(), name);
    }

    /// As the desktop's user where the test can be that.
    Result<UniqueFd> connect(const std::string& name = "wayland-0") {
        return ::geteuid() == 0 ? opens.connection(socket_item(name), desktop_user, desktop_user)
                                : opens.connection(socket_item(name), ::geteuid(), ::getegid());
    }

    static std::size_t descriptors() {
        std::size_t count = 0;
        for ([[maybe_unused]] const auto& entry : fs::directory_iterator{"/proc/self/fd"}) {
            ++count;
        }
        return count;
    }

    static void expect_as_a_program_wants_it(const UniqueFd& fd) {
        EXPECT_EQ(::fcntl(fd.get(), F_GETFD), FD_CLOEXEC);
        EXPECT_EQ(::fcntl(fd.get(), F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDWR);
    }

    test::ScratchFolder scratch;
    UniqueFd listening;
    SeatOpens opens;
};

TEST_F(SeatOpensTest, ANodeIsThatNodeForReadingAndWriting) {
    const auto node = opens.node(item("dri/null", Kind::node, "/dev", "null"));
    ASSERT_TRUE(node) << node.error().message;

    struct stat status {};

    ASSERT_EQ(::fstat(node->get(), &status), 0);
    EXPECT_EQ(status.st_rdev, makedev(1, 3));
    expect_as_a_program_wants_it(*node);
    EXPECT_EQ(::write(node->get(), "x", 1), 1);
}

TEST_F(SeatOpensTest, WhatIsNoNodeOrBehindALinkIsRefusedWithItsPath) {
    const auto socket = opens.node(item("dri/a", Kind::node, scratch.path(), "wayland-0"));
    ASSERT_FALSE(socket);
    EXPECT_THAT(socket.error().message, HasSubstr(scratch.path() + "/wayland-0 is a socket, not a device node"));
    fs::create_symlink("/dev/null", scratch.path() + "/link");
    EXPECT_FALSE(opens.node(item("dri/a", Kind::node, scratch.path(), "link")));
}

TEST_F(SeatOpensTest, AConnectionIsTheDesktopUsersOwnAndCarriesBytes) {
    const auto socket = connect();
    ASSERT_TRUE(socket) << socket.error().message;
    expect_as_a_program_wants_it(*socket);
    const UniqueFd server{::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    ucred peer{};
    socklen_t size = sizeof peer;
    ASSERT_EQ(::getsockopt(server.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size), 0);
    EXPECT_EQ(peer.uid, ::geteuid() == 0 ? desktop_user : ::geteuid());
    EXPECT_EQ(peer.gid, ::geteuid() == 0 ? desktop_user : ::getegid());
    char word = 0;
    EXPECT_EQ(::write(socket->get(), "x", 1), 1);
    EXPECT_EQ(::read(server.get(), &word, 1), 1);
    EXPECT_EQ(word, 'x');
}

TEST_F(SeatOpensTest, WhoConnectsIsWhoItWasAfterwards) {
    const int dumpable = ::prctl(PR_GET_DUMPABLE);
    const auto user = std::pair{::geteuid(), ::getegid()};
    ASSERT_TRUE(connect());
    EXPECT_FALSE(connect("none"));
    EXPECT_EQ((std::pair{::geteuid(), ::getegid()}), user);
    EXPECT_EQ(::prctl(PR_GET_DUMPABLE), dumpable);
    EXPECT_TRUE(fs::exists("/proc/1/environ"));
}

TEST_F(SeatOpensTest, ASocketThatItsUserMayNotConnectToIsRefused) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "needs root, to be somebody else";
    }
    const auto refused = opens.connection(socket_item(), desktop_user + 1, desktop_user + 1);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("connect to " + scratch.path() + "/wayland-0"));
}

TEST_F(SeatOpensTest, NobodyWhoListensIsToldAtOnce) {
    listening.reset();
    const auto refused = connect();
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("connect to " + scratch.path() + "/wayland-0"));
    const auto absent = connect("none");
    ASSERT_FALSE(absent);
    EXPECT_THAT(absent.error().message, HasSubstr(scratch.path() + "/none"));
}

TEST_F(SeatOpensTest, ADesktopThatAcceptsNobodyBlocksNobody) {
    listen_at("frozen", 0);
    std::vector<UniqueFd> waiting;
    Result<UniqueFd> last = connect("frozen");
    for (int left = 16; left > 0 && last; --left) { // connect(2) would wait for ever for a place in the queue
        waiting.push_back(std::move(*last));
        last = connect("frozen");
    }
    ASSERT_FALSE(last);
    EXPECT_THAT(last.error().message, HasSubstr("accepts nobody"));
}

TEST_F(SeatOpensTest, ALinkInASocketsPlaceIsNotFollowed) {
    fs::create_symlink(scratch.path() + "/wayland-0", scratch.path() + "/link");
    const auto refused = connect("link");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("symbolic link"));
    EXPECT_FALSE(connect("../" + fs::path{scratch.path()}.filename().string() + "/wayland-0"));
}

TEST_F(SeatOpensTest, TheIpcNamespaceIsThatOfTheContainersFirstProcess) {
    const std::string container = "fedcba9876543210" + std::to_string(::getpid());
    const ControlGroup group{"libpod-" + container + ".scope"};
    const Child init;
    const auto before = opens.ipc_namespace(init.pid(), container);
    ASSERT_FALSE(before) << "not in its control group";
    EXPECT_THAT(before.error().message, HasSubstr("/ns/ipc"));
    if (!group.take(init.pid())) {
        GTEST_SKIP() << "no control group can be made here";
    }
    const auto space = opens.ipc_namespace(init.pid(), container);
    ASSERT_TRUE(space) << space.error().message;

    struct stat opened {};

    struct stat expected {};

    ASSERT_EQ(::fstat(space->get(), &opened), 0);
    ASSERT_EQ(::stat(("/proc/" + std::to_string(init.pid()) + "/ns/ipc").c_str(), &expected), 0);
    EXPECT_EQ(opened.st_ino, expected.st_ino);
    EXPECT_EQ(opened.st_dev, expected.st_dev);
    EXPECT_EQ(::fcntl(space->get(), F_GETFD), FD_CLOEXEC);
}

TEST_F(SeatOpensTest, OfAProcessThatIsGoneThereIsNone) {
    Child init;
    const pid_t number = init.pid();
    ::kill(number, SIGKILL);
    init.reap();
    EXPECT_FALSE(opens.ipc_namespace(number, "0123456789abcdef"));
    EXPECT_FALSE(opens.ipc_namespace(0, "0123456789abcdef"));
}

TEST_F(SeatOpensTest, AThousandOfEachLeaveNoDescriptorBehind) {
    const std::size_t before = descriptors();
    for (int i = 0; i < 1000; ++i) {
        ASSERT_TRUE(opens.node(item("dri/null", Kind::node, "/dev", "null")));
        ASSERT_TRUE(connect());
        const UniqueFd accepted{::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC)};
        ASSERT_FALSE(connect("none"));
        ASSERT_FALSE(opens.ipc_namespace(::getpid(), "0123456789abcdef"));
    }
    EXPECT_EQ(descriptors(), before);
}

} // namespace
} // namespace berth::os
