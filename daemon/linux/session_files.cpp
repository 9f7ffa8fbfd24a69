#include "linux/directories.hpp"
#include "linux/environment_file.hpp"
#include "linux/file_tree.hpp"
#include "linux/seat_name.hpp"

#include <nlohmann/json.hpp>

#include <linux/vt.h>

#include <cerrno>
#include <cstdint>
#include <exception>
#include <fcntl.h>
#include <limits>
#include <pwd.h>
#include <stdexcept>
#include <vector>

/// The files by which berthd and berth-seat@SEAT.service speak of a session (daemon/seat_program.hpp reads and writes
/// the other side).
namespace berth::os {
namespace {

constexpr const char* state_file = "session.json";
constexpr std::size_t largest_state = 16384;

/// The name of the host's user with that id.
Result<std::string> user_name(uid_t uid) {
    std::vector<char> buffer(1024);
    passwd entry{};
    passwd* found = nullptr;
    while (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == ERANGE) {
        buffer.resize(buffer.size() * 2);
    }
    if (found == nullptr) {
        return Error{ErrorCode::failed, "this host has no user with the id " + std::to_string(uid) +
                                            ", whose session on the seat it would be; make one (useradd --uid " +
                                            std::to_string(uid) + "), or set user.uid in the profile"};
    }
    return std::string{found->pw_name};
}

/// An integer from `least` to `most`; JSON's other numbers are none.
template <typename Integer>
Integer integer(const nlohmann::json& state, const char* key, Integer least, Integer most) {
    const auto& value = state.at(key);
    const auto number = value.is_number_integer() ? value.get<std::int64_t>() : std::int64_t{-1};
    if (number < std::int64_t{least} || number > std::int64_t{most}) {
        throw std::out_of_range{std::string{key} + " is not a number from " + std::to_string(least) + " to " +
                                std::to_string(most)};
    }
    return static_cast<Integer>(number);
}

/// What berth-seat wrote of its session; on a seat without terminals it has none.
Result<model::SeatLease> lease_of(const model::SeatName& seat, const std::string& text) {
    const std::string whose = std::string{state_file} + " of berth-seat: ";
    if (text.size() > largest_state) {
        return Error{ErrorCode::failed, whose + "it is larger than " + std::to_string(largest_state) + " bytes"};
    }
    const auto state = nlohmann::json::parse(text, nullptr, false);
    try {
        const std::string session = state.at("session");
        if (session.empty()) {
            return Error{ErrorCode::failed, whose + "its session has no name"};
        }
        const std::uint32_t vt =
            model::has_terminals(seat) ? integer<std::uint32_t>(state, "vt", 1, MAX_NR_CONSOLES) : 0;
        return model::SeatLease{session, vt,
                                integer<std::int32_t>(state, "leader", 1, std::numeric_limits<std::int32_t>::max())};
    } catch (const std::exception& error) {
        return Error{ErrorCode::failed, whose + error.what()};
    }
}

std::string line(const char* key, const std::string& value) {
    return std::string{key} + "=" + os::quoted(value) + "\n";
}

} // namespace

Result<UniqueFd> Directories::open_base(const model::SeatName& seat) const {
    const auto seats = open_seats();
    if (!seats) {
        return seats.error();
    }
    return make_directory_at(seats->get(), seat.value, 0755, 0, 0);
}

Result<void> Directories::prepare_session(const model::Seat& seat) {
    if (!is_safe(seat.name) || !seat.plan || (model::has_terminals(seat.name) && !seat.vt)) {
        return Error{ErrorCode::failed, "seat " + seat.name.value + " has no plan or no VT for a session"};
    }
    const auto user = user_name(seat.plan->profile.user.uid);
    if (!user) {
        return user.error();
    }
    const auto base = open_base(seat.name);
    if (!base) {
        return base.error();
    }
    if (const auto made = make_directory_at(base->get(), "system-bus", 0755, 0, 0); !made) {
        return made.error();
    }
    const auto login = make_directory_at(base->get(), "login", 0755, 0, 0);
    if (!login) {
        return login.error();
    }
    for (const char* kind : {"sessions", "users", "seats"}) { // mounted before there is a file in them, perhaps
        if (const auto made = make_directory_at(login->get(), kind, 0755, 0, 0); !made) {
            return made.error();
        }
    }
    const std::string folder = runtime_dir_ + "/seats/" + seat.name.value;
    const std::string vt = seat.vt ? line("BERTH_SEAT_VT", std::to_string(seat.vt->vt)) : std::string{};
    const bool forwards = model::late_cards_of(*seat.plan) == model::LateCards::forward;
    const std::string text = line("BERTH_SEAT_USER", *user) + vt +
                             line("BERTH_SEAT_CONTAINER_BUS", folder + "/system-bus/system_bus_socket") +
                             line("BERTH_SEAT_LOGIN_FILES", folder + "/login") +
                             line("BERTH_SEAT_STATE", folder + "/" + state_file) +
                             line("BERTH_SEAT_LATE_CARDS", forwards ? "forward" : "withhold") +
                             line("BERTH_SEAT_DESKTOP", seat.plan->profile.name);
    return replace_file_at(base->get(), "seat.env", text, 0600);
}

Result<model::SeatLease> Directories::note_session(const model::SeatName& seat) {
    if (!is_safe(seat)) {
        return Error{ErrorCode::invalid_argument, "not a seat: " + seat.value};
    }
    const auto base = open_base(seat);
    if (!base) {
        return base.error();
    }
    const auto text = read_file_at(base->get(), state_file, largest_state + 1);
    if (!text) {
        return text.error();
    }
    const auto parsed = lease_of(seat, *text);
    if (!parsed) {
        return parsed.error();
    }
    const model::SeatLease& lease = *parsed;
    // The desktop's processes have no session of the container's logind to be found by: they are told.
    const std::string environment = line("XDG_SESSION_ID", lease.session) + line("XDG_SEAT", seat.value) +
                                    (lease.vt == 0 ? std::string{} : line("XDG_VTNR", std::to_string(lease.vt)));
    const auto door = make_directory_at(base->get(), "door", 0755, 0, 0);
    if (!door) {
        return door.error();
    }
    if (const auto written = replace_file_at(door->get(), "session.env", environment, 0644); !written) {
        return written.error();
    }
    return lease;
}

} // namespace berth::os
