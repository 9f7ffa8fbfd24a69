#include "udev_events/client_view.hpp"
#include "udev_events/orders.hpp"

#include <algorithm>
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

bool says_seat(const Device& device) {
    return std::any_of(device.properties.begin(), device.properties.end(),
                       [](const auto& property) { return property.first == "ID_SEAT"; }) ||
           std::find(device.tags.begin(), device.tags.end(), "seat") != device.tags.end();
}

void check_record(std::string_view bytes) {
    const std::string left = record_for_client(bytes);
    demand(left.size() <= bytes.size(), "a client's record says more than the host's");
    demand(left.empty() || left.back() == '\n', "a line is not whole");
    demand(left.find('\0') == std::string::npos, "a line has a zero byte");
    demand(record_for_client(left) == left, "what is left for a client is not all for it");
    demand(!says_seat(read_record(left)), "a client is told of a seat");
}

void check_event(std::string_view bytes) {
    const auto event = read_event(bytes);
    if (!event) {
        return;
    }
    const Device left = for_client(event->device);
    demand(for_client(left) == left, "what is left for a client is not all for it");
    demand(!says_seat(left), "a client is told of a seat");
    const std::string id = id_of(left);
    demand(id.empty() || is_device_id(id), "a device's name is none");
    const std::string written = write_message(event->action, left);
    demand(written.size() > longest_message || read_event(written).has_value(), "what is written cannot be read");
}

void check_order(std::string_view bytes) {
    const auto order = read_order(bytes);
    demand(!order || read_order(write_order(*order)) == order, "an order does not survive being written");
}

} // namespace

/// The bytes as a record, as a message, as a property in a message that is right, and as an order.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    check_record(bytes);
    check_event(bytes);
    check_event(write_message("add", Device{.properties = {{"DEVPATH", "/devices/a"},
                                                           {"SUBSYSTEM", "input"},
                                                           {"TAGS", std::string{bytes}},
                                                           {"MAJOR", std::string{bytes.substr(0, 4)}},
                                                           {"MINOR", "1"}},
                                            .tags = {std::string{bytes}}}));
    check_order(bytes);
    return 0;
}
