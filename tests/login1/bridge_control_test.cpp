#include "login1/bridge_fixture.hpp"

namespace berth::testing {
namespace {

using ::testing::HasSubstr;

const std::string take{"/session/_33 TakeControl(false)"};
const std::string release{"/session/_33 ReleaseControl()"};

class BridgeControlTest : public BridgeTest {};

TEST_F(BridgeControlTest, TheStatusNamesTheController) {
    start_all();
    const auto peer = controller();
    EXPECT_EQ(statuses.back(), "bridged; " + peer->unique_name() + " has control");
    EXPECT_EQ(peer->session_call("ReleaseControl").error, "");
    EXPECT_EQ(statuses.back(), "bridged; nobody has control");
    EXPECT_EQ(logind.count(release), 1U);
}

TEST_F(BridgeControlTest, ASecondProgramIsRefusedAndTheFirstKeepsControl) {
    start_all();
    const auto first = controller();
    const auto second = client();
    const Answer refused = second->session_call("TakeControl", take_politely);
    EXPECT_EQ(refused.error, "System.Error.EBUSY");
    EXPECT_THAT(refused.text, HasSubstr(first->unique_name()));
    EXPECT_EQ(logind.count(take), 1U);
    for (const char* const member : {"TakeDevice", "ReleaseDevice", "PauseDeviceComplete"}) {
        EXPECT_EQ(second->session_call(member, device(226, 0)).error, "org.freedesktop.DBus.Error.AccessDenied");
    }
    EXPECT_EQ(second->session_call("ReleaseControl").error, "org.freedesktop.DBus.Error.AccessDenied");
    EXPECT_EQ(first->session_call("TakeDevice", device(226, 0)).error, "");
}

TEST_F(BridgeControlTest, ControlThatTheHostRefusesIsNobodys) {
    start_all();
    logind.refuses = {"TakeControl"};
    const auto first = client();
    EXPECT_EQ(first->session_call("TakeControl", take_politely).error, "org.freedesktop.login1.Refused");
    EXPECT_EQ(first->session_call("TakeDevice", device(226, 0)).error, "org.freedesktop.DBus.Error.AccessDenied");
    logind.refuses.clear();
    const auto second = controller();
    EXPECT_EQ(statuses.back(), "bridged; " + second->unique_name() + " has control");
}

TEST_F(BridgeControlTest, AControllerThatLeavesReleasesControl) {
    start_all();
    auto first = controller();
    first.reset();
    ASSERT_TRUE(logind.sees(release));
    EXPECT_TRUE(shows("bridged; nobody has control"));
    const auto second = controller();
    EXPECT_EQ(second->session_call("TakeDevice", device(13, 64)).error, "");
}

TEST_F(BridgeControlTest, AnotherProgramThatLeavesChangesNothing) {
    start_all();
    const auto first = controller();
    auto second = client();
    const std::string name = second->unique_name();
    second.reset();
    first->settle();
    EXPECT_EQ(first->session_call("TakeDevice", device(13, 64)).error, "");
    EXPECT_EQ(logind.count(release), 0U);
}

TEST_F(BridgeControlTest, AControllerThatLeavesBeforeTheHostAnswersReleasesControlToo) {
    start_all();
    logind.holds = "TakeControl";
    auto first = client();
    first->start_call(own.path, std::string{login1::names::session}, "TakeControl", take_politely,
                      std::make_shared<Answer>());
    ASSERT_TRUE(logind.sees(take));
    first.reset();
    EXPECT_TRUE(logind.sees(release));
}

TEST_F(BridgeControlTest, TheContainersBusThatDiesReleasesControlAndANewOneIsBridged) {
    start_all();
    auto peer = controller();
    container_bus->kill();
    ASSERT_TRUE(logind.sees(release));
    EXPECT_TRUE(shows("waiting for the container's bus"));
    peer.reset();
    start_container_bus();
    ASSERT_TRUE(shows("bridged; nobody has control"));
    peer = controller();
    EXPECT_EQ(peer->session_call("TakeDevice", device(226, 0)).error, "");
    EXPECT_EQ(logind.count(take), 2U);
    EXPECT_FALSE(ended) << "the session outlives a desktop";
}

TEST_F(BridgeControlTest, StoppingReleasesControlFirst) {
    start_all();
    const auto peer = controller();
    bool stopped = false;
    bridge->stop([&] { stopped = true; });
    EXPECT_FALSE(stopped) << "never from inside the call";
    ASSERT_TRUE(run_until(io, [&] { return stopped; }));
    EXPECT_EQ(logind.count(release), 1U);
}

TEST_F(BridgeControlTest, StoppingWithoutControlAsksTheHostNothing) {
    start_all();
    bool stopped = false;
    bridge->stop([&] { stopped = true; });
    ASSERT_TRUE(run_until(io, [&] { return stopped; }));
    EXPECT_EQ(logind.count(release), 0U);
}

class BridgeFloodTest : public BridgeTest {
  protected:
    /// Sends `count` calls at once; their answers come by and by.
    std::vector<std::shared_ptr<Answer>> flood(BusPeer& peer, std::size_t count) {
        std::vector<std::shared_ptr<Answer>> answers;
        for (std::size_t i = 0; i < count; ++i) {
            answers.push_back(std::make_shared<Answer>(Answer{"no answer", ""}));
            peer.start_call(own.path, std::string{login1::names::session}, "SetIdleHint", take_politely,
                            answers.back());
        }
        return answers;
    }

    static std::size_t count(const std::vector<std::shared_ptr<Answer>>& answers, const std::string& error) {
        std::size_t found = 0;
        for (const auto& answer : answers) {
            found += answer->error == error ? 1 : 0;
        }
        return found;
    }

    static constexpr const char* exceeded = "org.freedesktop.DBus.Error.LimitsExceeded";
};

TEST_F(BridgeFloodTest, CallsThatTheHostDoesNotAnswerAreBounded) {
    start_all(login1::Limits{.in_flight = 16});
    logind.holds = "SetIdleHint";
    const auto peer = client();
    const auto answers = flood(*peer, 100); // dbus-daemon itself lets 128 wait
    ASSERT_TRUE(run_until(io, [&] { return count(answers, exceeded) == 100 - 16; }));
    EXPECT_TRUE(run_until(io, [&] { return logind.held.size() == 16; }));
    logind.holds.clear();
    for (const auto& held : logind.held) {
        sd_bus_reply_method_return(held.get(), "");
    }
    logind.rearm();
    ASSERT_TRUE(run_until(io, [&] { return count(answers, "") == 16; }));
    EXPECT_EQ(peer->session_call("SetIdleHint", take_politely).error, "") << "the way is free again";
}

TEST_F(BridgeFloodTest, CallsThatTheHostAnswersAreBoundedByTheirRate) {
    start_all(login1::Limits{.calls_a_second = 0.001, .burst = 10});
    const auto peer = client();
    const auto answers = flood(*peer, 100);
    ASSERT_TRUE(run_until(io, [&] { return count(answers, "no answer") == 0; }));
    EXPECT_EQ(count(answers, ""), 10U);
    EXPECT_EQ(count(answers, exceeded), 90U);
    EXPECT_EQ(logind.count("/session/_33 SetIdleHint(false)"), 10U);
}

TEST_F(BridgeFloodTest, ACallThatTheHostNeverAnswersFailsAfterItsTime) {
    start_all(login1::Limits{.in_flight = 1, .call_time = std::chrono::seconds{1}});
    logind.holds = "SetIdleHint";
    const auto peer = client();
    EXPECT_NE(peer->session_call("SetIdleHint", take_politely).error, "");
    logind.holds.clear();
    EXPECT_EQ(peer->session_call("SetIdleHint", take_politely).error, "") << "its place is free again";
}

TEST_F(BridgeFloodTest, ABusThatReadsNothingIsHungUpOn) {
    start_all(login1::Limits{.unread = 8});
    const auto peer = controller();
    container_bus->stop_reading();
    const std::string text(64 * 1024, 'x');
    for (int i = 0; i < 300; ++i) { // more than a socket of sd-bus holds, 8 MiB
        logind.emit(own.path, std::string{login1::names::properties}, "PropertiesChanged",
                    [&](sd_bus_message* message) {
                        sd_bus_message_append(message, "sa{sv}as", "org.freedesktop.login1.Session", 1, "Desktop", "s",
                                              text.c_str(), 0);
                    });
    }
    EXPECT_TRUE(logind.sees(release)) << "the container's bus counts as gone";
    EXPECT_FALSE(ended);
}

} // namespace
} // namespace berth::testing
