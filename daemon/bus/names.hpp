#pragma once

/// Every bus name, path and interface that berthd serves or calls.
namespace berth::bus::names {

inline constexpr const char* service = "org.berth.Berth1";
inline constexpr const char* manager_path = "/org/berth/Berth1";
inline constexpr const char* seats_path = "/org/berth/Berth1/seats";
inline constexpr const char* clients_path = "/org/berth/Berth1/clients";
inline constexpr const char* jobs_path = "/org/berth/Berth1/jobs/";
inline constexpr const char* self_path = "/org/berth/Berth1/self";
inline constexpr const char* self_interface = "org.berth.Berth1.Self";
inline constexpr const char* error_prefix = "org.berth.Berth1.Error.";

inline constexpr const char* driver = "org.freedesktop.DBus";
inline constexpr const char* driver_path = "/org/freedesktop/DBus";

inline constexpr const char* polkit = "org.freedesktop.PolicyKit1";
inline constexpr const char* polkit_path = "/org/freedesktop/PolicyKit1/Authority";
inline constexpr const char* polkit_interface = "org.freedesktop.PolicyKit1.Authority";

inline constexpr const char* systemd = "org.freedesktop.systemd1";
inline constexpr const char* systemd_path = "/org/freedesktop/systemd1";
inline constexpr const char* systemd_unit_path = "/org/freedesktop/systemd1/unit";
inline constexpr const char* systemd_manager = "org.freedesktop.systemd1.Manager";
inline constexpr const char* systemd_unit = "org.freedesktop.systemd1.Unit";
inline constexpr const char* systemd_service = "org.freedesktop.systemd1.Service";

inline constexpr const char* logind = "org.freedesktop.login1";
inline constexpr const char* logind_path = "/org/freedesktop/login1";
inline constexpr const char* logind_manager = "org.freedesktop.login1.Manager";

} // namespace berth::bus::names
