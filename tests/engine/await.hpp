#pragma once

#include "base/done.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace berth::test {

/// Turns the loop until `condition` holds; false when that takes longer than `limit`. Each turn waits for an event.
inline bool turn_until(boost::asio::io_context& io, const std::function<bool()>& condition,
                       std::chrono::milliseconds limit = std::chrono::seconds{60}) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= end) {
            return false;
        }
        io.restart();
        io.run_one_until(end);
    }
    return true;
}

/// Starts an operation with `begin`, which is given the completion, and turns the loop until it has ended.
template <class T>
Result<T> await(boost::asio::io_context& io, const std::function<void(Done<T>)>& begin,
                std::chrono::milliseconds limit = std::chrono::seconds{60}) {
    std::optional<Result<T>> ended;
    const auto kept = std::make_shared<std::optional<Result<T>>*>(&ended);
    begin([kept](Result<T> result) {
        if (*kept != nullptr) {
            **kept = std::move(result);
        }
    });
    const bool early = ended.has_value();
    const bool in_time = turn_until(
        io, [&ended] { return ended.has_value(); }, limit);
    *kept = nullptr; // a completion that comes later finds nobody
    if (early) {
        return Error{ErrorCode::failed, "the completion was called from inside the call"};
    }
    if (!in_time) {
        return Error{ErrorCode::failed, "the operation never ended"};
    }
    return std::move(*ended); // moved: to copy a Result<bool> that is no constant asks whether it has a value
}

} // namespace berth::test
