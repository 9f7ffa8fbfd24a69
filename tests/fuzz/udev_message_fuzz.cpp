#include "udev_events/audience.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

using namespace berth::udev_events;

void demand(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "%s\n", what);
        std::abort();
    }
}

bool is_within(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check(std::string_view bytes) {
    const auto read = read_message(bytes);
    if (!read) {
        return;
    }
    for (const std::string_view part : {read->action, read->devpath, read->subsystem, read->seat}) {
        demand(is_within(part, bytes), "what was read is not of the message");
    }
    demand(!(concerns(*read, "seat0") && concerns(*read, "seat1")) || read->subsystem == "power_supply",
           "two seats are told of one's device");
    // What is read survives being written.
    Device device{.properties = {{"DEVPATH", std::string{read->devpath}}, {"SUBSYSTEM", std::string{read->subsystem}}},
                  .tags = {std::string{read->seat}}};
    if (!read->seat.empty()) {
        device.properties.emplace_back("ID_SEAT", read->seat);
    }
    const std::string written = write_message(read->action, device);
    demand(written.size() > longest_message || read_message(written) == read, "what was written reads otherwise");
}

} // namespace

/// The bytes as they are, and as the properties behind a header that is right.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    check(bytes);
    check(write_message(
        "add", Device{.properties = {{"DEVPATH", "/devices/a"}, {"SUBSYSTEM", std::string{bytes}}}, .tags = {}}));
    return 0;
}
