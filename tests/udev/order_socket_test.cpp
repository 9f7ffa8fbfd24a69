#include "bus/waiting.hpp"
#include "support/pass_descriptors.hpp"
#include "udev_relay/order_socket.hpp"

#include <gmock/gmock.h>

#include <sys/socket.h>

#include <array>
#include <fcntl.h>
#include <optional>
#include <unistd.h>

namespace berth::udev_relay {
namespace {

using ::testing::ElementsAre;
using testing::run_until;
using udev_events::Order;
using Kind = Order::Kind;

/// The test in berthd's place.
class OrderSocketTest : public ::testing::Test {
  protected:
    OrderSocketTest() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
        ours.reset(ends[0]);
        socket.emplace(io, UniqueFd{ends[1]},
                       OrderSocket::Callbacks{[this](const Order& order, const UniqueFd& process, UniqueFd folder) {
                                                  orders.push_back(order);
                                                  had_process = bool{process};
                                                  came = std::move(folder);
                                              },
                                              [this] { ended = true; }});
    }

    void say(const std::string& text, const std::vector<int>& descriptors = {}) const {
        EXPECT_EQ(test::pass_descriptors(ours.get(), text, descriptors), static_cast<ssize_t>(text.size()));
    }

    boost::asio::io_context io;
    UniqueFd ours;
    std::optional<OrderSocket> socket;
    std::vector<Order> orders;
    bool had_process{false};
    UniqueFd came;
    bool ended{false};
};

TEST_F(OrderSocketTest, OrdersComeInTheirOrderWithTheirDescriptors) {
    const UniqueFd null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    const UniqueFd folder{::open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    say("tell\nvlc\n");
    say("follow\nvlc\nc13:64\n", {null.get(), folder.get()});
    ASSERT_TRUE(run_until(io, [&] { return orders.size() == 2; }));
    EXPECT_THAT(orders, ElementsAre(Order{Kind::tell, "vlc", {}}, Order{Kind::follow, "vlc", {"c13:64"}}));
    EXPECT_TRUE(had_process);
    EXPECT_EQ(::faccessat(came.get(), "status", F_OK, 0), 0) << "the folder it was";
    EXPECT_NE(::fcntl(came.get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(OrderSocketTest, AFolderMayBeMissing) {
    const UniqueFd null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    say("follow\nvlc\n", {null.get()});
    ASSERT_TRUE(run_until(io, [&] { return !orders.empty(); }));
    EXPECT_TRUE(had_process);
    EXPECT_FALSE(came);
}

TEST_F(OrderSocketTest, ItsEndIsTold) {
    say("forget\nvlc\n");
    ours.reset();
    ASSERT_TRUE(run_until(io, [&] { return ended; }));
    EXPECT_EQ(orders.size(), 1U) << "what was said before counts";
}

TEST_F(OrderSocketTest, WhatIsNoOrderIsTheEnd) {
    say("shut\ndown\n");
    ASSERT_TRUE(run_until(io, [&] { return ended; }));
    EXPECT_TRUE(orders.empty());
}

TEST_F(OrderSocketTest, AnOrderThatIsTooLongIsTheEndAndNotHalfAnOrder) {
    std::string text = "tell\nvlc\n";
    while (text.size() <= udev_events::longest_order) {
        text += "c13:64\n";
    }
    say(text);
    ASSERT_TRUE(run_until(io, [&] { return ended; }));
    EXPECT_TRUE(orders.empty());
}

TEST_F(OrderSocketTest, MoreDescriptorsThanAnOrderHasAreTheEnd) {
    const UniqueFd null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    say("follow\nvlc\n", {null.get(), null.get(), null.get()});
    ASSERT_TRUE(run_until(io, [&] { return ended; }));
    EXPECT_TRUE(orders.empty());
}

} // namespace
} // namespace berth::udev_relay
