#include "login1/bridge_fixture.hpp"

// What libseat asks of logind, in its order: libseat/backend/logind.c of seatd 0.7 (Debian 12) to 0.9. sway, Weston and
// every other compositor that uses libseat ask through it.

namespace berth::testing {
namespace {

using login1::names::manager;
using login1::names::manager_path;
using login1::names::peer;
using login1::names::seat;
using login1::names::session;

class LibseatTest : public BridgeTest {
  protected:
    void SetUp() override {
        start_all();
        compositor = client();
    }

    /// libseat_open_seat(): it looks for the session and the seat, and takes control.
    void open_seat() {
        EXPECT_EQ(ask(*compositor, "GetSession", own.id), own.path);
        EXPECT_EQ(ask(*compositor, "GetSeat", own.seat), own.seat_path);
        EXPECT_EQ(compositor->property(own.seat_path, std::string{seat}, "CanGraphical").text, "true");
        EXPECT_EQ(compositor->session_call("Activate").error, "");
        EXPECT_EQ(compositor->property(own.path, std::string{session}, "Active").text, "true");
        EXPECT_EQ(compositor->session_call("TakeControl", take_politely).error, "");
        EXPECT_EQ(compositor->session_call("SetType", wayland).error, "");
    }

    static std::string ask(BusPeer& asker, const std::string& member, const std::string& name) {
        const Answer answer = asker.manager_call(
            member, [&](sd_bus_message* message) { sd_bus_message_append(message, "s", name.c_str()); });
        EXPECT_EQ(answer.error, "") << answer.text;
        return answer.text;
    }

    static void wayland(sd_bus_message* message) { sd_bus_message_append(message, "s", "wayland"); }

    std::unique_ptr<BusPeer> compositor;
};

TEST_F(LibseatTest, OpensTheSeat) {
    open_seat();
    EXPECT_EQ(statuses.back(), "bridged; " + compositor->unique_name() + " has control");
    EXPECT_EQ(logind.count("/session/_33 Activate()"), 1U);
    EXPECT_EQ(logind.count("/session/_33 SetType(wayland)"), 1U);
}

TEST_F(LibseatTest, OpensAndClosesDevices) {
    open_seat();
    EXPECT_EQ(compositor->session_call("TakeDevice", device(226, 0)).text, "descriptor, false");
    // Its replies may leave messages unread in sd-bus: then it asks for one more, to be woken.
    EXPECT_EQ(compositor->call(std::string{manager_path}, std::string{peer}, "Ping").error, "");
    EXPECT_EQ(compositor->session_call("ReleaseDevice", device(226, 0)).error, "");
}

TEST_F(LibseatTest, SwitchesToAnotherTerminalAndAcknowledgesThePause) {
    open_seat();
    EXPECT_EQ(compositor
                  ->call(own.seat_path, std::string{seat}, "SwitchTo",
                         [](sd_bus_message* message) { sd_bus_message_append(message, "u", 1U); })
                  .error,
              "");
    EXPECT_EQ(logind.count("/seat/seat0 SwitchTo(1)"), 1U);
    EXPECT_EQ(compositor->session_call("PauseDeviceComplete", device(226, 0)).error, "");
}

TEST_F(LibseatTest, HearsThatItsSessionIsActiveOrNot) {
    open_seat();
    logind.emit(own.path, std::string{login1::names::properties}, "PropertiesChanged", [](sd_bus_message* message) {
        sd_bus_message_append(message, "sa{sv}as", "org.freedesktop.login1.Session", 1, "Active", "b", 0, 0);
    });
    EXPECT_TRUE(compositor->hears("PropertiesChanged"));
}

TEST_F(LibseatTest, ClosesTheSeat) {
    open_seat();
    EXPECT_EQ(compositor->session_call("ReleaseControl").error, "");
    EXPECT_EQ(statuses.back(), "bridged; nobody has control");
}

} // namespace
} // namespace berth::testing
