#pragma once

#include "base/result.hpp"

#include <string>

namespace berth::ports {

/// The folder where container engines look for CDI specs that may change (/var/run/cdi).
class CdiFiles {
  public:
    virtual ~CdiFiles() = default;

    /// Replaces the file `name` as a whole or not at all; the folder is made where it is missing. failed: names the
    /// path.
    virtual Result<void> write(const std::string& name, const std::string& text) = 0;

    /// Ok where there is none.
    virtual Result<void> remove(const std::string& name) = 0;
};

} // namespace berth::ports
