#include "linux/host_facts.hpp"
#include "linux/sd_notify.hpp"
#include "support/io_test.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>
#include <grp.h>
#include <stdexcept>
#include <unistd.h>

namespace berth::os {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

TEST(HostFactsTest, ACardNodeMeansGraphics) {
    const test::ScratchFolder dev;
    EXPECT_FALSE(read_host_facts(dev.path()).graphics);
    std::filesystem::create_directories(dev.path() + "/dri");
    test::write_file(dev.path() + "/dri/renderD128", "");
    EXPECT_FALSE(read_host_facts(dev.path()).graphics) << "a render node shows no picture";
    test::write_file(dev.path() + "/dri/card1", "");
    EXPECT_TRUE(read_host_facts(dev.path()).graphics);
}

TEST(HostFactsTest, AFileThatIsNoTerminalMeansNoVirtualTerminals) {
    const test::ScratchFolder dev;
    EXPECT_FALSE(read_host_facts(dev.path()).virtual_terminals);
    test::write_file(dev.path() + "/tty0", "");
    EXPECT_FALSE(read_host_facts(dev.path()).virtual_terminals);
}

TEST(HostFactsTest, SystemdAndItsLogindMeanLogind) {
    const test::ScratchFolder run;
    const auto logind = [&run] { return read_host_facts("/dev", run.path()).logind; };
    EXPECT_FALSE(logind());
    std::filesystem::create_directories(run.path() + "/systemd/seats");
    EXPECT_FALSE(logind()) << "a logind without systemd, which would start no unit for us";
    std::filesystem::create_directories(run.path() + "/systemd/system");
    EXPECT_TRUE(logind());
    std::filesystem::remove(run.path() + "/systemd/seats");
    EXPECT_FALSE(logind()) << "systemd alone";
    test::write_file(run.path() + "/systemd/seats", "");
    EXPECT_FALSE(logind());
}

TEST(HostFactsTest, GroupsHaveTheIdsOfThisHost) {
    const auto facts = read_host_facts();
    for (const char* name : {"video", "audio", "render", "input", "tty"}) {
        const group* known = ::getgrnam(name); // NOLINT(concurrency-mt-unsafe): one thread
        ASSERT_EQ(facts.groups.contains(name), known != nullptr) << name;
        if (known != nullptr) {
            EXPECT_EQ(facts.groups.at(name), known->gr_gid) << name;
        }
    }
}

/// A service manager's socket and the environment that names it.
class NotifyTest : public test::IoTest {
  protected:
    void SetUp() override {
        socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path_.copy(address.sun_path, sizeof address.sun_path - 1);
        ASSERT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        ::setenv("NOTIFY_SOCKET", path_.c_str(), 1); // NOLINT(concurrency-mt-unsafe): one thread
    }

    void TearDown() override {
        ::unsetenv("NOTIFY_SOCKET"); // NOLINT(concurrency-mt-unsafe)
        ::unsetenv("WATCHDOG_USEC"); // NOLINT(concurrency-mt-unsafe)
        ::close(socket_);
    }

    std::vector<std::string> received() const {
        std::vector<std::string> messages;
        std::string message(4096, '\0');
        for (ssize_t size = 0; (size = ::recv(socket_, message.data(), message.size(), 0)) > 0;) {
            messages.emplace_back(message.data(), static_cast<std::size_t>(size));
        }
        return messages;
    }

  private:
    test::ScratchFolder scratch_;
    std::string path_ = scratch_.path() + "/notify";
    int socket_{-1};
};

TEST_F(NotifyTest, EachStateIsTold) {
    ServiceNotifier notifier{io};
    notifier.ready("2 seats\nMAINPID=1");
    notifier.status("seat0 is up");
    notifier.reloading();
    notifier.stopping("bye");
    const auto messages = received();
    ASSERT_EQ(messages.size(), 4U);
    EXPECT_EQ(messages[0], "READY=1\nSTATUS=2 seats MAINPID=1") << "a status must stay one line";
    EXPECT_EQ(messages[1], "STATUS=seat0 is up");
    EXPECT_THAT(messages[2], StartsWith("RELOADING=1\nMONOTONIC_USEC="));
    EXPECT_EQ(messages[3], "STOPPING=1\nSTATUS=bye");
}

TEST_F(NotifyTest, TheWatchdogIsFedTwiceAsOftenAsItWants) {
    ::setenv("WATCHDOG_USEC", "40000", 1); // NOLINT(concurrency-mt-unsafe)
    ServiceNotifier notifier{io};
    notifier.ready("");
    std::size_t fed = 0;
    EXPECT_TRUE(run_until([&] {
        for (const auto& message : received()) {
            fed += message == "WATCHDOG=1" ? 1U : 0U;
        }
        return fed >= 5;
    }));
}

TEST_F(NotifyTest, WithoutAWatchdogNoTimerKeepsTheLoopAwake) {
    ServiceNotifier notifier{io};
    notifier.ready("");
    EXPECT_EQ(io.run(), 0U);
}

TEST_F(NotifyTest, WithoutASocketNothingHappens) {
    ::unsetenv("NOTIFY_SOCKET"); // NOLINT(concurrency-mt-unsafe)
    ServiceNotifier notifier{io};
    notifier.ready("x");
    notifier.stopping("x");
    EXPECT_EQ(io.run(), 0U);
    EXPECT_THAT(received(), ElementsAre());
}

} // namespace
} // namespace berth::os
