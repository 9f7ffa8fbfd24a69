#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace berth::bench {

/// What rounds of one thing took, in microseconds.
struct Times {
    std::vector<std::int64_t> us{};

    /// 0.5: the median. There must be one at least.
    [[nodiscard]] std::int64_t at(double part) {
        std::sort(us.begin(), us.end());
        return us.at(std::min(us.size() - 1, static_cast<std::size_t>(part * static_cast<double>(us.size()))));
    }
};

} // namespace berth::bench
