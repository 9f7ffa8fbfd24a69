// The program berth-udev as berthd starts it, with containers of which the real libudev listens.

#include "bus/waiting.hpp"
#include "linux/device_news.hpp"
#include "support/scratch_folder.hpp"
#include "udev/host_udevd.hpp"
#include "udev/made_messages.hpp"
#include "udev/network_listener.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <memory>

namespace berth::os {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using testing::run_until;
using udev_relay::NetworkListener;
using Network = NetworkListener::Network;

constexpr const char* full = "c1:7";
constexpr const char* zero = "c1:5";
const model::ClientId vlc{"vlc"};
const std::string added = "add /devices/virtual/mem/full mem -";
const std::string removed = "remove /devices/virtual/mem/full mem -";

class DeviceNewsTest : public udev_relay::NetworkTest {
  protected:
    void SetUp() override {
        NetworkTest::SetUp();
        if (IsSkipped() || !fs::exists("/sys/dev/char/1:7")) {
            GTEST_SKIP() << "needs root and /sys/dev/char/1:7";
        }
        fs::create_directories(udev.path() + "/data");
        fs::create_directories(door.path() + "/udev/data");
        for (const char* id : {full, zero}) {
            test::write_file(udev.path() + "/data/" + id, "E:ID_MODEL=hole\nG:berth-test\nV:1\n");
        }
        news = std::make_unique<DeviceNews>(io, std::vector<std::string>{BERTH_UDEV_PROGRAM, udev.path()});
        container = std::make_unique<NetworkListener>(io, Network::own, "berth-test"); // and so by a filter of tags
        ASSERT_TRUE(container->is_ready());
    }

    /// Of the program's end berthd hears by its pidfd, and starts it anew or not.
    void kill_program() {
        const pid_t pid = news->process();
        ASSERT_GT(pid, 0);
        ::kill(pid, SIGKILL);
        ASSERT_TRUE(run_until(io, [&] { return news->process() != pid; }));
    }

    [[nodiscard]] bool hears(std::size_t count) {
        return run_until(io, [&] { return container->heard.size() >= count; });
    }

    test::ScratchFolder udev;
    test::ScratchFolder door;
    std::unique_ptr<DeviceNews> news;
    std::unique_ptr<NetworkListener> container;
};

TEST_F(DeviceNewsTest, AClientHearsOfWhatComesAndGoes) {
    news->follow(vlc, container->pid(), door.path(), {});
    EXPECT_EQ(news->process(), 0) << "nobody holds a device: nothing runs";
    news->tell(vlc, {full});
    news->tell(vlc, {full});
    news->tell(vlc, {});
    ASSERT_TRUE(hears(2));
    EXPECT_THAT(container->heard, ElementsAre(added, removed));
}

TEST_F(DeviceNewsTest, OfWhatItHoldsFromTheStartItIsToldWhenItGoes) {
    news->follow(vlc, container->pid(), door.path(), {full, zero});
    news->follow(vlc, container->pid(), door.path(), {}); // again, as when it is taken over: nothing new
    news->tell(vlc, {zero});
    ASSERT_TRUE(hears(1));
    EXPECT_THAT(container->heard, ElementsAre(removed));
}

TEST_F(DeviceNewsTest, WhatUdevdSaysIsHeardWithTheRecordThatBelongsToIt) {
    news->follow(vlc, container->pid(), door.path(), {});
    news->tell(vlc, {full});
    ASSERT_TRUE(hears(1)); // it listens to the host by now
    test::write_file(udev.path() + "/data/c1:7", "E:ID_MODEL=abyss\nG:berth-test\nG:seat\nV:1\n");
    auto device = udev_events::made_node("mem", "/devices/virtual/mem/full", "1", "7");
    device.tags = {"berth-test"};
    device.properties.emplace_back("TAGS", ":berth-test:");
    udev_relay::udevd_says(write_message("change", device));
    ASSERT_TRUE(hears(2));
    EXPECT_EQ(container->heard.back(), "change /devices/virtual/mem/full mem -");
    EXPECT_EQ(test::read_file(door.path() + "/udev/data/c1:7"), "E:ID_MODEL=abyss\nG:berth-test\nV:1\n");
    udev_relay::udevd_says(write_message("remove", device));
    ASSERT_TRUE(hears(3));
    EXPECT_FALSE(fs::exists(door.path() + "/udev/data/c1:7"));
}

TEST_F(DeviceNewsTest, AProgramThatDiesAtOnceIsStartedWithTheNextNews) {
    news->follow(vlc, container->pid(), door.path(), {});
    news->tell(vlc, {full});
    ASSERT_TRUE(hears(1));
    kill_program();
    EXPECT_EQ(news->process(), 0) << "it may not be able to live at all";
    news->tell(vlc, {});
    ASSERT_TRUE(hears(2));
    EXPECT_THAT(container->heard, ElementsAre(added, removed)) << "it knows what the client had";
}

TEST_F(DeviceNewsTest, AProgramThatIsNotThereFailsNobody) {
    DeviceNews none{io, {udev.path() + "/no-such-program"}};
    none.follow(vlc, container->pid(), door.path(), {full});
    none.tell(vlc, {});
    none.forget(vlc);
    EXPECT_EQ(none.process(), 0);
}

TEST_F(DeviceNewsTest, AClientThatIsForgottenOrUnknownIsToldNothing) {
    news->tell(model::ClientId{"nobody"}, {full});
    news->follow(vlc, container->pid(), door.path(), {});
    news->tell(vlc, {full});
    ASSERT_TRUE(hears(1));
    news->forget(vlc);
    news->forget(vlc);
    news->tell(vlc, {});
    news->follow(vlc, container->pid(), door.path(), {zero}); // the next of that name
    news->tell(vlc, {});
    ASSERT_TRUE(hears(2));
    EXPECT_THAT(container->heard, ElementsAre(added, "remove /devices/virtual/mem/zero mem -"));
}

TEST_F(DeviceNewsTest, ItEndsWithBerthd) {
    news->follow(vlc, container->pid(), door.path(), {full});
    const pid_t pid = news->process();
    ASSERT_GT(pid, 0);
    news.reset();
    int status = -1;
    EXPECT_EQ(::waitpid(pid, &status, 0), pid) << "the test's own child";
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

} // namespace
} // namespace berth::os
