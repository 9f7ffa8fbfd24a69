#include "model/json.hpp"
#include "support/builders.hpp"
#include "support/surroundings.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

/// Each two bytes choose one of the events that the outside could raise on two seats, and how much time passes before
/// it. The invariants that the exhaustive search checks on one seat must hold here too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    berth::test::Surroundings state{{berth::test::seat0, berth::test::seat1}};
    for (std::size_t at = 0; at + 1 < size && !state.exited(); at += 2) {
        state.moves_time(static_cast<berth::model::Microseconds>(data[at + 1]) * 100'000);
        const std::vector<berth::model::Event> events = state.possible(3);
        if (events.empty()) {
            return 0;
        }
        const berth::model::Event& event = events[data[at] % events.size()];
        const std::vector<std::string> wrong = state.take(event);
        if (!wrong.empty()) {
            std::fprintf(stderr, "%s after %s\n", wrong.front().c_str(), berth::model::describe(event).c_str());
            std::abort();
        }
    }
    return 0;
}
