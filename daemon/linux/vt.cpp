#include "linux/vt.hpp"

#include "base/log.hpp"
#include "base/unique_fd.hpp"
#include "guard/console.hpp"
#include "guard/tty.hpp"
#include "guard/tty_restore.hpp"
#include "linux/control_group.hpp"
#include "linux/helper_process.hpp"
#include "linux/restore_report.hpp"
#include "linux/terminal_text.hpp"

#include <boost/asio/post.hpp>

#include <linux/kd.h>
#include <linux/vt.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <unistd.h>
#include <utility>

namespace berth::os {
namespace {

constexpr std::uint32_t first_vt = 7; ///< 1 to 6 are the gettys' (logind.conf(5), NAutoVTs)
constexpr std::uint32_t last_vt = 15; ///< v_state of VT_GETSTATE is 16 bits wide
constexpr std::uint32_t most_vts = 63;

Error unavailable(std::string message) {
    return Error{ErrorCode::vt_unavailable, std::move(message)};
}

/// A unit that would open the terminal sooner or later (getty.target's wants, systemd-getty-generator(8)).
bool has_getty(std::uint32_t vt) {
    for (const char* folder : {"/etc/systemd/system", "/run/systemd/system", "/run/systemd/generator"}) {
        const std::string unit =
            std::string{folder} + "/getty.target.wants/getty@tty" + std::to_string(vt) + ".service";
        if (::access(unit.c_str(), F_OK) == 0) {
            return true;
        }
    }
    return false;
}

/// Text mode and switchable: a terminal that somebody can come back to.
bool is_text(std::uint32_t vt) {
    const UniqueFd tty{guard::open_tty(vt)};
    return tty && (guard::inspect(tty.get(), false) & (guard::wrong_graphics | guard::wrong_process)) == 0;
}

std::int32_t keyboard_of(std::uint32_t vt) {
    const UniqueFd tty{guard::open_tty(vt)};
    int mode = K_UNICODE;
    if (!tty || ::ioctl(tty.get(), KDGKBMODE, &mode) != 0 || (mode != K_UNICODE && mode != K_XLATE)) {
        return K_UNICODE;
    }
    return mode;
}

} // namespace

VirtualTerminals::VirtualTerminals(boost::asio::io_context& io, std::string helper)
    : VirtualTerminals{io, std::move(helper), Options{}} {}

VirtualTerminals::VirtualTerminals(boost::asio::io_context& io, std::string helper, Options options)
    : io_{io}, helper_{std::move(helper)}, options_{std::move(options)} {}

VirtualTerminals::~VirtualTerminals() = default;

Result<model::VtClaim> VirtualTerminals::choose(const model::SeatName& seat) const {
    const UniqueFd console{guard::open_tty(0)};
    vt_stat state{};
    if (!console || ::ioctl(console.get(), VT_GETSTATE, &state) != 0) {
        return unavailable(system_error("this host has no virtual terminals: /dev/tty0", errno).message);
    }
    if (!options_.without_text && !guard::text_is_drawn(options_.sys.c_str())) {
        return unavailable("text terminals are drawn nowhere on this host (its kernel has no frame buffer console: no "
                           "/dev/fb0), so nobody could see the one that comes back; boot with "
                           "drm_kms_helper.fbdev_emulation=1, or start berthd with --without-text-console");
    }
    for (std::uint32_t vt = first_vt; vt <= last_vt; ++vt) {
        const bool open = (state.v_state & (1U << vt)) != 0;
        const bool ours = std::any_of(claimed_.begin(), claimed_.end(),
                                      [&](const auto& entry) { return entry.second == vt && entry.first != seat; });
        if (open || ours || vt == state.v_active || has_getty(vt)) {
            continue;
        }
        const std::uint32_t home = is_text(state.v_active) ? state.v_active : 1;
        return model::VtClaim{vt, home, keyboard_of(home)};
    }
    return unavailable("terminals 7 to 15 are all in use; close one (fuser /dev/tty7) and try again");
}

void VirtualTerminals::claim(const model::SeatName& seat, Done<model::VtClaim> done) {
    auto chosen = choose(seat);
    if (chosen) {
        claimed_[seat] = chosen->vt;
    }
    boost::asio::post(io_, [chosen = std::move(chosen), done = std::move(done), alive = std::weak_ptr{alive_}] {
        if (!alive.expired()) {
            done(chosen);
        }
    });
}

void VirtualTerminals::restore(const model::Seat& of, const model::VtClaim& claim, Done<model::RestoreReport> done) {
    const model::SeatName& seat = of.name;
    if (claim.vt < 1 || claim.vt > most_vts || claim.home < 1 || claim.home > most_vts) {
        boost::asio::post(io_, [done = std::move(done)] {
            done(Error{ErrorCode::vt_unavailable, "the seat has no virtual terminal to restore"});
        });
        return;
    }
    std::vector<std::string> argv{helper_, "--vt", std::to_string(claim.vt), "--home", std::to_string(claim.home)};
    if (claim.keyboard_mode == K_XLATE) {
        argv.insert(argv.end(), {"--keyboard", std::to_string(K_XLATE)});
    }
    if (const std::string group = control_group_of_container(of.init_pid, of.container); !group.empty()) {
        argv.insert(argv.end(), {"--cgroup", group}); // its init is dead, as a rule, and the group gone with it
    }
    const auto own = claimed_.find(seat);
    if (own != claimed_.end() && own->second == claim.vt && !hung_.contains(claim.vt)) {
        argv.emplace_back("--hangup"); // a terminal of somebody else's is never hung up
    }
    run_helper(io_, argv, options_.limit,
               [this, seat, vt = claim.vt, done = std::move(done),
                alive = std::weak_ptr{alive_}](Result<HelperOutcome> outcome) {
                   if (alive.expired()) {
                       return;
                   }
                   if (!outcome) {
                       if (outcome.error().code == ErrorCode::timed_out) {
                           hung_.insert(vt);
                       }
                       done(outcome.error());
                       return;
                   }
                   auto report = parse_restore_report(outcome->output);
                   if (report && report->verified) {
                       claimed_.erase(seat);
                       hung_.erase(vt);
                   }
                   done(std::move(report));
               });
}

Result<model::VtClaim> VirtualTerminals::guess() {
    guard::Request request;
    if (!guard::guess(request)) {
        return unavailable("this host has no virtual terminals, or they may not be opened");
    }
    return model::VtClaim{request.vt, request.home, keyboard_of(request.home)};
}

Result<void> VirtualTerminals::switch_from(std::uint32_t from, std::uint32_t to) {
    const UniqueFd console{guard::open_tty(0)};
    vt_stat state{};
    if (!console || ::ioctl(console.get(), VT_GETSTATE, &state) != 0) {
        return system_error("/dev/tty0", errno);
    }
    if (state.v_active == from && ::ioctl(console.get(), VT_ACTIVATE, static_cast<unsigned long>(to)) != 0) {
        return system_error("switch to terminal " + std::to_string(to), errno);
    }
    return {};
}

void VirtualTerminals::print(std::uint32_t vt, const std::string& text) {
    const UniqueFd tty{vt <= most_vts ? guard::open_tty(vt) : -1};
    if (!tty) {
        log::warning("cannot print on terminal " + std::to_string(vt) + ": " + text);
        return;
    }
    const std::string lines = terminal_text(text);
    // A stopped terminal (XOFF) takes nothing: the line is in the log as well.
    [[maybe_unused]] const ssize_t written = ::write(tty.get(), lines.data(), lines.size());
}

} // namespace berth::os
