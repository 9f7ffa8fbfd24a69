#pragma once

#include "bus/mock_systemd.hpp"
#include "bus/private_bus.hpp"
#include "bus/seat_sessions.hpp"
#include "bus/waiting.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace berth::testing {

inline const model::SeatName seat0{std::string{"seat0"}};
inline const model::SeatName kitchen{std::string{"seat-kitchen2"}};
inline const std::string unit0 = "berth-seat@seat0.service";
inline const std::string kitchen_unit = "berth-seat@seat-kitchen2.service";

/// How a call of the port ended; `times` counts the answers.
struct Ending {
    int times{0};
    Result<void> result;
};

/// SeatSessions for two seats on a bus where nobody is the service manager.
class SeatSessionsTest : public ::testing::Test {
  protected:
    static Done<void> into(const std::shared_ptr<Ending>& ending) {
        return [ending](const Result<void>& result) {
            ++ending->times;
            ending->result = result;
        };
    }

    /// Asks for a session, and waits for it.
    std::shared_ptr<Ending> start_take(const model::SeatName& seat = seat0) {
        auto ending = std::make_shared<Ending>();
        sessions->ask(seat, [this, seat, done = into(ending)](const Result<void>& asked) {
            asked ? sessions->await(seat, done) : done(asked);
        });
        EXPECT_EQ(ending->times, 0) << "answered from inside the call";
        return ending;
    }

    std::shared_ptr<Ending> start_release(const model::SeatName& seat = seat0) {
        auto ending = std::make_shared<Ending>();
        sessions->release(seat, into(ending));
        EXPECT_EQ(ending->times, 0) << "answered from inside the call";
        return ending;
    }

    Result<void> end_of(const std::shared_ptr<Ending>& ending) {
        EXPECT_TRUE(run_until(io, [&] { return ending->times > 0; }));
        EXPECT_LE(ending->times, 1) << "answered twice";
        return ending->result;
    }

    Result<void> take(const model::SeatName& seat = seat0) { return end_of(start_take(seat)); }

    Result<void> release(const model::SeatName& seat = seat0) { return end_of(start_release(seat)); }

    PrivateBus bus;
    boost::asio::io_context io;
    bus::BusConnection connection{io, bus.address(), nullptr};
    std::vector<std::string> lost;
    std::optional<bus::SeatSessions> sessions{
        std::in_place, connection, std::vector{seat0, kitchen},
        [this](const model::SeatName& seat, const std::string& reason) { lost.push_back(seat.value + ": " + reason); }};
};

class WithSystemd : public SeatSessionsTest {
  protected:
    /// Until all that the manager said so far was heard, and what it led to was asked and answered: the bus keeps the
    /// order, so a few calls and answers more are behind it.
    void settle() {
        const auto before = systemd->result;
        systemd->result = "done";
        for (int round = 0; round < 4; ++round) {
            EXPECT_TRUE(release(other));
        }
        systemd->result = before;
    }

    /// A take whose job the test ends.
    std::shared_ptr<Ending> take_that_runs() {
        systemd->result.reset();
        auto taking = start_take();
        const std::size_t calls = systemd->calls.size();
        EXPECT_TRUE(run_until(io, [&] { return systemd->calls.size() > calls; }));
        return taking;
    }

    std::string why_not(const std::string& result, std::optional<MockSystemd::Exit> exit) {
        systemd->exits.clear();
        if (exit) {
            systemd->exits[unit0] = *exit;
        }
        systemd->result = result;
        const auto taken = take();
        EXPECT_FALSE(taken);
        return taken ? std::string{} : taken.error().message;
    }

    model::SeatName other = kitchen;
    std::unique_ptr<MockSystemd> systemd = std::make_unique<MockSystemd>(io, bus.address());
};

} // namespace berth::testing
