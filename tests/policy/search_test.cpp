#include "model/json.hpp"
#include "support/builders.hpp"
#include "support/surroundings.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <iostream>
#include <unordered_map>

using namespace berth;
using namespace berth::model;
using berth::test::seat0;
using berth::test::Surroundings;

namespace {

constexpr std::size_t pending_calls = 1; ///< that wait at a time; the random test has up to 4
constexpr int bound = 60;                ///< events from any state to rest; restore-tty is tried 5 times

/// Every state that one seat can reach, breadth first, with the way it was reached.
class Search {
  public:
    struct Node {
        Surroundings state;
        std::size_t parent;
        Event by;
    };

    Search() { add(Surroundings{{seat0}}, 0, Event{}); }

    /// Visits all; stops at the first state that breaks an invariant and returns what broke, with the path.
    std::string run() {
        for (std::size_t at = 0; at < nodes_.size(); ++at) {
            for (const Event& event : nodes_[at].state.possible(pending_calls)) {
                ++transitions_;
                Surroundings next = nodes_[at].state;
                const std::vector<std::string> wrong = next.take(event);
                if (!wrong.empty()) {
                    return wrong.front() + "\n" + path(at) + "  " + describe(event);
                }
                next.settle_time();
                add(std::move(next), at, event);
            }
        }
        return {};
    }

    std::string path(std::size_t at) const {
        std::string text;
        for (; at != 0; at = nodes_[at].parent) {
            text.insert(0, "  " + describe(nodes_[at].by) + "\n");
        }
        return text;
    }

    [[nodiscard]] const std::deque<Node>& nodes() const { return nodes_; }

    [[nodiscard]] std::size_t transitions() const { return transitions_; }

  private:
    void add(Surroundings state, std::size_t parent, const Event& by) {
        if (seen_.emplace(state.abstract(), nodes_.size()).second) {
            nodes_.push_back(Node{std::move(state), parent, by});
        }
    }

    std::deque<Node> nodes_;
    std::unordered_map<std::string, std::size_t> seen_;
    std::size_t transitions_{0};
};

/// One search serves every test: it is the expensive part.
const Search& finished_search(std::string* wrong = nullptr) {
    static std::string found;
    static const Search search = [] {
        Search all;
        const auto begin = std::chrono::steady_clock::now();
        found = all.run();
        const auto took =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
        std::cout << "search: " << all.nodes().size() << " states, " << all.transitions() << " transitions, "
                  << took.count() << " ms\n";
        return all;
    }();
    if (wrong != nullptr) {
        *wrong = found;
    }
    return search;
}

bool at_rest(const Surroundings& state) {
    const SeatState now = state.world().seats.at(seat0).state;
    return now == SeatState::vacant || now == SeatState::held;
}

using Mishap = std::optional<Event> (Surroundings::*)(const SeatName&) const;

/// Asks the seat to leave and lets `mishap` befall every step. Returns what is wrong, or nothing.
std::string leaves_while(Surroundings state, Mishap mishap, const Happening& ask) {
    std::vector<std::string> wrong = state.take(Event{state.now(), ask});
    for (int left = bound; left > 0 && wrong.empty() && !at_rest(state); --left) {
        const std::optional<Event> event = (state.*mishap)(seat0);
        if (!event) {
            return "nothing is to come in " + std::string{name_of(state.world().seats.at(seat0).state)};
        }
        wrong = state.take(*event);
    }
    if (!wrong.empty()) {
        return wrong.front();
    }
    return at_rest(state) ? std::string{} : "no rest after " + std::to_string(bound) + " events";
}

/// The same from every state that was found.
void expect_every_state_comes_to_rest(Mishap mishap, const Happening& ask) {
    const Search& search = finished_search();
    for (std::size_t at = 0; at < search.nodes().size(); ++at) {
        const std::string wrong = leaves_while(search.nodes()[at].state, mishap, ask);
        ASSERT_EQ(wrong, "") << "after\n" << search.path(at);
    }
}

const Happening restore_tty{Called{CallToken{900'000}, Caller{":1.1", 0}, RestoreTtyRequest{seat0}}};
const Happening down{Called{CallToken{900'000}, Caller{":1.1", 0}, DownRequest{seat0, false}}};

} // namespace

TEST(Search, NoStateThatASeatCanReachBreaksAnInvariant) {
    std::string wrong;
    const Search& search = finished_search(&wrong);
    EXPECT_EQ(wrong, "");
    EXPECT_GT(search.nodes().size(), 1000U) << "the search ended too early to mean anything";
}

TEST(Search, EveryStateOfTheSeatIsReached) {
    std::map<SeatState, std::size_t> states;
    std::map<Step, std::size_t> steps;
    for (const Search::Node& node : finished_search().nodes()) {
        ++states[node.state.world().seats.at(seat0).state];
        ++steps[node.state.world().seats.at(seat0).step];
    }
    EXPECT_EQ(states.size(), static_cast<std::size_t>(SeatState::held) + 1);
    EXPECT_EQ(steps.size(), static_cast<std::size_t>(Step::commit) + 1);
}

TEST(Search, FromEveryStateRestoreTtyBringsTheSeatToRestThoughEveryEffectFails) {
    expect_every_state_comes_to_rest(&Surroundings::everything_fails, restore_tty);
}

TEST(Search, FromEveryStateDownBringsTheSeatToRestThoughEveryEffectFails) {
    expect_every_state_comes_to_rest(&Surroundings::everything_fails, down);
}

TEST(Search, FromEveryStateDownBringsTheSeatToRestThoughEveryEffectHangs) {
    expect_every_state_comes_to_rest(&Surroundings::everything_hangs, down);
}

TEST(Search, FromEveryStateSigtermEndsBerthdThoughEveryEffectHangs) {
    const Search& search = finished_search();
    for (std::size_t at = 0; at < search.nodes().size(); ++at) {
        const Surroundings& state = search.nodes()[at].state;
        ASSERT_EQ(leaves_while(state, &Surroundings::everything_hangs, ShutdownRequested{}), "") << search.path(at);
    }
}
