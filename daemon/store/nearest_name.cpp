#include "store/nearest_name.hpp"

#include <algorithm>
#include <numeric>

namespace berth::store {
namespace {

/// Levenshtein's distance, in one row.
std::size_t distance(std::string_view left, std::string_view right) {
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < left.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < right.size(); ++j) {
            const std::size_t change = diagonal + (left[i] == right[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({change, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

} // namespace

std::string nearest_name(std::string_view word, const std::vector<std::string>& names) {
    std::string best;
    std::size_t fewest = std::string::npos;
    for (const std::string& name : names) {
        const std::size_t length = std::max(word.size(), name.size());
        const std::size_t allowed = std::max<std::size_t>(1, length / 3);
        if (length > 64) {
            continue; // nobody mistypes that
        }
        if (const std::size_t changes = distance(word, name); changes <= allowed && changes < fewest) {
            best = name;
            fewest = changes;
        }
    }
    return best;
}

std::string list_names(const std::vector<std::string>& names) {
    if (names.empty()) {
        return "none";
    }
    std::string list;
    for (std::size_t i = 0; i < names.size(); ++i) {
        list += i == 0 ? "" : i + 1 == names.size() ? " and " : ", ";
        list += "\"" + names[i] + "\"";
    }
    return list;
}

} // namespace berth::store
