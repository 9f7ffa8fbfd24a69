#pragma once

#include "ports/outside.hpp"

#include <string>
#include <vector>

namespace berth::store {

/// ports::Profiles from files, read fresh at each call. A profile is a regular file of at most 64 KiB.
class ProfileReader final : public ports::Profiles {
  public:
    /// `config_folders`: each may have desktops/NAME.json and apps/NAME.json; the same name in a later folder replaces
    /// the earlier one (vendor, admin, runtime).
    explicit ProfileReader(std::vector<std::string> config_folders);

    Result<model::DesktopProfile> read(const std::string& name) override;
    Result<void> check_host(const model::DesktopProfile& profile, model::SeatMode mode) override;
    std::vector<std::string> names() override;
    Result<model::AppProfile> read_app(const std::string& name) override;
    Result<void> check_app_host(const model::AppProfile& profile) override;
    std::vector<std::string> app_names() override;
    std::vector<Result<model::DockProfile>> read_docks() override;

  private:
    std::vector<std::string> folders_;
};

} // namespace berth::store
