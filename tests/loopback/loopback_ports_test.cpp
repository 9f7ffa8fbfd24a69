// Ports of a real network namespace, served by the real program, before a real Unix socket.

#include "linux/loopback_ports.hpp"
#include "loopback/a_network.hpp"
#include "loopback/words.hpp"
#include "support/io_test.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>

namespace berth::os {
namespace {

using Speech = model::LoopbackPort::Speech;
using test::hear;
using test::say;
using testing::HasSubstr;

constexpr std::uint16_t x11_port = 6005;
constexpr std::uint32_t nobody = 65534;
const model::ClientId the_client{"vlc"};

class LoopbackPortsTest : public test::IoTest {
  protected:
    void SetUp() override {
        if (!network.has_own()) {
            GTEST_SKIP() << "no right to make a network namespace";
        }
        ::chmod(scratch.path().c_str(), 0755);
        server = std::make_unique<test::AUnixServer>(scratch.path() + "/X5");
    }

    void TearDown() override {
        LoopbackPorts{io, BERTH_LOOPBACK_PROGRAM, scratch.path()}.close_all(the_client);
        run_ready();
    }

    LoopbackPorts ports_of(const std::string& program = BERTH_LOOPBACK_PROGRAM) {
        return LoopbackPorts{io, program, scratch.path(), std::chrono::seconds{5}};
    }

    [[nodiscard]] model::LoopbackPort x11() const {
        return {x11_port, Speech::x11, scratch.path(), "X5", nobody, nobody};
    }

    [[nodiscard]] model::LoopbackPort pulse() const {
        return {4713, Speech::pulse, scratch.path(), "X5", nobody, nobody, test::sound_cookie};
    }

    Result<void> open(LoopbackPorts& ports, const model::LoopbackPort& port, pid_t init = 0) {
        std::optional<Result<void>> ended;
        ports.open(the_client, init == 0 ? network.pid() : init, port,
                   [&ended](Result<void> result) { ended = std::move(result); });
        EXPECT_FALSE(ended) << "the completion was called from inside the call";
        EXPECT_TRUE(run_until([&ended] { return ended.has_value(); }));
        return ended ? *ended : Result<void>{Error{ErrorCode::failed, "it never ended"}};
    }

    /// Whether an X11 client in the network reaches the desktop now.
    bool is_served(std::uint16_t port = x11_port) {
        const UniqueFd client = network.connect(port);
        if (!client) {
            return false;
        }
        say(client, test::x11_greeting());
        const UniqueFd desktop = server->accept();
        return hear(desktop, test::x11_greeting().size()) == test::x11_greeting();
    }

    /// Who the desktop sees when somebody connects there.
    uid_t user_seen_at(std::uint16_t port) {
        const UniqueFd client = network.connect(port);
        const UniqueFd desktop = server->accept();
        return test::peer_of(desktop).uid;
    }

    test::ScratchFolder scratch;
    test::ANetwork network;
    std::unique_ptr<test::AUnixServer> server;
};

TEST_F(LoopbackPortsTest, WhoConnectsInThereIsCarriedToTheDesktop) {
    LoopbackPorts ports = ports_of();
    const auto opened = open(ports, x11());
    ASSERT_TRUE(opened) << opened.error().message;
    const UniqueFd client = network.connect(x11_port);
    ASSERT_TRUE(client);
    const std::string asks = test::x11_greeting() + test::x11_asks_for("DRI3");
    say(client, asks);
    const UniqueFd desktop = server->accept();
    EXPECT_EQ(hear(desktop, asks.size()), test::x11_greeting() + test::x11_asks_for("-RI3"));
    say(desktop, "an answer");
    EXPECT_EQ(hear(client, 9), "an answer");
    EXPECT_TRUE(is_served()) << "another one at the same time";
}

TEST_F(LoopbackPortsTest, TheDesktopSeesAStrangerWithoutAnyRight) {
    LoopbackPorts ports = ports_of();
    ASSERT_TRUE(open(ports, x11()));
    const UniqueFd client = network.connect(x11_port);
    const UniqueFd desktop = server->accept();
    const ucred peer = test::peer_of(desktop);
    EXPECT_EQ(peer.uid, nobody);
    EXPECT_EQ(peer.gid, nobody);
    const std::string status = test::read_file("/proc/" + std::to_string(peer.pid) + "/status");
    EXPECT_THAT(status, HasSubstr("CapEff:\t0000000000000000"));
    EXPECT_THAT(status, HasSubstr("CapPrm:\t0000000000000000"));
    EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1"));
    EXPECT_THAT(status, HasSubstr("Groups:\t \n"));
}

TEST_F(LoopbackPortsTest, ASocketOfTheDesktopsUserAloneIsReachedAndAStrangerIsSeen) {
    constexpr uid_t user = 1234;
    ASSERT_EQ(::chown((scratch.path() + "/X5").c_str(), user, user), 0);
    ASSERT_EQ(::chmod((scratch.path() + "/X5").c_str(), 0755), 0) << "as mutter makes it";
    LoopbackPorts ports = ports_of();
    auto wanted = x11();
    wanted.uid = wanted.gid = user;
    ASSERT_TRUE(open(ports, wanted));
    EXPECT_EQ(user_seen_at(x11_port), nobody) << "who must have the cookie";
    wanted = pulse();
    wanted.uid = wanted.gid = user;
    ASSERT_TRUE(open(ports, wanted));
    EXPECT_EQ(user_seen_at(4713), user);
    wanted.uid = wanted.gid = user + 1;
    ASSERT_TRUE(open(ports, wanted));
    EXPECT_EQ(hear(network.connect(4713), 1), "<end>") << "it is not that user's";
}

TEST_F(LoopbackPortsTest, ACookieIsTheClientsOwnAndStaysUntilAllIsClosed) {
    LoopbackPorts ports = ports_of();
    const auto made = ports.cookie(the_client);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->bytes.size(), 256U);
    EXPECT_NE(made->bytes, std::string(256, made->bytes.front())) << "it is random";
    EXPECT_EQ(test::read_file(made->folder + "/" + made->name), made->bytes);
    EXPECT_EQ(ports_of().cookie(the_client)->bytes, made->bytes) << "the next berthd's, too";
    EXPECT_NE(ports.cookie(model::ClientId{"mpv"})->bytes, made->bytes) << "each client has its own";
    test::write_file(made->folder + "/" + made->name, "short");
    EXPECT_EQ(ports.cookie(the_client)->bytes.size(), 256U);
    EXPECT_FALSE(ports.cookie(model::ClientId{"../x"}));
    ports.close_all(the_client);
    EXPECT_NE(::access(made->folder.c_str(), F_OK), 0) << "nothing is left of it";
}

TEST_F(LoopbackPortsTest, NobodyOutsideReachesIt) {
    LoopbackPorts ports = ports_of();
    ASSERT_TRUE(open(ports, x11()));
    const test::ANetwork other;
    ASSERT_TRUE(other.has_own());
    EXPECT_FALSE(other.connect(x11_port));
    const UniqueFd here{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const sockaddr_in address = test::ANetwork::at(x11_port);
    EXPECT_NE(::connect(here.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << "nor the host";
}

TEST_F(LoopbackPortsTest, SoundIsForWhoHasTheCookie) {
    LoopbackPorts ports = ports_of();
    ASSERT_TRUE(open(ports, pulse()));
    const UniqueFd thief = network.connect(4713);
    ASSERT_TRUE(thief);
    say(thief, test::pulse_greeting(std::string(256, '\0')));
    EXPECT_EQ(hear(thief, 1), "<end>");
    EXPECT_EQ(hear(server->accept(), 1), "<end>") << "the server heard nothing of him";
    const UniqueFd client = network.connect(4713);
    say(client, test::pulse_greeting(test::sound_cookie));
    const UniqueFd desktop = server->accept();
    EXPECT_EQ(hear(desktop, test::pulse_greeting(test::sound_cookie).size()), test::pulse_greeting(test::sound_cookie));
}

TEST_F(LoopbackPortsTest, TwoPortsAreServedAndOneIsClosed) {
    LoopbackPorts ports = ports_of();
    ASSERT_TRUE(open(ports, x11()));
    auto second = x11();
    second.port = 6006;
    ASSERT_TRUE(open(ports, second));
    EXPECT_TRUE(is_served());
    EXPECT_TRUE(is_served(6006));
    ports.close(the_client, x11_port);
    EXPECT_TRUE(run_until([this] { return !network.connect(x11_port); }));
    EXPECT_TRUE(is_served(6006));
    ports.close_all(the_client);
    EXPECT_TRUE(run_until([this] { return !network.connect(6006); }));
    EXPECT_NE(::access((scratch.path() + "/ports/vlc").c_str(), F_OK), 0) << "nothing is left of it";
}

TEST_F(LoopbackPortsTest, ClosingEndsItsConnections) {
    LoopbackPorts ports = ports_of();
    ASSERT_TRUE(open(ports, x11()));
    const UniqueFd client = network.connect(x11_port);
    const UniqueFd desktop = server->accept();
    ports.close(the_client, x11_port);
    EXPECT_EQ(hear(client, 1), "<end>");
    EXPECT_EQ(hear(desktop, 1), "<end>");
    ports.close(the_client, x11_port);
    ports.close(model::ClientId{"../x"}, x11_port);
}

TEST_F(LoopbackPortsTest, OneThatIsAsItShouldBeGoesOnWithItsConnections) {
    LoopbackPorts ports = ports_of();
    ASSERT_TRUE(open(ports, x11()));
    const UniqueFd client = network.connect(x11_port);
    const UniqueFd desktop = server->accept();
    ASSERT_TRUE(open(ports, x11()));
    say(desktop, "still here");
    EXPECT_EQ(hear(client, 10), "still here");
}

TEST_F(LoopbackPortsTest, OutlivesItsBerthdAndIsTakenOverByTheNext) {
    std::optional<LoopbackPorts> first{std::in_place, io, BERTH_LOOPBACK_PROGRAM, scratch.path()};
    ASSERT_TRUE(open(*first, x11()));
    const UniqueFd client = network.connect(x11_port);
    const UniqueFd desktop = server->accept();
    first.reset();
    run_ready();
    LoopbackPorts second = ports_of();
    ASSERT_TRUE(open(second, x11()));
    say(desktop, "still here");
    EXPECT_EQ(hear(client, 10), "still here");
    second.close(the_client, x11_port);
    EXPECT_EQ(hear(client, 1), "<end>") << "it is the next one's to close";
}

TEST_F(LoopbackPortsTest, IsOpenedAnewForADesktopThatIsAnotherOne) {
    LoopbackPorts ports = ports_of();
    ASSERT_TRUE(open(ports, x11()));
    const UniqueFd client = network.connect(x11_port);
    ASSERT_EQ(::rename((scratch.path() + "/X5").c_str(), (scratch.path() + "/old").c_str()), 0);
    server = std::make_unique<test::AUnixServer>(scratch.path() + "/X5");
    ASSERT_TRUE(open(ports, x11()));
    EXPECT_EQ(hear(client, 1), "<end>");
    EXPECT_TRUE(is_served());
}

TEST_F(LoopbackPortsTest, IsOpenedAnewWhenItWasKilled) {
    LoopbackPorts ports = ports_of();
    ASSERT_TRUE(open(ports, x11()));
    const UniqueFd client = network.connect(x11_port);
    const UniqueFd desktop = server->accept();
    const ucred peer = test::peer_of(desktop);
    ASSERT_EQ(::kill(peer.pid, SIGKILL), 0);
    EXPECT_EQ(hear(client, 1), "<end>");
    EXPECT_TRUE(run_until([&peer] { return ::kill(peer.pid, 0) != 0; })) << "it is reaped";
    ASSERT_TRUE(open(ports, x11()));
    EXPECT_TRUE(is_served());
}

TEST_F(LoopbackPortsTest, APortThatIsInUseInThereIsNamed) {
    const UniqueFd own = network.tcp_socket();
    LoopbackPorts ports = ports_of();
    ASSERT_TRUE(open(ports, x11())) << "the loopback is up from here on";
    ports.close(the_client, x11_port);
    const sockaddr_in address = test::ANetwork::at(6007);
    ASSERT_EQ(::bind(own.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(own.get(), 1), 0);
    auto wanted = x11();
    wanted.port = 6007;
    const auto opened = open(ports, wanted);
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message, HasSubstr("listen on its loopback: Address already in use"));
}

TEST_F(LoopbackPortsTest, TheHostsNetworkIsRefused) {
    LoopbackPorts ports = ports_of();
    const auto opened = open(ports, x11(), ::getpid());
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message, HasSubstr("it has the host's network"));
}

TEST_F(LoopbackPortsTest, AContainerThatIsGoneIsNamed) {
    const pid_t gone = network.pid();
    network.end();
    LoopbackPorts ports = ports_of();
    const auto opened = open(ports, x11(), gone);
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message, HasSubstr("process " + std::to_string(gone) + " is gone"));
}

TEST_F(LoopbackPortsTest, ASocketThatIsALinkOrNoneOrNotThereIsRefused) {
    ASSERT_EQ(::symlink((scratch.path() + "/X5").c_str(), (scratch.path() + "/link").c_str()), 0);
    test::write_file(scratch.path() + "/file", "");
    LoopbackPorts ports = ports_of();
    for (const char* path : {"link", "file", "none", "../X5"}) {
        auto wanted = x11();
        wanted.path = path;
        EXPECT_FALSE(open(ports, wanted)) << path;
    }
    EXPECT_FALSE(network.connect(x11_port));
}

TEST_F(LoopbackPortsTest, AProgramThatIsNotThereOrEndsAtOnceIsAFailure) {
    LoopbackPorts none = ports_of("/no/such/berth-loopback");
    EXPECT_THAT(open(none, x11()).error().message, HasSubstr("start /no/such/berth-loopback"));
    LoopbackPorts quick = ports_of("/bin/false");
    EXPECT_THAT(open(quick, x11()).error().message, HasSubstr("ended at once"));
}

} // namespace
} // namespace berth::os
