#include "bus/object_path.hpp"

#include "base/result.hpp"

#include <systemd/sd-bus.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>

namespace berth::bus {

std::string encoded_path(const char* folder, const std::string& name) {
    char* path = nullptr;
    const int r = sd_bus_path_encode(folder, name.c_str(), &path);
    if (r < 0) {
        throw std::runtime_error{system_error("sd_bus_path_encode", -r).message};
    }
    const std::unique_ptr<char, decltype(&std::free)> owned{path, &std::free};
    return owned.get();
}

} // namespace berth::bus
