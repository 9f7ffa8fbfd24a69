#include "recording/serials.hpp"
#include "recording/text.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace {

using namespace berth::recording;

void demand(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "%s\n", what);
        std::abort();
    }
}

void check_written(Recording recording) {
    recording.torn_line = 0;
    const auto again = parse(text_of(recording), "again");
    demand(again.has_value() && *again == recording, "what is written is not what is read");
}

Recording hidden(Recording recording) {
    SerialHider hider;
    recording.begin = hider.hide(std::move(recording.begin));
    for (Event& event : recording.events) {
        event = hider.hide(std::move(event));
    }
    return recording;
}

/// Of a text that is good, each that is cut off in an event is good up to there.
void check_cut(std::string_view bytes, const Recording& whole) {
    const auto cut = parse(bytes.substr(0, bytes.size() - 1), "cut");
    demand(cut.has_value() || whole.events.empty(), "a cut makes it bad");
    const bool ends_in_a_loss = cut && !cut->events.empty() && cut->events.back().action.empty(); // of any length
    demand(!cut || ends_in_a_loss || cut->events.size() <= whole.events.size(), "a cut makes an event");
}

} // namespace

/// Any bytes, alone and behind the head of a recording: they are refused by a line, or mean the same when they are
/// written, with and without serial numbers.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    for (const std::string& text : {std::string{bytes}, begin_text() + std::string{bytes}}) {
        const auto recording = parse(text, "FILE");
        if (!recording) {
            demand(recording.error().message.starts_with("FILE:"), "a mistake without its line");
            continue;
        }
        check_written(*recording);
        check_cut(text, *recording);
        const Recording published = hidden(*recording);
        demand(published.events.size() == recording->events.size(), "an event is hidden");
    }
    return 0;
}
