#include "login1/bridge_fixture.hpp"

#include <sys/mman.h>

#include <algorithm>

namespace berth::testing {
namespace {

class BridgeSignalsTest : public BridgeTest {
  protected:
    void emit_lock(const std::string& path) { logind.emit(path, std::string{login1::names::session}, "Lock"); }

    /// Everything that the host has sent so far is through.
    void settle(BusPeer& peer) {
        logind.emit(std::string{login1::names::manager_path}, std::string{login1::names::manager}, "PrepareForSleep",
                    [](sd_bus_message* message) { sd_bus_message_append(message, "b", 0); });
        ASSERT_TRUE(peer.hears("PrepareForSleep"));
    }

    static std::size_t count(const BusPeer& peer, const std::string& member) {
        return static_cast<std::size_t>(std::count_if(peer.heard().begin(), peer.heard().end(),
                                                      [&](const Heard& each) { return each.member == member; }));
    }

    /// As logind does: to the connection that has control, which is the bridge's.
    void emit_to_bridge(const std::string& member, const BusPeer::Fill& fill) {
        logind.emit(own.path, std::string{login1::names::session}, member, fill, bridge_name());
    }

    /// The bridge's name on the host's bus; a call of it was seen.
    std::string bridge_name() {
        sd_bus_message* made = nullptr;
        EXPECT_FALSE(logind.held.empty());
        made = logind.held.back().get();
        return sd_bus_message_get_sender(made);
    }
};

TEST_F(BridgeSignalsTest, TheOwnSessionsSignalsAreHeardByEverybodyAndOthersByNobody) {
    start_all();
    const auto first = client();
    const auto second = client();
    emit_lock(login1::foreign_session);
    emit_lock(own.path);
    settle(*first);
    EXPECT_EQ(count(*first, "Lock"), 1U);
    EXPECT_TRUE(second->hears("Lock"));
    EXPECT_EQ(first->heard().front().path, own.path);
}

TEST_F(BridgeSignalsTest, SessionsComeAndGoUnheardButTheOwn) {
    start_all();
    const auto peer = client();
    const auto session = [&](const char* id, const std::string& path) {
        return [=](sd_bus_message* message) { sd_bus_message_append(message, "so", id, path.c_str()); };
    };
    const std::string manager{login1::names::manager};
    logind.emit(std::string{login1::names::manager_path}, manager, "SessionNew", session("9", login1::foreign_session));
    logind.emit(std::string{login1::names::manager_path}, manager, "SessionNew", session("3", own.path));
    settle(*peer);
    ASSERT_EQ(count(*peer, "SessionNew"), 1U);
    EXPECT_EQ(peer->heard().front().text, "3, " + own.path);
}

TEST_F(BridgeSignalsTest, DevicesArePausedAndResumedForTheControllerAlone) {
    start_all();
    const auto first = controller();
    const auto second = client();
    logind.holds = "SetIdleHint"; // to know the bridge's name
    first->start_call(own.path, std::string{login1::names::session}, "SetIdleHint", take_politely,
                      std::make_shared<Answer>());
    ASSERT_TRUE(run_until(io, [&] { return !logind.held.empty(); }));
    emit_to_bridge("PauseDevice",
                   [](sd_bus_message* message) { sd_bus_message_append(message, "uus", 226U, 0U, "pause"); });
    emit_to_bridge("ResumeDevice", [](sd_bus_message* message) {
        const UniqueFd memory{::memfd_create("device", MFD_CLOEXEC)};
        sd_bus_message_append(message, "uuh", 226U, 0U, memory.get());
    });
    ASSERT_TRUE(first->hears("ResumeDevice"));
    EXPECT_EQ(first->heard().front().text, "226, 0, pause");
    EXPECT_EQ(first->heard().back().text, "226, 0, descriptor");
    EXPECT_TRUE(first->descriptor());
    settle(*second);
    EXPECT_EQ(count(*second, "PauseDevice") + count(*second, "ResumeDevice"), 0U);
}

TEST_F(BridgeSignalsTest, ChangedPropertiesNameNoForeignSession) {
    start_all();
    const auto peer = client();
    logind.emit(own.seat_path, std::string{login1::names::properties}, "PropertiesChanged",
                [&](sd_bus_message* message) {
                    sd_bus_message_append(message, "sa{sv}as", "org.freedesktop.login1.Seat", 3, "ActiveSession",
                                          "(so)", "9", login1::foreign_session, "Secret", "s", "of others", "Sessions",
                                          "a(so)", 1, "9", login1::foreign_session, 2, "Secret", "CanTTY");
                });
    ASSERT_TRUE(peer->hears("PropertiesChanged"));
    EXPECT_EQ(peer->heard().front().text,
              "org.freedesktop.login1.Seat, {ActiveSession: (, /), Sessions: [(3, " + own.path + ")]}, [CanTTY]");
}

TEST_F(BridgeSignalsTest, WhoeverElseSpeaksOfLogindOnTheHostIsNotRelayed) {
    start_all();
    const auto peer = client();
    FakeLogind stranger{io, host_bus.address()}; // does not get the name
    stranger.emit(own.path, std::string{login1::names::session}, "Unlock");
    logind.holds = "SetIdleHint";
    peer->start_call(own.path, std::string{login1::names::session}, "SetIdleHint", take_politely,
                     std::make_shared<Answer>());
    ASSERT_TRUE(run_until(io, [&] { return !logind.held.empty(); }));
    stranger.emit(own.path, std::string{login1::names::session}, "Unlock", nullptr, bridge_name());
    stranger.settle();
    settle(*peer);
    EXPECT_EQ(count(*peer, "Unlock"), 0U);
}

} // namespace
} // namespace berth::testing
