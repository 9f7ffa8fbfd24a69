#include "login1/bridge_fixture.hpp"

namespace berth::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class BridgeCallsTest : public BridgeTest {};

const std::string own_path{"/session/_33"};

TEST_F(BridgeCallsTest, ArgumentsArriveAtTheHostAsTheyWereSent) {
    start_all();
    const auto peer = client();
    EXPECT_EQ(peer->session_call("SetBrightness",
                                 [](sd_bus_message* message) {
                                     sd_bus_message_append(message, "ssu", "backlight", "intel_backlight", 512U);
                                 })
                  .error,
              "");
    EXPECT_EQ(logind.count(own_path + " SetBrightness(backlight, intel_backlight, 512)"), 1U);
    EXPECT_EQ(peer->call(own.seat_path, std::string{login1::names::seat}, "SwitchTo",
                         [](sd_bus_message* message) { sd_bus_message_append(message, "u", 3U); })
                  .error,
              "");
    EXPECT_EQ(logind.count("/seat/seat0 SwitchTo(3)"), 1U);
}

TEST_F(BridgeCallsTest, ADeviceComesThroughAsAnOpenDescriptor) {
    start_all();
    const auto peer = controller();
    const Answer taken = peer->session_call("TakeDevice", device(226, 1));
    EXPECT_EQ(taken.error, "") << taken.text;
    EXPECT_EQ(taken.text, "descriptor, false");
    EXPECT_EQ(read_from(peer->descriptor()), "device 226:1");
    EXPECT_EQ(peer->session_call("ReleaseDevice", device(226, 1)).error, "");
    EXPECT_EQ(logind.count(own_path + " ReleaseDevice(226, 1)"), 1U);
}

TEST_F(BridgeCallsTest, AnInhibitorIsHeldByItsDescriptor) {
    start_all();
    const auto peer = client();
    const Answer held = peer->manager_call("Inhibit", [](sd_bus_message* message) {
        sd_bus_message_append(message, "ssss", "handle-lid-switch", "gsd-power", "external monitor", "block");
    });
    EXPECT_EQ(held.text, "descriptor");
    EXPECT_EQ(read_from(peer->descriptor()), "inhibited");
    EXPECT_EQ(read_from(peer->descriptor()), "") << "the bridge keeps no end of it open";
}

TEST_F(BridgeCallsTest, TheAliasesReachTheRealObjects) {
    start_all();
    const auto peer = client();
    for (const char* const alias : {"/session/auto", "/session/self"}) {
        EXPECT_EQ(peer->call("/org/freedesktop/login1" + std::string{alias}, std::string{login1::names::session},
                             "SetIdleHint", take_politely)
                      .error,
                  "");
    }
    EXPECT_EQ(logind.count(own_path + " SetIdleHint(false)"), 2U);
    EXPECT_EQ(peer->call("/org/freedesktop/login1/seat/self", std::string{login1::names::seat}, "SwitchToNext").error,
              "");
    EXPECT_EQ(logind.count("/seat/seat0 SwitchToNext()"), 1U);
}

TEST_F(BridgeCallsTest, TheHostsErrorsComeThroughWithNameAndWords) {
    start_all();
    logind.refuses = {"TakeDevice"};
    const Answer refused = controller()->session_call("TakeDevice", device(226, 0));
    EXPECT_EQ(refused.error, "org.freedesktop.login1.Refused");
    EXPECT_EQ(refused.text, "no for a test");
}

TEST_F(BridgeCallsTest, WhatIsDeniedNeverReachesTheHost) {
    start_all();
    const auto peer = client();
    const std::size_t before = logind.calls.size();
    EXPECT_EQ(peer->call(login1::foreign_session, std::string{login1::names::session}, "Activate").error,
              "org.freedesktop.DBus.Error.UnknownObject");
    EXPECT_EQ(peer->session_call("Terminate").error, "org.freedesktop.DBus.Error.AccessDenied");
    EXPECT_EQ(peer->manager_call("PowerOff", take_politely).error, "org.freedesktop.DBus.Error.AccessDenied");
    EXPECT_EQ(
        peer->manager_call("GetSession", [](sd_bus_message* message) { sd_bus_message_append(message, "s", "9"); })
            .error,
        "org.freedesktop.login1.NoSuchSession");
    EXPECT_EQ(peer->session_call("TakeDevice", device(226, 0)).error, "org.freedesktop.DBus.Error.AccessDenied");
    EXPECT_EQ(peer->call("/", std::string{login1::names::peer}, "GetMachineId").error,
              "org.freedesktop.DBus.Error.UnknownObject");
    EXPECT_EQ(peer->call(own.path, std::string{login1::names::peer}, "GetMachineId").error,
              "org.freedesktop.DBus.Error.AccessDenied");
    peer->settle();
    logind.settle();
    EXPECT_EQ(logind.calls.size(), before);
}

TEST_F(BridgeCallsTest, PowerIsForwardedWhereAPersonAllowedIt) {
    start_all({}, login1::Options{.allow_power = true});
    const auto peer = client();
    EXPECT_EQ(peer->manager_call("CanPowerOff").text, "yes");
    EXPECT_EQ(peer->manager_call("PowerOff", take_politely).error, "");
    EXPECT_EQ(logind.count(" PowerOff(false)"), 1U);
}

TEST_F(BridgeCallsTest, PowerIsSaidToBeImpossibleByDefault) {
    start_all();
    EXPECT_EQ(client()->manager_call("CanPowerOff").text, "no");
    EXPECT_EQ(logind.count(" CanPowerOff()"), 0U);
}

TEST_F(BridgeCallsTest, TheBridgeAnswersWhoTheCallerIs) {
    start_all();
    const auto peer = client();
    const auto number = [](sd_bus_message* message) { sd_bus_message_append(message, "u", 1000U); };
    const auto automatic = [](sd_bus_message* message) { sd_bus_message_append(message, "s", "auto"); };
    EXPECT_EQ(peer->manager_call("GetSessionByPID", number).text, own.path);
    EXPECT_EQ(peer->manager_call("GetUserByPID", number).text, own.user_path);
    EXPECT_EQ(peer->manager_call("GetUser", number).text, own.user_path);
    EXPECT_EQ(peer->manager_call("GetSession", automatic).text, own.path);
    EXPECT_EQ(peer->manager_call("GetSeat", automatic).text, own.seat_path);
    EXPECT_EQ(peer->manager_call("ListSessions").text, "[(3, 1000, desk, seat0, " + own.path + ")]");
    EXPECT_EQ(peer->manager_call("ListUsers").text, "[(1000, desk, " + own.user_path + ")]");
    EXPECT_EQ(peer->manager_call("ListSeats").text, "[(seat0, " + own.seat_path + ")]");
    EXPECT_EQ(peer->call(own.path, std::string{login1::names::peer}, "Ping").error, "");
}

TEST_F(BridgeCallsTest, ForeignSessionsAreInNoProperty) {
    start_all();
    const auto peer = client();
    const std::string seat{login1::names::seat};
    const std::string user{login1::names::user};
    const std::string only_own = "[(3, " + own.path + ")]";
    EXPECT_EQ(peer->property(own.seat_path, seat, "Sessions").text, only_own);
    EXPECT_EQ(peer->property(own.user_path, user, "Sessions").text, only_own);
    EXPECT_EQ(peer->property(own.seat_path, seat, "ActiveSession").text, "(3, " + own.path + ")");
    EXPECT_EQ(peer->property(own.seat_path, seat, "").text,
              "{Id: seat0, ActiveSession: (, /), Sessions: " + only_own + "}");
    EXPECT_EQ(peer->property(own.user_path, user, "").text, "{UID: 1000, Display: (, /), Sessions: " + only_own + "}");
    EXPECT_EQ(peer->property(std::string{login1::names::manager_path}, std::string{login1::names::manager}, "").text,
              "{IdleHint: true, PreparingForSleep: false}");
    EXPECT_THAT(peer->property(own.path, std::string{login1::names::session}, "").text, HasSubstr("VTNr: 7"));
}

TEST_F(BridgeCallsTest, OnlyInhibitorsOfTheContainerAreListed) {
    start_all();
    const Answer listed = client()->manager_call("ListInhibitors");
    EXPECT_THAT(listed.text, HasSubstr("gsd-power"));
    EXPECT_THAT(listed.text, Not(HasSubstr("NetworkManager")));
}

TEST_F(BridgeCallsTest, IntrospectionNamesNoOtherObjects) {
    start_all();
    const Answer seen = client()->call(std::string{login1::names::manager_path},
                                       std::string{login1::names::introspectable}, "Introspect");
    EXPECT_THAT(seen.text, HasSubstr("org.freedesktop.login1.Manager"));
    EXPECT_THAT(seen.text, Not(HasSubstr("_39")));
}

TEST_F(BridgeCallsTest, ACallThatWantsNoReplyGetsNone) {
    start_all();
    const auto peer = controller();
    sd_bus_message* made = nullptr;
    ASSERT_GE(sd_bus_message_new_method_call(peer->raw(), &made, "org.freedesktop.login1", own.path.c_str(),
                                             "org.freedesktop.login1.Session", "PauseDeviceComplete"),
              0);
    const bus::OwnedMessage message{made};
    sd_bus_message_append(made, "uu", 13U, 64U);
    ASSERT_GE(sd_bus_message_set_expect_reply(made, 0), 0);
    ASSERT_GE(sd_bus_send(peer->raw(), made, nullptr), 0);
    peer->rearm();
    EXPECT_TRUE(logind.sees(own_path + " PauseDeviceComplete(13, 64)"));
}

TEST_F(BridgeCallsTest, AnArgumentThatIsTooLongIsRefused) {
    start_all();
    const std::string text(5000, 'x');
    const Answer refused = client()->manager_call("Inhibit", [&](sd_bus_message* message) {
        sd_bus_message_append(message, "ssss", "sleep", "me", text.c_str(), "delay");
    });
    EXPECT_EQ(refused.error, "org.freedesktop.DBus.Error.LimitsExceeded");
}

} // namespace
} // namespace berth::testing
