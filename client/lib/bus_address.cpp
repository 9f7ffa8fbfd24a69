#include "lib/bus_address.hpp"

#include <cstdlib>
#include <fstream>

namespace berth::client {

std::string find_bus(const std::string& option, const std::string& address_file) {
    if (!option.empty()) {
        return option;
    }
    const char* variable = std::getenv("BERTH_BUS");
    if (variable != nullptr && *variable != '\0') {
        return variable;
    }
    std::ifstream file{address_file};
    std::string line;
    std::getline(file, line);
    return line;
}

} // namespace berth::client
