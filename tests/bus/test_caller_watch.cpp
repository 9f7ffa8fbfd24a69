#include "bus/bus_fixture.hpp"
#include "bus/caller_watch.hpp"

#include <gmock/gmock.h>

#include <memory>

namespace berth::testing {

namespace {

using ::testing::HasSubstr;

class CallerWatchTest : public BusFixture {
  protected:
    bool is_told(int times) {
        return run_until(io, [&] { return gone >= times; }) && gone == times;
    }

    void watch(const std::string& name) {
        callers.watch(name, [this] { ++gone; });
    }

    bus::CallerWatch callers{connection};
    int gone{0};
};

TEST_F(CallerWatchTest, AConnectionThatEndsIsToldOnce) {
    auto caller = std::make_unique<TestClient>(io, bus.address());
    caller->property(manager_path, manager_interface, "Version");
    const std::string name = caller->unique_name();
    watch(name);
    TestClient other{io, bus.address()};
    other.property(manager_path, manager_interface, "Version"); // the bus has answered what was asked before
    EXPECT_EQ(gone, 0);
    caller.reset();
    EXPECT_TRUE(is_told(1));
    watch(name);
    EXPECT_TRUE(is_told(2)) << "it has ended before";
}

TEST_F(CallerWatchTest, AnotherThatEndsIsNot) {
    watch(client.unique_name());
    {
        TestClient other{io, bus.address()};
        other.property(manager_path, manager_interface, "Version");
    }
    client.property(manager_path, manager_interface, "Version");
    EXPECT_EQ(gone, 0);
}

TEST_F(CallerWatchTest, OneThatNeverWasIsToldSoonAndNotFromInside) {
    watch(":1.99999");
    EXPECT_EQ(gone, 0);
    EXPECT_TRUE(is_told(1));
}

TEST_F(CallerWatchTest, OneThatIsWatchedTwiceIsToldOnce) {
    watch(":1.99999");
    watch(":1.99999");
    EXPECT_TRUE(is_told(1));
    client.property(manager_path, manager_interface, "Version");
    EXPECT_EQ(gone, 1);
}

TEST_F(CallerWatchTest, TheOptionsOfGrantSayWhenItEnds) {
    model::Client box;
    box.id = model::ClientId{"box"};
    box.seat = model::SeatName{"seat0"};
    box.grants = {{model::GrantKind::gpu, {}}, {model::GrantKind::session_bus, "org.a.B"}};
    box.ends = {{"gpu", {60'000'000, ":1.42", false}}};
    server.client_changed(box);
    const std::string path = "/org/berth/Berth1/clients/box";
    const std::string interface = "org.berth.Berth1.Client";
    EXPECT_EQ(client.property(path, interface, "GrantsWith"), "{gpu: :1.42}");
    EXPECT_THAT(client.property(path, interface, "GrantsUntil"), HasSubstr("{gpu: 1"));
    EXPECT_EQ(client.property(path, interface, "Revocations"), "{gpu: new-opens-only, session-bus:org.a.B: hard}");
    auto answered = std::make_shared<Answer>();
    const auto ask = [&](const char* name, const char* type, unsigned value) {
        client.start_call(
            path, interface, "Grant",
            [&](sd_bus_message* m) { sd_bus_message_append(m, "asa{sv}", 1, "gpu", 1, name, type, value); }, answered);
        const std::size_t before = posted.size();
        return run_until(io, [&] { return posted.size() > before || !answered->error.empty(); });
    };
    ASSERT_TRUE(ask("with-connection", "b", 1));
    EXPECT_TRUE(std::get<model::GrantRequest>(posted.at(0).request).with_connection);
    EXPECT_EQ(posted.at(0).caller.bus_name, client.unique_name());
    ASSERT_TRUE(ask("time-limit", "u", 600));
    EXPECT_GT(std::get<model::GrantRequest>(posted.at(1).request).until, 600'000'000);
    ASSERT_TRUE(ask("time-limit", "u", 0));
    EXPECT_EQ(answered->error, "org.berth.Berth1.Error.InvalidArgument");
}

} // namespace

} // namespace berth::testing
