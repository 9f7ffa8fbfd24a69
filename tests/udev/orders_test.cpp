#include "udev_events/orders.hpp"

#include <gmock/gmock.h>

namespace berth::udev_events {
namespace {

using ::testing::Optional;
using Kind = Order::Kind;

TEST(UdevOrder, IsReadAsItWasWritten) {
    for (const Order& order : {Order{Kind::follow, "vlc", {"c226:128", "c13:64"}}, Order{Kind::tell, "vlc", {}},
                               Order{Kind::forget, "a.b-c_1", {}}}) {
        EXPECT_THAT(read_order(write_order(order)), Optional(order)) << write_order(order);
    }
    EXPECT_EQ(write_order({Kind::follow, "vlc", {"c13:64"}}), "follow\nvlc\nc13:64\n");
}

TEST(UdevOrder, WhatIsNoneIsNotRead) {
    for (const char* text :
         {"", "\n", "follow", "follow\n", "follow\n\n", "follow\nvlc", "obey\nvlc\n", "follow\nvlc\nc1:1",
          "follow\nvlc\n\n", "follow\nvlc\n../../x\n", "tell\nvlc\nc1:1\nx\n"}) {
        EXPECT_FALSE(read_order(text)) << text;
    }
}

} // namespace
} // namespace berth::udev_events
