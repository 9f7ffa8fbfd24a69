#include "bus/self_facts.hpp"

#include <string>

namespace berth::bus {

namespace {

Error invalid_fact(const std::string& message) {
    return Error{ErrorCode::invalid_argument, message};
}

template <class Number>
Result<std::string> read_number(sd_bus_message* message, char type) {
    Number value{};
    const int r = sd_bus_message_read_basic(message, type, &value);
    if (r < 0) {
        return system_error("reading a fact", -r);
    }
    return std::to_string(value);
}

Result<std::string> read_text(sd_bus_message* message) {
    const char* text = nullptr;
    const int r = sd_bus_message_read_basic(message, SD_BUS_TYPE_STRING, &text);
    if (r < 0) {
        return system_error("reading a fact", -r);
    }
    return std::string{text};
}

Result<std::string> read_boolean(sd_bus_message* message) {
    int value = 0; // sd_bus_message_read(3): booleans are ints
    const int r = sd_bus_message_read_basic(message, SD_BUS_TYPE_BOOLEAN, &value);
    if (r < 0) {
        return system_error("reading a fact", -r);
    }
    return std::string{value != 0 ? "true" : "false"};
}

Result<std::string> read_value(sd_bus_message* message, const std::string& name, const std::string& type) {
    if (type == "s") {
        return read_text(message);
    }
    if (type == "b") {
        return read_boolean(message);
    }
    if (type == "y") {
        return read_number<std::uint8_t>(message, type.front());
    }
    if (type == "n") {
        return read_number<std::int16_t>(message, type.front());
    }
    if (type == "q") {
        return read_number<std::uint16_t>(message, type.front());
    }
    if (type == "i") {
        return read_number<std::int32_t>(message, type.front());
    }
    if (type == "u") {
        return read_number<std::uint32_t>(message, type.front());
    }
    if (type == "x") {
        return read_number<std::int64_t>(message, type.front());
    }
    if (type == "t") {
        return read_number<std::uint64_t>(message, type.front());
    }
    return invalid_fact("the fact \"" + name + "\" has the type " + type +
                        "; text, numbers and booleans are understood");
}

/// One {sv}, already entered.
Result<void> read_entry(sd_bus_message* message, model::SessionFacts& facts) {
    const auto name = read_text(message);
    if (!name) {
        return name.error();
    }
    if (name->size() > max_fact_bytes) {
        return invalid_fact("a fact's name is longer than 256 bytes");
    }
    const char* contents = nullptr;
    char type = 0;
    int r = sd_bus_message_peek_type(message, &type, &contents);
    if (r < 0) {
        return system_error("reading a fact", -r);
    }
    const std::string value_type = contents == nullptr ? std::string{} : std::string{contents};
    r = sd_bus_message_enter_container(message, SD_BUS_TYPE_VARIANT, value_type.c_str());
    if (r < 0) {
        return system_error("reading a fact", -r);
    }
    auto value = read_value(message, *name, value_type);
    if (!value) {
        return value.error();
    }
    if (value->size() > max_fact_bytes) {
        return invalid_fact("the fact \"" + *name + "\" is longer than 256 bytes");
    }
    facts[*name] = *value;
    r = sd_bus_message_exit_container(message);
    return r < 0 ? Result<void>{system_error("reading a fact", -r)} : Result<void>{};
}

} // namespace

Result<model::SessionFacts> read_facts(sd_bus_message* message) {
    int r = sd_bus_message_enter_container(message, SD_BUS_TYPE_ARRAY, "{sv}");
    if (r < 0) {
        return invalid_fact("the facts must be an a{sv}");
    }
    model::SessionFacts facts;
    while ((r = sd_bus_message_enter_container(message, SD_BUS_TYPE_DICT_ENTRY, "sv")) > 0) {
        if (facts.size() == max_facts) {
            return invalid_fact("there are more than 32 facts");
        }
        const auto entry = read_entry(message, facts);
        if (!entry) {
            return entry.error();
        }
        r = sd_bus_message_exit_container(message);
        if (r < 0) {
            return system_error("reading the facts", -r);
        }
    }
    if (r < 0) {
        return system_error("reading the facts", -r);
    }
    return facts;
}

} // namespace berth::bus
