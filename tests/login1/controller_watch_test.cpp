#include "login1/bridge_fixture.hpp"

#include <sys/socket.h>

#include <array>
#include <chrono>

namespace berth::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A compositor that may be stopped: it leaves the next `silent` questions whether it is there without an answer.
class Compositor : public BusPeer {
  public:
    using BusPeer::BusPeer;

    unsigned asked{0};
    unsigned silent{0};

  protected:
    bool take(sd_bus_message* message) override {
        if (sd_bus_message_is_method_call(message, "org.freedesktop.DBus.Peer", "Ping") <= 0) {
            return BusPeer::take(message);
        }
        ++asked;
        if (silent == 0) {
            return false; // sd-bus itself answers
        }
        --silent;
        return true;
    }
};

class ControllerWatchTest : public BridgeTest {
  protected:
    ControllerWatchTest() { pace = {.interval = 20ms, .limit = 1s, .misses = 2}; }

    std::unique_ptr<Compositor> compositor() {
        auto made = std::make_unique<Compositor>(io, container_address());
        EXPECT_EQ(made->session_call("TakeControl", take_politely).error, "");
        return made;
    }

    /// Nothing was reported in a time in which a mistake would have been.
    bool stays_quiet(std::chrono::milliseconds time) {
        return !run_until(
            io, [&] { return !hung.empty(); }, time);
    }
};

TEST_F(ControllerWatchTest, OneThatAnswersIsAskedAgainAndLeftAlone) {
    start_all();
    const auto peer = compositor();
    EXPECT_TRUE(run_until(io, [&] { return peer->asked >= 5; }));
    EXPECT_THAT(hung, IsEmpty());
}

TEST_F(ControllerWatchTest, OneThatDoesNotAnswerIsReportedOnce) {
    start_all();
    const auto peer = compositor();
    peer->silent = 1000;
    ASSERT_TRUE(run_until(io, [&] { return !hung.empty(); }));
    EXPECT_THAT(hung, ElementsAre(peer->unique_name()));
    run_until(
        io, [&] { return peer->asked > 2 || hung.size() > 1; }, 200ms);
    EXPECT_EQ(peer->asked, 2U) << "and is not asked any more";
    EXPECT_EQ(hung.size(), 1U);
}

TEST_F(ControllerWatchTest, OneWhoseSessionIsNotInFrontIsLeftAloneUntilItIs) {
    logind.session.state = "online";
    start_all();
    const auto peer = compositor();
    peer->silent = 1000;
    const std::string question{"/session/_33 Get(org.freedesktop.login1.Session, Active)"};
    ASSERT_TRUE(run_until(io, [&] { return logind.count(question) >= 2; })) << ::testing::PrintToString(logind.calls);
    EXPECT_THAT(hung, IsEmpty());
    logind.session.state = "active"; // somebody switched to it, and sees a picture that stands still
    ASSERT_TRUE(run_until(io, [&] { return !hung.empty(); }));
    EXPECT_THAT(hung, ElementsAre(peer->unique_name()));
}

TEST_F(ControllerWatchTest, OneWhoseSessionCannotBeAskedForCountsAsInFront) {
    start_all();
    const auto peer = compositor();
    logind.refuses = {"Get"};
    peer->silent = 1000;
    ASSERT_TRUE(run_until(io, [&] { return !hung.empty(); }));
}

TEST_F(ControllerWatchTest, OneThatLetsGoWhileItIsAskedForIsNotReported) {
    start_all();
    const auto peer = compositor();
    logind.holds = "Get";
    peer->silent = 2;
    ASSERT_TRUE(run_until(io, [&] { return !logind.held.empty(); }));
    EXPECT_EQ(peer->session_call("ReleaseControl").error, "");
    for (const auto& call : logind.held) {
        sd_bus_reply_method_return(call.get(), "v", "b", 1);
    }
    logind.holds.clear();
    EXPECT_TRUE(stays_quiet(200ms));
}

TEST_F(ControllerWatchTest, AnAnswerMakesUpForAMissedOne) {
    start_all();
    const auto peer = compositor();
    peer->silent = 1;
    ASSERT_TRUE(run_until(io, [&] { return peer->asked >= 2; }));
    peer->silent = 1; // were they added up, this would be the second
    const unsigned before = peer->asked;
    ASSERT_TRUE(run_until(io, [&] { return peer->asked >= before + 3; }));
    EXPECT_THAT(hung, IsEmpty());
}

TEST_F(ControllerWatchTest, AContainerThatIsPausedAsAWholeIsNotAHungCompositor) {
    pace.misses = 1;
    start_all();
    const auto peer = compositor();
    peer->silent = 1000;
    container_bus->stop_reading();
    EXPECT_TRUE(stays_quiet(2500ms)); // with an answer of the bus it would be one second
}

TEST_F(ControllerWatchTest, ABusThatRefusesTheQuestionIsNotAHungCompositor) {
    pace = {.interval = 20ms, .limit = 1s, .misses = 1};
    start_bridge();
    container_bus = std::make_unique<PrivateBus>(
        R"(<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/>
           <allow user="*"/><deny send_interface="org.freedesktop.DBus.Peer" send_member="Ping"/></policy>)");
    std::filesystem::rename(container_bus->folder() + "/socket", socket_path);
    ASSERT_TRUE(shows("bridged; nobody has control"));
    const auto peer = compositor();
    EXPECT_TRUE(stays_quiet(1500ms));
    EXPECT_EQ(peer->asked, 0U) << "the policy is in force";
}

TEST_F(ControllerWatchTest, OneThatReleasedControlIsNotWatched) {
    start_all();
    const auto peer = compositor();
    ASSERT_TRUE(run_until(io, [&] { return peer->asked >= 1; }));
    EXPECT_EQ(peer->session_call("ReleaseControl").error, "");
    peer->silent = 1000;
    const unsigned before = peer->asked;
    EXPECT_TRUE(stays_quiet(200ms));
    EXPECT_LE(peer->asked, before + 1) << "a question may have been on its way";
}

/// A container's bus that gives every name and says at once, to every question, that nobody answered.
class HastyBus {
  public:
    HastyBus(boost::asio::io_context& io, int socket) {
        sd_bus* raw = nullptr;
        bus::check(sd_bus_new(&raw), "sd_bus_new");
        bus_.reset(raw);
        bus::check(sd_bus_set_fd(raw, socket, socket), "sd_bus_set_fd");
        sd_id128_t id{};
        bus::check(sd_id128_randomize(&id), "sd_id128_randomize");
        bus::check(sd_bus_set_server(raw, 1, id), "sd_bus_set_server");
        bus::check(sd_bus_start(raw), "sd_bus_start");
        bus::check(sd_bus_add_filter(raw, nullptr, on_call, this), "sd_bus_add_filter");
        loop_ = std::make_unique<bus::AsioBus>(io, source_of(raw), [](const std::string&) {});
    }

    unsigned asked{0};

  private:
    static int on_call(sd_bus_message* call, void* userdata, sd_bus_error*) {
        if (sd_bus_message_is_method_call(call, nullptr, "Ping") > 0) {
            ++static_cast<HastyBus*>(userdata)->asked;
            const sd_bus_error error{SD_BUS_ERROR_NO_REPLY, "nobody answered", 0};
            return sd_bus_reply_method_error(call, &error);
        }
        if (sd_bus_message_is_method_call(call, nullptr, "Hello") > 0) {
            return sd_bus_reply_method_return(call, "s", ":1.1");
        }
        if (sd_bus_message_is_method_call(call, nullptr, "RequestName") > 0) {
            return sd_bus_reply_method_return(call, "u", 1U);
        }
        return sd_bus_reply_method_return(call, "");
    }

    bus::OwnedBus bus_;
    std::unique_ptr<bus::AsioBus> loop_;
};

TEST(HastyBusTest, ABusThatAnswersAtOnceForNobodyIsNotAskedSoonerForIt) {
    boost::asio::io_context io;
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    HastyBus hasty{io, ends[0]};
    bool named = false;
    const auto container = std::make_shared<login1::ContainerBus>(
        io, UniqueFd{ends[1]}, login1::Limits{},
        login1::ContainerBus::Callbacks{[&] { named = true; }, [](sd_bus_message*) {}, [](const std::string&) {},
                                        [](const std::string&) {}});
    ASSERT_TRUE(run_until(io, [&] { return named; }));
    bool hung = false;
    login1::ControllerWatch watch{
        io, {.interval = 50ms, .limit = 1s, .misses = 2}, [&](const std::string&) { hung = true; }};
    watch.watch(container, ":1.7");
    ASSERT_TRUE(run_until(io, [&] { return hasty.asked >= 2; }));
    run_until(
        io, [&] { return hasty.asked > 100; }, 500ms);
    EXPECT_LE(hasty.asked, 2U * 11U) << "two questions an interval";
    EXPECT_FALSE(hung);
}

} // namespace
} // namespace berth::testing
