#pragma once

#include "base/result.hpp"

#include <functional>

namespace berth {

/// The completion of a port's operation. Called exactly once, on the io_context's thread, never from inside the call
/// that started the operation.
template <class T>
using Done = std::function<void(Result<T>)>;

} // namespace berth
