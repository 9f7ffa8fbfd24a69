#include "bus/self_texts.hpp"

#include "bus/sd_bus.hpp"

#include <cstring>

namespace berth::bus {

Result<std::vector<std::string>> read_texts(sd_bus_message* message, const TextLimits& limits) {
    const std::string what{limits.what};
    const std::string doing = "reading " + what;
    std::vector<std::string> texts;
    std::size_t bytes = 0;
    check(sd_bus_message_enter_container(message, 'a', "s"), doing.c_str());
    const char* text = nullptr;
    while (check(sd_bus_message_read_basic(message, 's', &text), doing.c_str()) > 0) {
        bytes += std::strlen(text);
        if (bytes > limits.bytes) {
            return Error{ErrorCode::invalid_argument,
                         "more than " + std::to_string(limits.bytes) + " bytes of " + what};
        }
        if (texts.size() == limits.texts) {
            return Error{ErrorCode::invalid_argument, "more than " + std::to_string(limits.texts) + " " + what};
        }
        texts.emplace_back(text);
    }
    check(sd_bus_message_exit_container(message), doing.c_str());
    return texts;
}

} // namespace berth::bus
