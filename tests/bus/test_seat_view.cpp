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

} // namespace

} // namespace berth::bus
