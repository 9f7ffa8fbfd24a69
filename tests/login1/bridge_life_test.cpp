#include "login1/bridge_fixture.hpp"

namespace berth::testing {
namespace {

using login1::End;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;

class BridgeLifeTest : public BridgeTest {
  protected:
    void emit_changed() {
        logind.emit(own.path, std::string{login1::names::properties}, "PropertiesChanged", [](sd_bus_message* message) {
            sd_bus_message_append(message, "sa{sv}as", "org.freedesktop.login1.Session", 1, "Active", "b", 0, 0);
        });
    }
};

TEST_F(BridgeLifeTest, TheSessionIsReadFromTheHost) {
    find_session();
    ASSERT_TRUE(found && *found);
    EXPECT_EQ(**found, own);
}

TEST_F(BridgeLifeTest, ASessionThatIsNotThereIsAnErrorWithLogindsWords) {
    find_session("8");
    ASSERT_TRUE(found && !*found);
    EXPECT_EQ(found->error().message, "logind knows no session 8: No session '8' known");
}

TEST_F(BridgeLifeTest, ASessionWithoutASeatIsAnError) {
    logind.session.seat.clear();
    find_session();
    ASSERT_TRUE(found && !*found);
    EXPECT_THAT(found->error().message, HasSubstr("no seat"));
}

TEST_F(BridgeLifeTest, TheSessionIsActivated) {
    find_session();
    std::optional<Result<void>> activated;
    host->activate([&](const Result<void>& result) { activated = result; });
    ASSERT_TRUE(run_until(io, [&] { return activated.has_value(); }));
    EXPECT_TRUE(*activated);
    EXPECT_EQ(logind.count("/session/_33 Activate()"), 1U);
    logind.refuses = {"Activate"};
    activated.reset();
    host->activate([&](const Result<void>& result) { activated = result; });
    ASSERT_TRUE(run_until(io, [&] { return activated.has_value(); }));
    EXPECT_THAT(activated->error().message, HasSubstr("no for a test"));
}

TEST_F(BridgeLifeTest, WithoutLogindOnTheHostItEnds) {
    logind.leave();
    find_session();
    EXPECT_THAT(ended, Optional(End::logind_lost));
}

TEST_F(BridgeLifeTest, ALogindThatRestartsIsTheEndSinceControlIsLost) {
    start_all();
    const auto peer = controller();
    logind.leave();
    ASSERT_TRUE(ends());
    EXPECT_EQ(*ended, End::logind_lost);
    EXPECT_THAT(end_sentence, HasSubstr("control of the session is lost"));
}

TEST_F(BridgeLifeTest, EachOfTheContainersBusesIsShownWhenItComesAndToldOfWhenItGoes) {
    start_bridge();
    EXPECT_THAT(connected, IsEmpty());
    for (int round = 1; round <= 2; ++round) {
        start_container_bus();
        ASSERT_TRUE(shows("bridged; nobody has control"));
        EXPECT_THAT(connected, SizeIs(round));
        EXPECT_EQ(connected.back(), SOCK_STREAM);
        EXPECT_EQ(lost, round - 1);
        statuses.clear();
        container_bus->kill();
        ASSERT_TRUE(run_until(io, [&] { return lost == round; }));
    }
}

TEST_F(BridgeLifeTest, AHostBusThatHangsUpIsTheEnd) {
    start_all();
    host_bus.kill();
    ASSERT_TRUE(ends());
    EXPECT_EQ(*ended, End::host_bus_lost);
}

TEST_F(BridgeLifeTest, TheOwnSessionsRemovalIsTheEndAndAnothersIsNot) {
    start_all();
    const std::string manager{login1::names::manager};
    logind.emit(std::string{login1::names::manager_path}, manager, "SessionRemoved",
                [&](sd_bus_message* message) { sd_bus_message_append(message, "so", "9", login1::foreign_session); });
    const auto peer = client();
    peer->session_call("SetIdleHint", take_politely); // behind the signal, on both buses
    EXPECT_FALSE(ended);
    logind.emit(std::string{login1::names::manager_path}, manager, "SessionRemoved",
                [&](sd_bus_message* message) { sd_bus_message_append(message, "so", "3", own.path.c_str()); });
    ASSERT_TRUE(ends());
    EXPECT_EQ(*ended, End::session_ended);
    EXPECT_TRUE(peer->hears("SessionRemoved")) << "the desktop hears of it, too";
}

TEST_F(BridgeLifeTest, ASessionThatIsClosingIsTheEnd) {
    start_all();
    emit_changed();
    ASSERT_TRUE(logind.sees("/session/_33 Get(org.freedesktop.login1.Session, State)"));
    logind.session.state = "closing";
    emit_changed();
    ASSERT_TRUE(ends());
    EXPECT_EQ(*ended, End::session_ended);
    EXPECT_THAT(end_sentence, HasSubstr("closing"));
}

TEST_F(BridgeLifeTest, TheEndIsToldOnce) {
    start_all();
    logind.leave();
    host_bus.kill();
    ASSERT_TRUE(ends());
    const End first = *ended;
    ended.reset();
    EXPECT_FALSE(run_until(
        io, [&] { return ended.has_value(); }, std::chrono::milliseconds{100}))
        << "bounded wait";
    EXPECT_TRUE(first == End::logind_lost || first == End::host_bus_lost);
}

TEST_F(BridgeLifeTest, ANameThatIsTakenIsAskedForAgain) {
    start_bridge();
    container_bus = std::make_unique<PrivateBus>();
    auto other = std::make_unique<FakeLogind>(io, container_bus->address()); // before the bridge can see the bus
    std::filesystem::rename(container_bus->folder() + "/socket", socket_path);
    ASSERT_TRUE(shows("waiting for the container's bus to answer"));
    ASSERT_TRUE(shows("waiting for the container's bus"));
    other.reset();
    EXPECT_TRUE(shows("bridged; nobody has control"));
}

TEST_F(BridgeLifeTest, NobodyMayConnectToAnAddressThatIsNone) {
    EXPECT_THROW((login1::HostLogind{io, "unix:path=" + folder.path() + "/nothing", {}}), std::runtime_error);
    EXPECT_THROW((login1::HostLogind{io, "nonsense", {}}), std::runtime_error);
}

} // namespace
} // namespace berth::testing
