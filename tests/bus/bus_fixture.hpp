#pragma once

#include "bus/bus_server.hpp"
#include "bus/private_bus.hpp"
#include "bus/test_client.hpp"
#include "bus/waiting.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace berth::testing {

inline constexpr const char* manager_path = "/org/berth/Berth1";
inline constexpr const char* seat0_path = "/org/berth/Berth1/seats/seat0";
inline constexpr const char* manager_interface = "org.berth.Berth1.Manager";
inline constexpr const char* seat_interface = "org.berth.Berth1.Seat";
inline constexpr const char* job_interface = "org.berth.Berth1.Job";

inline std::string error(const std::string& name) {
    return "org.berth.Berth1.Error." + name;
}

/// A BusServer with one seat on a bus of its own. What it posts is answered by `answer`, or kept in `posted`.
class BusFixture : public ::testing::Test {
  protected:
    BusFixture() {
        seat.name = model::SeatName{"seat0"};
        server.seat_added(seat);
        const auto owned = server.own_name();
        EXPECT_TRUE(owned) << owned.error().message;
        client.property(manager_path, manager_interface, "Version"); // what the start said has come in
        client.forget();
    }

    void post(model::Happening happening) {
        auto& call = std::get<model::Called>(happening);
        posted.push_back(call);
        if (answer) {
            server.reply(model::Reply{call.token, *answer});
        }
    }

    Result<void> reload() {
        if (reload_throws) {
            throw std::runtime_error{"a bug in reload"};
        }
        return reloaded;
    }

    PrivateBus bus;
    boost::asio::io_context io;
    std::vector<std::string> lost;
    bus::BusConnection connection{io, bus.address(), [this](const std::string& reason) { lost.push_back(reason); }};
    std::vector<model::Called> posted;
    std::optional<decltype(model::Reply::answer)> answer;
    Result<void> reloaded;
    bool reload_throws{false};
    bus::BusServer server{
        connection,
        "1.2.3",
        {[this](model::Happening happening) { post(std::move(happening)); }, [this] { return reload(); }}};
    model::Seat seat;
    TestClient client{io, bus.address()};
};

} // namespace berth::testing
