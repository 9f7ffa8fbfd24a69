#include "model/json.hpp"
#include "policy/decide.hpp"
#include "store/flight_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace berth {
namespace {

std::vector<std::filesystem::path> recordings() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator{BERTH_RECORDINGS}) {
        files.push_back(entry.path());
    }
    return files;
}

/// Recordings of real runs (the headless desktop, the virtual PC): the policy of today decides what was decided then.
struct RecordingTest : testing::TestWithParam<std::filesystem::path> {};

TEST_P(RecordingTest, OfARealRunIsDecidedTheSameAgain) {
    const auto flight = store::read_flight(GetParam().string());
    ASSERT_TRUE(flight) << flight.error().message;
    ASSERT_GT(flight->entries.size(), 10U);
    model::World world = flight->world;
    for (const auto& entry : flight->entries) {
        model::Decision decision = policy::decide(std::move(world), entry.event);
        world = std::move(decision.world);
        ASSERT_EQ(decision.effects, entry.effects)
            << GetParam() << ":" << entry.line << ": " << model::describe(entry.event);
    }
    for (const auto& [name, seat] : world.seats) {
        EXPECT_EQ(seat.state, model::SeatState::vacant) << name.value;
    }
}

INSTANTIATE_TEST_SUITE_P(Real, RecordingTest, testing::ValuesIn(recordings()), [](const auto& recording) {
    std::string name = recording.param.stem().string();
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c == '-'; }, '_');
    return name;
});

TEST(Recordings, OfBothSeatModesAreThere) {
    EXPECT_GE(recordings().size(), 2U);
}

} // namespace
} // namespace berth
