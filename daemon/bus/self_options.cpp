#include "bus/self_options.hpp"

#include "bus/sd_bus.hpp"

namespace berth::bus {

Result<void> read_options(sd_bus_message* message, const std::function<Result<void>(const std::string& name)>& read) {
    check(sd_bus_message_enter_container(message, 'a', "{sv}"), reading_options);
    while (check(sd_bus_message_enter_container(message, 'e', "sv"), reading_options) > 0) {
        const char* name = nullptr;
        check(sd_bus_message_read_basic(message, 's', &name), reading_options);
        if (auto done = read(name); !done) {
            return done;
        }
        check(sd_bus_message_exit_container(message), reading_options);
    }
    return {};
}

bool has_value_of(sd_bus_message* message, const std::string& type) {
    const char* contents = nullptr;
    char kind = 0;
    return check(sd_bus_message_peek_type(message, &kind, &contents), reading_options) > 0 &&
           kind == SD_BUS_TYPE_VARIANT && contents == type;
}

Error no_such_option(const std::string& method, const std::string& name, const std::string& known) {
    constexpr std::size_t most_of_a_name = 80;
    return Error{ErrorCode::invalid_argument,
                 "unknown option \"" + name.substr(0, most_of_a_name) + "\"; " + method + " knows " + known};
}

} // namespace berth::bus
