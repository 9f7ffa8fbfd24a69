#include "base/log.hpp"
#include "linux/seat_name.hpp"
#include "model/seat.hpp"
#include "seat_program.hpp"
#include "version.hpp"

#include <CLI/CLI.hpp>

#include <exception>

namespace {

using berth::login1::End;

int status_of(End end) {
    return static_cast<int>(end);
}

int run(int argc, char** argv) {
    berth::SeatOptions options;
    CLI::App app{"berth-seat: opens a user's session on a seat and bridges the host's logind to the desktop in a "
                 "container"};
    app.set_version_flag("--version", berth::version);
    app.add_option("SEAT", options.seat, "Seat, e.g. seat0")->required();
    app.add_option("--user", options.user, "The host's user")->envname("BERTH_SEAT_USER")->required();
    app.add_option("--vt", options.vt, "Number of the virtual terminal; none on a seat that has none, as all but seat0")
        ->envname("BERTH_SEAT_VT")
        ->check(CLI::Range(1, 63));
    app.add_option("--container-bus", options.container_bus, "Where the container's bus socket appears on the host")
        ->envname("BERTH_SEAT_CONTAINER_BUS")
        ->required();
    app.add_option("--state", options.state, "File to describe the session in")
        ->envname("BERTH_SEAT_STATE")
        ->required();
    app.add_option("--desktop", options.desktop, "XDG_SESSION_DESKTOP")
        ->envname("BERTH_SEAT_DESKTOP")
        ->capture_default_str();
    app.add_option_function<std::string>(
           "--late-cards", [&options](const std::string& word) { options.withhold_cards = word == "withhold"; },
           "Whether the desktop is told of graphics cards that come later: forward or withhold")
        ->envname("BERTH_SEAT_LATE_CARDS")
        ->check(CLI::IsMember({"forward", "withhold"}));
    app.add_option("--login-files", options.login_files, "Folder for what the desktop may read of logind's state files")
        ->envname("BERTH_SEAT_LOGIN_FILES");
    app.add_option("--login-state", options.login_state, "Folder of logind's state files")->capture_default_str();
    app.add_option("--host-bus", options.host_bus, "D-Bus address of the host's logind, instead of the system bus");
    app.add_option("--pam-confdir", options.pam_confdir, "Folder of PAM's service files, instead of /etc/pam.d");
    app.footer(
        "Exit status: 0 asked to stop, 1 failed, 2 usage, 10 refused by PAM, 11 no session on that seat and VT,\n"
        "12 the session ended, 13 logind restarted, 14 the host's bus was lost, 15 the compositor hangs.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return status_of(app.exit(error) == 0 ? End::asked : End::usage);
    }
    if (!berth::os::is_safe(berth::model::SeatName{options.seat})) {
        berth::log::error("'" + options.seat + "' is no name of a seat");
        return status_of(End::usage);
    }
    if (berth::model::has_terminals(berth::model::SeatName{options.seat}) != (options.vt != 0)) {
        berth::log::error(options.vt == 0 ? "seat0 has virtual terminals: --vt (BERTH_SEAT_VT) must name one"
                                          : "seat " + options.seat +
                                                " has no virtual terminals: --vt (BERTH_SEAT_VT) "
                                                "cannot be one of it");
        return status_of(End::usage);
    }
    return status_of(berth::run_seat(options));
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        berth::log::error(error.what());
        return status_of(End::failed);
    }
}
