#include "bus/unit_path.hpp"

#include "bus/names.hpp"

#include <systemd/sd-bus.h>

#include <cstdlib>
#include <memory>

namespace berth::bus {

std::string unit_path(const std::string& unit) {
    char* path = nullptr;
    if (sd_bus_path_encode(names::systemd_unit_path, unit.c_str(), &path) < 0) {
        return std::string{names::systemd_unit_path};
    }
    const std::unique_ptr<char, decltype(&std::free)> owned{path, std::free};
    return std::string{owned.get()};
}

} // namespace berth::bus
