#include "model/hardware.hpp"

namespace berth::model {

std::string_view name_of(DeviceKind kind) noexcept {
    switch (kind) {
    case DeviceKind::hub:
        return "hub";
    case DeviceKind::thunderbolt:
        return "thunderbolt";
    case DeviceKind::base:
        return "base";
    case DeviceKind::keyboard:
        return "keyboard";
    case DeviceKind::mouse:
        return "mouse";
    case DeviceKind::touch:
        return "touch";
    case DeviceKind::joystick:
        return "joystick";
    case DeviceKind::sound:
        return "sound";
    case DeviceKind::camera:
        return "camera";
    case DeviceKind::network:
        return "network";
    case DeviceKind::storage:
        return "storage";
    case DeviceKind::gpu:
        return "gpu";
    case DeviceKind::display:
        return "display";
    case DeviceKind::other:
        return "other";
    }
    return "other";
}

std::vector<std::string> names_of(const std::vector<DeviceKind>& kinds) {
    std::vector<std::string> names;
    for (const DeviceKind kind : kinds) {
        names.emplace_back(name_of(kind));
    }
    return names;
}

std::optional<DeviceKind> device_kind_from(std::string_view name) noexcept {
    for (int number = 0; number <= static_cast<int>(DeviceKind::other); ++number) {
        const auto kind = static_cast<DeviceKind>(number);
        if (name_of(kind) == name) {
            return kind;
        }
    }
    return std::nullopt;
}

std::string_view name_of(DockAction action) noexcept {
    switch (action) {
    case DockAction::forward:
        return "forward";
    case DockAction::reseat:
        return "reseat";
    case DockAction::ignore:
        return "ignore";
    case DockAction::ask:
        return "ask";
    }
    return "forward";
}

std::optional<DockAction> dock_action_from(std::string_view name) noexcept {
    for (int number = 0; number <= static_cast<int>(DockAction::ask); ++number) {
        const auto action = static_cast<DockAction>(number);
        if (name_of(action) == name) {
            return action;
        }
    }
    return std::nullopt;
}

bool is_behind(std::string_view path, std::string_view above) noexcept {
    return !above.empty() && path.size() > above.size() && path.starts_with(above) && path[above.size()] == '/';
}

bool belongs_to(std::string_view path, const Dock& dock) noexcept {
    return path == dock.path || is_behind(path, dock.path) ||
           (!dock.companion.empty() && (path == dock.companion || is_behind(path, dock.companion)));
}

} // namespace berth::model
