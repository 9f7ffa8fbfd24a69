#pragma once

#include "ports/cdi_ports.hpp"

namespace berth::os {

/// ports::CdiFiles in `folder`: files of mode 0644, as engines that run as a user may read them, too.
class CdiFiles final : public ports::CdiFiles {
  public:
    explicit CdiFiles(std::string folder) : folder_{std::move(folder)} {}

    Result<void> write(const std::string& name, const std::string& text) override;
    Result<void> remove(const std::string& name) override;

  private:
    std::string folder_;
};

} // namespace berth::os
