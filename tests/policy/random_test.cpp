#include "model/json.hpp"
#include "support/builders.hpp"
#include "support/client_surroundings.hpp"
#include "support/surroundings.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <random>
#include <string>

using namespace berth;
using namespace berth::model;
using berth::test::seat0;
using berth::test::seat1;
using berth::test::Surroundings;

namespace {

constexpr int events_a_seed = 20'000;
constexpr int usual_events = 100'000;
const SeatName announced{"seat-logind"};
constexpr std::size_t remembered = 12;

/// A dock is there or not, and a profile with all that it may say, too; a desktop that is asked answers.
Event hardware_event(std::mt19937& random, Microseconds at) {
    if (random() % 4 == 0) {
        return {at, DesktopAnswered{seat0, random() % 4, random() % 2 == 0, {}}};
    }
    if (random() % 2 == 0) {
        constexpr std::array actions{DockAction::forward, DockAction::reseat, DockAction::reseat, DockAction::ignore,
                                     DockAction::ask};
        const DockProfile desk{.name = "desk",
                               .description = {},
                               .match = {},
                               .on_dock = actions.at(random() % actions.size()),
                               .on_undock = actions.at(random() % actions.size()),
                               .grace_s = 1,
                               .question = {"ask"},
                               .docked_command = {"come"},
                               .undocked_command = {"go"}};
        return {at, DocksRead{random() % 4 == 0 ? std::vector<DockProfile>{} : std::vector{desk}}};
    }
    const std::vector<Device> dock{
        {.path = "/devices/usb1/1-2", .kind = DeviceKind::hub, .seat = seat0, .id = "usb:1:2", .name = "Desk"},
        {.path = "/devices/usb1/1-2/net/eth1", .kind = DeviceKind::network, .seat = seat0}};
    return {at, HardwareChanged{random() % 2 == 0 ? dock : std::vector<Device>{}}};
}

/// Plays one seed; returns what broke with the last events, or nothing.
std::string play(std::uint32_t seed) {
    std::mt19937 random{seed};
    Surroundings state{{seat0, seat1}, {announced}};
    std::deque<std::string> last;
    for (int played = 0; played < events_a_seed; ++played) {
        if (state.exited()) {
            state = Surroundings{{seat0, seat1}, {announced}};
        }
        state.moves_time(static_cast<Microseconds>(random() % 2'000'000));
        const std::vector<Event> events = state.possible(4);
        constexpr int part_of_hardware = 10;
        Event event =
            random() % part_of_hardware == 0 ? hardware_event(random, state.now()) : events[random() % events.size()];
        if (std::holds_alternative<ShutdownRequested>(event.what) && random() % 50 != 0) {
            continue; // Else hardly a desktop would ever come up.
        }
        last.push_back(describe(event));
        if (last.size() > remembered) {
            last.pop_front();
        }
        const std::vector<std::string> wrong = state.take(event);
        if (!wrong.empty()) {
            std::string text = wrong.front() + " at event " + std::to_string(played) + " after\n";
            for (const std::string& line : last) {
                text.append("  ").append(line).append("\n");
            }
            return text;
        }
    }
    return {};
}

/// Plays one seed on three clients of a seat whose desktop comes and goes, with crashes of berthd; returns what broke
/// with the last events, or nothing.
std::string play_clients(std::uint32_t seed) {
    using Surroundings = test::ClientSurroundings;
    using Remains = Surroundings::Remains;
    std::mt19937 random{seed};
    const test::ClientScope scope{{ClientId{"a"}, ClientId{"b"}, ClientId{"c"}}, test::ClientScope::Plays::everything};
    Surroundings state{scope};
    std::deque<std::string> last;
    for (int played = 0; played < events_a_seed; ++played) {
        if (state.exited()) {
            state = Surroundings{scope};
        }
        state.moves_time(static_cast<Microseconds>(random() % 2'000'000));
        const std::vector<Surroundings::Move> moves = state.possible();
        const Surroundings::Move& move = moves[random() % moves.size()];
        if (std::holds_alternative<ShutdownRequested>(move.event.what) && random() % 50 != 0) {
            continue;
        }
        const bool crash = random() % 500 == 0;
        last.push_back(crash ? "a crash" : describe(move));
        if (last.size() > remembered) {
            last.pop_front();
        }
        const std::vector<std::string> wrong =
            crash ? state.crashes(static_cast<Remains>(random() % 4)) : state.take(move);
        if (!wrong.empty()) {
            std::string text = wrong.front() + " at event " + std::to_string(played) + " after\n";
            for (const std::string& line : last) {
                text.append("  ").append(line).append("\n");
            }
            return text;
        }
    }
    return {};
}

/// How many events in all: BERTH_EVENTS, e.g. 10000000 for the property run that takes minutes in an optimised build.
int wanted_events() {
    const char* const wanted = std::getenv("BERTH_EVENTS"); // NOLINT(concurrency-mt-unsafe): one thread
    return wanted == nullptr ? usual_events : std::stoi(wanted);
}

} // namespace

TEST(RandomOrder, OfAHundredThousandEventsOnThreeSeatsBreaksNoInvariant) {
    int played = 0;
    for (std::uint32_t seed = 1; played < wanted_events(); ++seed) {
        ASSERT_EQ(play(seed), "") << "seed " << seed;
        played += events_a_seed;
    }
    std::cout << played << " events\n";
}

TEST(RandomOrder, OfAHundredThousandEventsOfThreeClientsBreaksNoInvariant) {
    int played = 0;
    for (std::uint32_t seed = 1; played < wanted_events(); ++seed) {
        ASSERT_EQ(play_clients(seed), "") << "seed " << seed;
        played += events_a_seed;
    }
    std::cout << played << " events\n";
}
