#include "model/json.hpp"
#include "policy/client_rules.hpp"
#include "support/client_script.hpp"
#include "support/client_surroundings.hpp"
#include "support/search.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <set>
#include <unordered_set>

using namespace berth;
using namespace berth::model;
using berth::test::ClientScope;
using berth::test::ClientSurroundings;

namespace {

constexpr int end_bound = 30; ///< events from any state to a client's end
const ClientId first{"first"};
const ClientId second{"second"};

/// Every state that clients can reach.
struct PlayOfClients {
    using State = ClientSurroundings;
    using Move = ClientSurroundings::Move;

    static std::vector<Move> moves(const ClientSurroundings& state) { return state.possible(); }

    static void settle(ClientSurroundings& /*state*/) {}
};

using ClientSearch = test::Search<PlayOfClients>;

struct SearchedClients {
    explicit SearchedClients(ClientScope scope) : search{ClientSurroundings{std::move(scope)}} {
        const auto begin = std::chrono::steady_clock::now();
        wrong = search.run();
        const auto took =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
        std::cout << "search of clients: " << search.nodes().size() << " states, " << search.transitions()
                  << " transitions, " << took.count() << " ms\n";
    }

    ClientSearch search;
    std::string wrong;
};

const SearchedClients& searched_clients(ClientScope::Plays plays) {
    static std::map<ClientScope::Plays, SearchedClients> all;
    const bool is_pair = plays == ClientScope::Plays::pair;
    const std::vector<ClientId> names = is_pair ? std::vector{first, second} : std::vector{first};
    const auto found = all.find(plays);
    return found == all.end() ? all.try_emplace(plays, ClientScope{names, plays}).first->second : found->second;
}

using ClientMishap = std::optional<Event> (ClientSurroundings::*)(const ClientId&) const;

bool all_are_gone(const ClientSurroundings& state) {
    const std::vector<ClientId>& names = state.scope().names;
    return std::all_of(names.begin(), names.end(), [&](const ClientId& id) { return state.is_gone(id); });
}

/// Plays `ask` and lets `mishap` befall every step, until every client is gone. Returns what is wrong, or nothing.
std::string ends_while(ClientSurroundings state, ClientMishap mishap, const Happening& ask) {
    std::vector<std::string> wrong = state.take(Event{state.now(), ask});
    for (int left = end_bound; left > 0 && wrong.empty() && !all_are_gone(state); --left) {
        bool comes = false;
        for (const ClientId& id : state.scope().names) {
            const auto event = (state.*mishap)(id);
            if (event && wrong.empty()) {
                comes = true;
                wrong = state.take(*event);
            }
        }
        if (!comes) {
            return "nothing is to come";
        }
    }
    if (!wrong.empty()) {
        return wrong.front();
    }
    return all_are_gone(state) ? std::string{} : "no end after " + std::to_string(end_bound) + " rounds";
}

Happening stop_of(const ClientId& id) {
    return Called{CallToken{900'000}, Caller{":1.1", 0}, StopRequest{id, 10'000}};
}

void expect_ends_from_every_state(const SearchedClients& searched, const Happening& ask) {
    for (const ClientMishap mishap : {&ClientSurroundings::everything_fails, &ClientSurroundings::everything_hangs}) {
        for (std::size_t at = 0; at < searched.search.nodes().size(); ++at) {
            const ClientSurroundings& state = searched.search.nodes()[at].state;
            if (!state.exited() && !(state.world().shutting_down && std::holds_alternative<Called>(ask))) {
                ASSERT_EQ(ends_while(state, mishap, ask), "") << "after\n" << searched.search.path(at);
            }
        }
    }
}

template <bool (*forgets)(const Effect&)>
Decision forgetful_of_clients(World world, const Event& event) {
    Decision decision = policy::decide(std::move(world), event);
    std::erase_if(decision.effects, forgets);
    return decision;
}

template <Step step>
bool is_client_step(const Effect& effect) {
    const auto* const run = std::get_if<RunClientStep>(&effect);
    return run != nullptr && run->step == step;
}

template <class Kind>
bool is_of_kind(const Effect& effect) {
    return std::holds_alternative<Kind>(effect);
}

/// Every verdict is taken for a yes.
Decision trusting(World world, const Event& event) {
    Event believed = event;
    if (auto* const verdict = std::get_if<Authorized>(&believed.what)) {
        verdict->allowed = true;
    }
    return policy::decide(std::move(world), believed);
}

/// A client that ends does not wait for the step that is in flight.
Decision impatient(World world, const Event& event) {
    const auto* const exited = std::get_if<ClientExited>(&event.what);
    const auto client = exited == nullptr ? world.clients.end() : world.clients.find(exited->client);
    if (client != world.clients.end() && policy::is_alive(client->second) && exited->pid == client->second.init_pid) {
        client->second.step = Step::none;
    }
    return policy::decide(std::move(world), event);
}

/// What is kept is forgotten when the client has ended.
Decision careless(World world, const Event& event) {
    for (auto& [id, client] : world.clients) {
        client.plan.app.keep = client.plan.app.keep && client.state != ClientState::ending;
        client.container = client.state == ClientState::ending && client.step == Step::collect ? "" : client.container;
    }
    return policy::decide(std::move(world), event);
}

std::string found_of_clients(ClientSurroundings::Decide policy, ClientScope::Plays plays = ClientScope::Plays::life) {
    ClientSurroundings start{ClientScope{{first}, plays}};
    start.plays(policy);
    ClientSearch search{std::move(start)};
    std::string wrong = search.run();
    std::cout << search.nodes().size() << " states, " << search.transitions()
              << " transitions: " << wrong.substr(0, wrong.find('\n')) << "\n";
    return wrong;
}

/// What is played in a search.
class EveryClient : public ::testing::TestWithParam<ClientScope::Plays> {
  protected:
    static const SearchedClients& searched() { return searched_clients(GetParam()); }
};

std::string name_of_scope(ClientScope::Plays plays) {
    switch (plays) {
    case ClientScope::Plays::life:
        return "life";
    case ClientScope::Plays::grants:
        return "grants";
    case ClientScope::Plays::leases:
        return "leases";
    case ClientScope::Plays::foreign:
        return "foreign";
    case ClientScope::Plays::desktops:
        return "desktops";
    case ClientScope::Plays::names:
        return "names";
    case ClientScope::Plays::pair:
        return "pair";
    case ClientScope::Plays::everything:
        return "everything";
    }
    return {};
}

} // namespace

INSTANTIATE_TEST_SUITE_P(Search, EveryClient,
                         ::testing::Values(ClientScope::Plays::life, ClientScope::Plays::grants,
                                           ClientScope::Plays::leases, ClientScope::Plays::names,
                                           ClientScope::Plays::pair, ClientScope::Plays::foreign,
                                           ClientScope::Plays::desktops),
                         [](const auto& of) { return name_of_scope(of.param); });

TEST_P(EveryClient, ReachesNoStateThatBreaksAnInvariant) {
    EXPECT_EQ(searched().wrong, "");
    EXPECT_GT(searched().search.nodes().size(), GetParam() == ClientScope::Plays::foreign ? 200U : 1000U)
        << "the search ended too early to mean anything";
}

TEST_P(EveryClient, ThatIsToldToStopIsGoneInBoundedStepsThoughAllFailsOrHangs) {
    if (GetParam() != ClientScope::Plays::pair) { // whose second client is not told
        expect_ends_from_every_state(searched(), stop_of(first));
    }
}

TEST_P(EveryClient, IsGoneInBoundedStepsWhenTheHostEnds) {
    expect_ends_from_every_state(searched(), ShutdownRequested{false});
}

TEST_P(EveryClient, IsTakenOverOrClearedAwayAfterACrashInEveryState) {
    using Remains = ClientSurroundings::Remains;
    std::unordered_set<std::string> after;
    std::size_t crashes = 0;
    std::size_t adopted = 0;
    const ClientSearch& search = searched().search;
    for (std::size_t at = 0; at < search.nodes().size(); ++at) {
        for (const Remains remains : {Remains::alive, Remains::dead, Remains::removed, Remains::another}) {
            ClientSurroundings state = search.nodes()[at].state;
            if (state.exited()) {
                continue;
            }
            ++crashes;
            const std::vector<std::string> wrong = state.crashes(remains);
            ASSERT_TRUE(wrong.empty()) << wrong.front() << " after\n" << search.path(at) << "  a crash";
            if (!after.insert(state.abstract()).second) {
                continue;
            }
            const auto client = state.world().clients.find(first);
            adopted += client != state.world().clients.end() && client->second.step == Step::adopt ? 1 : 0;
            for (const ClientMishap mishap :
                 {&ClientSurroundings::everything_fails, &ClientSurroundings::everything_hangs}) {
                ASSERT_EQ(ends_while(state, mishap, ShutdownRequested{false}), "") << "after\n"
                                                                                   << search.path(at) << "  a crash";
            }
        }
    }
    std::cout << crashes << " crashes, " << after.size() << " states after one, " << adopted
              << " of them with a client that goes on\n";
    EXPECT_GE(after.size(), 20U);
    EXPECT_GT(adopted, 2U);
}

TEST(EveryClientsLife, ReachesEveryStateAndStep) {
    std::set<ClientState> states;
    std::set<Step> steps;
    for (const ClientScope::Plays plays :
         {ClientScope::Plays::life, ClientScope::Plays::grants, ClientScope::Plays::foreign}) {
        for (const ClientSearch::Node& node : searched_clients(plays).search.nodes()) {
            for (const auto& [id, client] : node.state.world().clients) {
                states.insert(client.state);
                steps.insert(client.step);
            }
        }
    }
    EXPECT_EQ(states.size(), static_cast<std::size_t>(ClientState::exited) + 1);
    const std::set<Step> expected{Step::none,  Step::check_image, Step::open_door,  Step::create, Step::attach,
                                  Step::start, Step::unpause,     Step::stop,       Step::kill,   Step::collect,
                                  Step::flush, Step::remove,      Step::close_door, Step::pause,  Step::commit,
                                  Step::give,  Step::take,        Step::find,       Step::join,   Step::part};
    EXPECT_EQ(steps, expected) << "adopt comes after a crash";
}

// That nothing is found says something only if what is wrong would be found.
TEST(PlantedClientBug, AContainerThatIsNotRemovedIsFound) {
    EXPECT_NE(found_of_clients(careless), "");
    EXPECT_NE(found_of_clients(forgetful_of_clients<is_client_step<Step::remove>>), "");
}

TEST(PlantedClientBug, ADoorThatStaysOpenIsFound) {
    EXPECT_NE(found_of_clients(forgetful_of_clients<is_client_step<Step::close_door>>), "");
}

TEST(PlantedClientBug, ADoorThatAnothersContainerGoesOnToSeeIsFound) {
    EXPECT_NE(found_of_clients(forgetful_of_clients<is_client_step<Step::part>>, ClientScope::Plays::foreign), "");
}

TEST(PlantedClientBug, StreamsThatAreNotEndedOrDroppedAreFound) {
    EXPECT_NE(found_of_clients(forgetful_of_clients<is_of_kind<EndStreams>>), "");
    EXPECT_NE(found_of_clients(forgetful_of_clients<is_of_kind<DropStreams>>), "");
}

TEST(PlantedClientBug, ALeaseWithoutAVerdictIsFound) {
    EXPECT_NE(found_of_clients(trusting, ClientScope::Plays::grants), "");
}

TEST(PlantedClientBug, TwoStepsAtOnceAreFound) {
    EXPECT_NE(found_of_clients(impatient), "");
}

TEST(PlantedClientBug, ACallOrAJobThatIsNotToldOfIsFound) {
    EXPECT_NE(found_of_clients(forgetful_of_clients<is_of_kind<Reply>>), "");
    EXPECT_NE(found_of_clients(forgetful_of_clients<is_of_kind<PublishJob>>), "");
}

TEST(PlantedClientBug, ATimeLimitThatIsNotSetIsFound) {
    EXPECT_NE(found_of_clients(forgetful_of_clients<is_of_kind<ArmClientTimer>>), "");
}

TEST(PlantedClientBug, ALeaseWhoseEndNobodyWaitsForIsFound) {
    EXPECT_NE(found_of_clients(forgetful_of_clients<is_of_kind<ArmLeaseTimer>>, ClientScope::Plays::leases), "");
    EXPECT_NE(found_of_clients(forgetful_of_clients<is_of_kind<WatchCaller>>, ClientScope::Plays::leases), "");
    EXPECT_NE(found_of_clients(forgetful_of_clients<is_of_kind<ClearLeaseTimer>>, ClientScope::Plays::leases), "");
}
