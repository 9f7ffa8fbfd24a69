#include "bus/waiting.hpp"
#include "login1_bus/container_socket.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <vector>

namespace berth::testing {
namespace {

using login1::ContainerSocket;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ContainerSocketTest : public ::testing::Test {
  protected:
    void start() {
        socket.emplace(io, path,
                       ContainerSocket::Callbacks{[this](UniqueFd fd) { connected.push_back(std::move(fd)); },
                                                  [this](const std::string& why) { refused.push_back(why); }});
        socket->look();
    }

    /// A socket bound at `where`, on which nobody listens yet.
    static UniqueFd bind_at(const std::string& where) {
        UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, where.c_str(), sizeof address.sun_path - 1);
        EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        return fd;
    }

    static UniqueFd listen_at(const std::string& where, int backlog = 8) {
        UniqueFd fd = bind_at(where);
        EXPECT_EQ(::listen(fd.get(), backlog), 0);
        return fd;
    }

    bool connects(std::size_t count = 1) {
        return run_until(io, [&] { return connected.size() >= count; });
    }

    bool refuses(std::size_t count = 1) {
        return run_until(io, [&] { return refused.size() >= count; });
    }

    boost::asio::io_context io;
    test::ScratchFolder folder;
    test::ScratchFolder elsewhere;
    std::string path{folder.path() + "/bus"};
    std::optional<ContainerSocket> socket;
    std::vector<UniqueFd> connected;
    std::vector<std::string> refused;
};

TEST_F(ContainerSocketTest, ASocketThatIsThereIsConnectedTo) {
    const UniqueFd listener = listen_at(path);
    start();
    ASSERT_TRUE(connects());
    const UniqueFd peer{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    EXPECT_TRUE(peer);
    EXPECT_THAT(refused, IsEmpty());
}

TEST_F(ContainerSocketTest, ASocketThatComesLaterIsSeen) {
    start();
    io.poll();
    EXPECT_THAT(connected, IsEmpty());
    const UniqueFd listener = listen_at(path);
    EXPECT_TRUE(connects());
}

TEST_F(ContainerSocketTest, ASocketThatIsMovedInIsSeen) {
    start();
    io.poll();
    const UniqueFd listener = listen_at(elsewhere.path() + "/other");
    std::filesystem::rename(elsewhere.path() + "/other", path);
    EXPECT_TRUE(connects());
}

TEST_F(ContainerSocketTest, ASocketOnWhichNobodyListensYetIsTriedAgain) {
    const UniqueFd bound = bind_at(path);
    start();
    EXPECT_FALSE(run_until(
        io, [&] { return !connected.empty(); }, ContainerSocket::shortest * 3));
    ASSERT_EQ(::listen(bound.get(), 8), 0);
    EXPECT_TRUE(connects());
    EXPECT_THAT(refused, IsEmpty()) << "that is how every bus begins";
}

TEST_F(ContainerSocketTest, ASymbolicLinkIsNotFollowedEvenToASocket) {
    const UniqueFd host_socket = listen_at(elsewhere.path() + "/host");
    std::filesystem::create_symlink(elsewhere.path() + "/host", path);
    start();
    ASSERT_TRUE(refuses());
    EXPECT_THAT(refused.front(), HasSubstr("no socket"));
    EXPECT_THAT(connected, IsEmpty());
    EXPECT_EQ(::accept4(host_socket.get(), nullptr, nullptr, SOCK_CLOEXEC), -1) << "nobody is there";
}

TEST_F(ContainerSocketTest, WhatIsNoSocketIsRefusedAndARightOneTakenAfterwards) {
    ASSERT_EQ(::mkfifo(path.c_str(), 0666), 0);
    start();
    ASSERT_TRUE(refuses());
    std::filesystem::remove(path);
    const UniqueFd listener = listen_at(path);
    EXPECT_TRUE(connects());
    EXPECT_THAT(refused, SizeIs(1));
}

TEST_F(ContainerSocketTest, TheSameRefusalIsToldOnce) {
    std::filesystem::create_directory(path);
    start();
    ASSERT_TRUE(refuses());
    for (int i = 0; i < 3; ++i) {
        test::write_file(folder.path() + "/another", "change"); // a reason to look again
        std::filesystem::remove(folder.path() + "/another");
        run_until(
            io, [&] { return refused.size() > 1; }, ContainerSocket::shortest * 2);
    }
    EXPECT_THAT(refused, SizeIs(1));
}

TEST_F(ContainerSocketTest, AfterAConnectionNothingIsLookedForUntilItIsAsked) {
    const UniqueFd listener = listen_at(path);
    start();
    ASSERT_TRUE(connects());
    test::write_file(folder.path() + "/another", "change");
    EXPECT_FALSE(run_until(
        io, [&] { return connected.size() > 1; }, ContainerSocket::shortest * 3));
    socket->settled();
    socket->look();
    EXPECT_TRUE(connects(2));
}

TEST_F(ContainerSocketTest, APeerThatHangsUpAtOnceIsAskedLessAndLessOften) {
    const UniqueFd listener = listen_at(path, 64);
    start();
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t count = 1; count <= 4; ++count) {
        ASSERT_TRUE(connects(count));
        socket->look(); // without settled(): the connection was of no use
    }
    ASSERT_TRUE(connects(5));
    // At once, then after 50, 100, 200 and 400 ms.
    EXPECT_GE(std::chrono::steady_clock::now() - begin, ContainerSocket::shortest * 15);
}

TEST_F(ContainerSocketTest, AFolderThatIsNotThereIsAnError) {
    path = folder.path() + "/missing/bus";
    EXPECT_THROW(start(), std::runtime_error);
    std::filesystem::create_directory_symlink(elsewhere.path(), folder.path() + "/link");
    path = folder.path() + "/link/bus";
    EXPECT_THROW(start(), std::runtime_error) << "not even the folder is reached by a link";
}

} // namespace
} // namespace berth::testing
