#include "login1/call_limits.hpp"

#include <algorithm>

namespace berth::login1 {

CallRate::CallRate(const Limits& limits, Time now) noexcept
    : rate_{limits.calls_a_second}, burst_{limits.burst}, left_{limits.burst}, last_{now} {}

bool CallRate::admit(Time now) noexcept {
    if (now > last_) {
        const std::chrono::duration<double> passed = now - last_;
        left_ = std::min(burst_, left_ + passed.count() * rate_);
        last_ = now;
    }
    if (left_ < 1) {
        return false;
    }
    left_ -= 1;
    return true;
}

} // namespace berth::login1
