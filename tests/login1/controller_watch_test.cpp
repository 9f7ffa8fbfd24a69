#include "login1/bridge_fixture.hpp"

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

} // namespace
} // namespace berth::testing
