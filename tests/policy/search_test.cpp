#include "model/json.hpp"
#include "support/builders.hpp"
#include "support/search.hpp"
#include "support/surroundings.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <unordered_set>

using namespace berth;
using namespace berth::model;
using berth::test::seat0;
using berth::test::seat1;
using berth::test::Surroundings;

namespace {

constexpr std::size_t pending_calls = 1; ///< that wait at a time; the random test has up to 4
constexpr int bound = 60;                ///< events from any state to rest; restore-tty is tried 5 times

/// Every state that one seat can reach.
struct PlayOfASeat {
    using State = Surroundings;
    using Move = Event;

    static std::vector<Event> moves(const Surroundings& state) { return state.possible(pending_calls); }

    static void settle(Surroundings& state) { state.settle_time(); }
};

using SeatSearch = test::Search<PlayOfASeat>;

/// Which seat is searched: seat0 has terminals and a name that berthd was given; seat1 has neither.
struct Searched {
    explicit Searched(const SeatName& name)
        : seat{name}, search{name == seat0 ? Surroundings{{seat0}} : Surroundings{{}, {name}}} {
        const auto begin = std::chrono::steady_clock::now();
        wrong = search.run();
        const auto took =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
        std::cout << "search of " << name.value << ": " << search.nodes().size() << " states, " << search.transitions()
                  << " transitions, " << took.count() << " ms\n";
    }

    SeatName seat;
    SeatSearch search;
    std::string wrong;
};

/// One search of a seat serves every test: it is the expensive part.
const Searched& finished_search(const SeatName& name) {
    static std::map<SeatName, Searched> all;
    const auto found = all.find(name);
    return found == all.end() ? all.try_emplace(name, name).first->second : found->second;
}

using Mishap = std::optional<Event> (Surroundings::*)(const SeatName&) const;

/// Asks the seat to leave and lets `mishap` befall every step. Returns what is wrong, or nothing.
std::string leaves_while(Surroundings state, const SeatName& seat, Mishap mishap, const Happening& ask) {
    std::vector<std::string> wrong = state.take(Event{state.now(), ask});
    for (int left = bound; left > 0 && wrong.empty() && !state.at_rest(seat); --left) {
        const std::optional<Event> event = (state.*mishap)(seat);
        if (!event) {
            return "nothing is to come in " + std::string{name_of(state.world().seats.at(seat).state)};
        }
        wrong = state.take(*event);
    }
    if (!wrong.empty()) {
        return wrong.front();
    }
    return state.at_rest(seat) ? std::string{} : "no rest after " + std::to_string(bound) + " events";
}

/// Whatever befalls a berthd that started anew, all comes to rest when it is asked to. Returns what is wrong, or
/// nothing.
std::string comes_to_rest(const Surroundings& state, const SeatName& seat) {
    const Happening down = Called{CallToken{900'000}, Caller{":1.1", 0}, DownRequest{seat, false}};
    for (const Mishap mishap : {&Surroundings::everything_fails, &Surroundings::everything_hangs}) {
        if (std::string wrong = leaves_while(state, seat, mishap, down); !wrong.empty()) {
            return wrong;
        }
    }
    return {};
}

/// The policy with a bug: effects for which `forgets` holds are not asked for.
template <bool (*forgets)(const Effect&)>
Decision forgetful(World world, const Event& event) {
    Decision decision = policy::decide(std::move(world), event);
    std::erase_if(decision.effects, forgets);
    return decision;
}

template <Step step>
bool is_step(const Effect& effect) {
    const auto* const run = std::get_if<RunStep>(&effect);
    return run != nullptr && run->step == step;
}

template <class Kind>
bool is_effect(const Effect& effect) {
    return std::holds_alternative<Kind>(effect);
}

/// A policy that loses sight of a terminal (or, by another member, of a session or a container) when a desktop goes.
template <auto member>
Decision absent_minded(World world, const Event& event) {
    Decision decision = policy::decide(std::move(world), event);
    for (auto& [name, seat] : decision.world.seats) {
        if (seat.state == SeatState::draining) {
            seat.*member = {};
        }
    }
    return decision;
}

/// What the search says of a policy.
std::string found_in(Surroundings::Decide policy) {
    Surroundings start{{seat0}};
    start.plays(policy);
    SeatSearch search{std::move(start)};
    std::string wrong = search.run();
    std::cout << search.nodes().size() << " states, " << search.transitions() << " transitions: " << wrong << "\n";
    return wrong;
}

/// The two kinds of seats.
class EverySeat : public ::testing::TestWithParam<SeatName> {
  protected:
    /// From every state that was found.
    static void expect_every_state_comes_to_rest(Mishap mishap, const Happening& ask) {
        const SeatSearch& search = finished_search(GetParam()).search;
        for (std::size_t at = 0; at < search.nodes().size(); ++at) {
            if (search.nodes()[at].state.exited()) {
                continue;
            }
            const std::string wrong = leaves_while(search.nodes()[at].state, GetParam(), mishap, ask);
            ASSERT_EQ(wrong, "") << "after\n" << search.path(at);
        }
    }

    static Happening call(Request request) { return Called{CallToken{900'000}, Caller{":1.1", 0}, std::move(request)}; }
};

} // namespace

INSTANTIATE_TEST_SUITE_P(Search, EverySeat, ::testing::Values(seat0, seat1),
                         [](const auto& of) { return of.param.value; });

TEST_P(EverySeat, ReachesNoStateThatBreaksAnInvariant) {
    const Searched& searched = finished_search(GetParam());
    EXPECT_EQ(searched.wrong, "");
    EXPECT_GT(searched.search.nodes().size(), 1000U) << "the search ended too early to mean anything";
}

TEST_P(EverySeat, ReachesEveryStateAndStep) {
    std::map<SeatState, std::size_t> states;
    std::map<Step, std::size_t> steps;
    std::size_t absent = 0;
    for (const SeatSearch::Node& node : finished_search(GetParam()).search.nodes()) {
        const auto seat = node.state.world().seats.find(GetParam());
        if (seat == node.state.world().seats.end()) {
            ++absent;
            continue;
        }
        ++states[seat->second.state];
        ++steps[seat->second.step];
    }
    EXPECT_EQ(states.size(), static_cast<std::size_t>(SeatState::held) + 1);
    const std::size_t of_terminals = has_terminals(GetParam()) ? 0 : 2; // claim-vt and restore-tty
    EXPECT_EQ(steps.size() + of_terminals, static_cast<std::size_t>(Step::commit) + 1);
    EXPECT_EQ(absent > 0, !has_terminals(GetParam())) << "the one that logind announces comes and goes";
}

TEST_P(EverySeat, IsBroughtToRestByRestoreTtyThoughEveryEffectFails) {
    if (has_terminals(GetParam())) { // else it leaves a desktop alone
        expect_every_state_comes_to_rest(&Surroundings::everything_fails, call(RestoreTtyRequest{GetParam()}));
    }
}

TEST_P(EverySeat, IsBroughtToRestByDownThoughEveryEffectFails) {
    expect_every_state_comes_to_rest(&Surroundings::everything_fails, call(DownRequest{GetParam(), false}));
}

TEST_P(EverySeat, IsBroughtToRestByDownThoughEveryEffectHangs) {
    expect_every_state_comes_to_rest(&Surroundings::everything_hangs, call(DownRequest{GetParam(), false}));
}

TEST_P(EverySeat, IsBroughtToRestThoughEveryEffectHangsWhenLogindRemovesIt) {
    expect_every_state_comes_to_rest(&Surroundings::everything_hangs, SeatGone{GetParam()});
}

TEST_P(EverySeat, IsBroughtToRestByTheHostsShutdownThoughEveryEffectHangs) {
    expect_every_state_comes_to_rest(&Surroundings::everything_hangs, ShutdownRequested{false});
}

TEST_P(EverySeat, IsBroughtToRestAfterACrashOfBerthdThoughEveryEffectFailsOrHangs) {
    using Remains = Surroundings::Remains;
    const SeatSearch& search = finished_search(GetParam()).search;
    std::unordered_set<std::string> after; // many states differ in what a crash forgets: calls, jobs, timers
    std::size_t crashes = 0;
    std::size_t adopted = 0;
    for (std::size_t at = 0; at < search.nodes().size(); ++at) {
        for (const Remains remains : {Remains::running, Remains::dead, Remains::removed}) {
            Surroundings state = search.nodes()[at].state;
            if (state.exited()) {
                continue;
            }
            ++crashes;
            const std::vector<std::string> wrong = state.crashes(remains);
            ASSERT_TRUE(wrong.empty()) << wrong.front() << " after\n" << search.path(at) << "  a crash";
            if (after.insert(state.abstract()).second) {
                const auto seat = state.world().seats.find(GetParam());
                adopted += seat != state.world().seats.end() && seat->second.step == Step::adopt ? 1 : 0;
                ASSERT_EQ(comes_to_rest(state, GetParam()), "") << "after\n" << search.path(at) << "  a crash";
            }
        }
    }
    std::cout << crashes << " crashes, " << after.size() << " states after one, " << adopted
              << " of them with a desktop that goes on\n";
    EXPECT_GT(after.size(), 100U);
    EXPECT_GT(adopted, 3U);
}

// That nothing is found says something only if what is wrong would be found.
TEST(PlantedBug, ATerminalThatIsNotRestoredIsFound) {
    EXPECT_NE(found_in(absent_minded<&Seat::vt>), "");
    EXPECT_NE(found_in(forgetful<is_step<Step::restore_tty>>), "");
}

TEST(PlantedBug, ASessionThatIsNotClosedIsFound) {
    EXPECT_NE(found_in(absent_minded<&Seat::lease>), "");
    EXPECT_NE(found_in(forgetful<is_step<Step::release_seat>>), "");
}

TEST(PlantedBug, AContainerThatIsNotRemovedIsFound) {
    EXPECT_NE(found_in(absent_minded<&Seat::container>), "");
    EXPECT_NE(found_in(forgetful<is_step<Step::remove>>), "");
}

TEST(PlantedBug, ACallThatIsNotAnsweredIsFound) {
    EXPECT_NE(found_in(forgetful<is_effect<Reply>>), "");
}

TEST(PlantedBug, AJobThatIsNotToldOfIsFound) {
    EXPECT_NE(found_in(forgetful<is_effect<PublishJob>>), "");
}

TEST(PlantedBug, ATimeLimitThatIsNotSetIsFound) {
    EXPECT_NE(found_in(forgetful<is_effect<ArmTimer>>), "");
}
