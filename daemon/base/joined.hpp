#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace berth {

/// The texts one after the other, with `between` between them.
inline std::string joined(const std::vector<std::string>& texts, std::string_view between) {
    std::string all;
    for (const std::string& text : texts) {
        all.append(&text == &texts.front() ? "" : between).append(text);
    }
    return all;
}

} // namespace berth
