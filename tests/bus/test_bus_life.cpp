#include "bus/bus_fixture.hpp"
#include "support/sanitizers.hpp"

#include <gmock/gmock.h>

namespace berth::testing {

namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(BusLife, AnAddressWithNobodyBehindItIsASentence) {
    boost::asio::io_context io;
    const LeaksOfALibrary sdbus; // sdbus-c++ 1.2 forgets the sd_bus that it could not start
    try {
        const bus::BusConnection connection{io, "unix:path=/nonexistent/socket", nullptr};
        FAIL() << "it connected";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("cannot reach unix:path=/nonexistent/socket"));
    }
}

TEST_F(BusFixture, ASecondOwnerOfTheNameIsTold) {
    bus::BusConnection other{io, bus.address(), nullptr};
    bus::BusServer second{other, "1", {[](model::Happening) {}, [] { return Result<void>{}; }}};
    const auto owned = second.own_name();
    ASSERT_FALSE(owned);
    EXPECT_THAT(owned.error().message, HasSubstr("org.berth.Berth1"));
}

TEST_F(BusFixture, TheEndOfTheBusIsToldOnce) {
    bus.kill();
    ASSERT_TRUE(run_until(io, [&] { return !lost.empty(); }));
    EXPECT_THAT(lost, SizeIs(1));
    seat.state = model::SeatState::seated;
    server.seat_changed(seat); // must not throw, nor call back again
    server.reply(model::Reply{model::CallToken{1}, std::monostate{}});
    io.restart();
    io.poll();
    EXPECT_THAT(lost, SizeIs(1));
}

TEST_F(BusFixture, ACallerThatLeavesBeforeItsReplyHurtsNobody) {
    auto leaving = std::make_unique<TestClient>(io, bus.address());
    leaving->start_call(seat0_path, seat_interface, "Freeze", nullptr, std::make_shared<Answer>());
    ASSERT_TRUE(run_until(io, [&] { return posted.size() == 1; }));
    leaving.reset();
    server.reply(model::Reply{posted[0].token, std::monostate{}});
    EXPECT_EQ(client.property(seat0_path, seat_interface, "State"), "vacant");
}

TEST_F(BusFixture, AHundredCallsAtOnceAreAllAnsweredInOrder) {
    constexpr std::size_t count = 100;
    answer = std::monostate{};
    std::vector<std::shared_ptr<Answer>> answers;
    for (std::size_t i = 0; i < count; ++i) {
        answers.push_back(std::make_shared<Answer>(Answer{"none", ""}));
        client.start_call(seat0_path, seat_interface, "Freeze", nullptr, answers.back());
    }
    ASSERT_TRUE(run_until(io, [&] { return answers.back()->error.empty(); }));
    for (std::size_t i = 0; i < count; ++i) {
        EXPECT_EQ(answers[i]->error, "") << i;
        EXPECT_EQ(posted[i].token.value, i + 1) << i;
    }
}

TEST_F(BusFixture, AnIdleServerHasNothingToWakeFor) {
    client.property(seat0_path, seat_interface, "State");
    io.restart();
    io.poll(); // what was under way
    io.restart();
    EXPECT_EQ(io.run_for(std::chrono::milliseconds{200}), 0U) << "something woke the loop";
}

} // namespace

} // namespace berth::testing
