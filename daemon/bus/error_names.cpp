#include "bus/error_names.hpp"

#include "bus/names.hpp"

namespace berth::bus {

std::string bus_error_name(ErrorCode code) {
    return names::error_prefix + std::string{error_name(code)};
}

std::string bus_error_name(model::Refusal refusal) {
    return bus_error_name(model::error_code(refusal));
}

} // namespace berth::bus
