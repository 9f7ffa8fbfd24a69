#pragma once

#include <compare>
#include <utility>

namespace berth {

/// A value of type `Value` that only mixes with its own kind: a job's number is not a call's number.
template <class Tag, class Value>
struct StrongId {
    Value value{};

    StrongId() = default;

    explicit StrongId(Value initial) : value{std::move(initial)} {}

    auto operator<=>(const StrongId&) const = default;
};

} // namespace berth
