#include "model/json.hpp"
#include "support/builders.hpp"
#include "support/client_surroundings.hpp"
#include "support/surroundings.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

void play_seats(const std::uint8_t* data, std::size_t size) {
    berth::test::Surroundings state{{berth::test::seat0, berth::test::seat1}};
    for (std::size_t at = 0; at + 1 < size && !state.exited(); at += 2) {
        state.moves_time(static_cast<berth::model::Microseconds>(data[at + 1]) * 100'000);
        const std::vector<berth::model::Event> events = state.possible(3);
        if (events.empty()) {
            return;
        }
        const berth::model::Event& event = events[data[at] % events.size()];
        const std::vector<std::string> wrong = state.take(event);
        if (!wrong.empty()) {
            std::fprintf(stderr, "%s after %s\n", wrong.front().c_str(), berth::model::describe(event).c_str());
            std::abort();
        }
    }
}

void play_clients(const std::uint8_t* data, std::size_t size) {
    using berth::test::ClientScope;
    using berth::test::ClientSurroundings;
    ClientSurroundings state{
        ClientScope{{berth::model::ClientId{"a"}, berth::model::ClientId{"b"}}, ClientScope::Plays::everything}};
    for (std::size_t at = 0; at + 1 < size && !state.exited(); at += 2) {
        std::vector<std::string> wrong;
        std::string what{"a crash"};
        if (data[at + 1] < 4) {
            wrong = state.crashes(static_cast<ClientSurroundings::Remains>(data[at + 1]));
        } else {
            const std::vector<ClientSurroundings::Move> moves = state.possible();
            const ClientSurroundings::Move& move = moves[data[at] % moves.size()];
            what = describe(move);
            wrong = state.take(move);
        }
        if (!wrong.empty()) {
            std::fprintf(stderr, "%s after %s\n", wrong.front().c_str(), what.c_str());
            std::abort();
        }
    }
}

} // namespace

/// The first byte chooses between seats and clients. Each two more choose one of the events that the outside could
/// raise, and how much time passes before it (of clients: whether berthd crashes instead). The invariants that the
/// exhaustive searches check must hold here too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size != 0) {
        (data[0] % 2 == 0 ? play_seats : play_clients)(data + 1, size - 1);
    }
    return 0;
}
