#include "bus/seat_view.hpp"

#include <gmock/gmock.h>

namespace berth::bus {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SeatView, AVacantSeatShowsEmptyPropertiesAndNoFailure) {
    model::Seat seat;
    seat.name = model::SeatName{"seat0"};
    const SeatView view = view_of(seat, 1000);
    EXPECT_EQ(view.state, "vacant");
    EXPECT_EQ(view.mode, "");
    EXPECT_EQ(view.vt, 0U);
    EXPECT_EQ(view.since, 0U);
    EXPECT_THAT(view.last_failure, ElementsAre("", "", ""));
}

TEST(SeatView, SinceIsTurnedIntoRealTime) {
    model::Seat seat;
    seat.since = 50;
    EXPECT_EQ(view_of(seat, 1'000'000).since, 1'000'050U);
}

TEST(SeatView, ADifferenceIsNamedAsThePropertyIs) {
    SeatView before;
    EXPECT_THAT(changed_properties(before, before), IsEmpty());
    SeatView after = before;
    after.state = "seated";
    after.vt = 7;
    after.devices = {"/dev/dri/card0"};
    EXPECT_THAT(changed_properties(before, after), ElementsAre("State", "Vt", "Devices"));
    after = before;
    after.wayland_display = "wayland-0";
    after.last_failure[2] = "x";
    EXPECT_THAT(changed_properties(before, after), ElementsAre("WaylandDisplay", "LastFailure"));
}

TEST(SeatView, ADockIsShownWithItsProfileAndWhatIsBehindIt) {
    model::Seat seat;
    const SeatView without = view_of(seat, 0);
    seat.docks = {{.id = "usb:1:2",
                   .name = "A Dock",
                   .path = "/devices/usb1/1-2",
                   .has = {model::DeviceKind::keyboard, model::DeviceKind::sound},
                   .rule = "desk"}};
    const SeatView with = view_of(seat, 0);
    ASSERT_EQ(with.docks.size(), 1U);
    EXPECT_EQ(with.docks[0], (DockView{"usb:1:2", "A Dock", "desk", {"keyboard", "sound"}}));
    EXPECT_THAT(changed_properties(without, with), ElementsAre("Docked", "Dock", "Docks"));
    seat.docks[0].has.push_back(model::DeviceKind::network);
    EXPECT_THAT(changed_properties(with, view_of(seat, 0)), ElementsAre("Docks"));
}

TEST(SeatView, AScreenIsShownByItsIdentityAndName) {
    model::Seat seat;
    const SeatView without = view_of(seat, 0);
    seat.displays = {{"edid:DEL:a0b1:7", "DELL U2720Q on DP-1"}};
    const SeatView with = view_of(seat, 0);
    EXPECT_EQ(with.displays,
              (std::vector<std::pair<std::string, std::string>>{{"edid:DEL:a0b1:7", "DELL U2720Q on DP-1"}}));
    EXPECT_THAT(changed_properties(without, with), ElementsAre("Displays"));
}

} // namespace

} // namespace berth::bus
