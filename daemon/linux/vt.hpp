#pragma once

#include "ports/seat_ports.hpp"

#include <boost/asio/io_context.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>

namespace berth::os {

/// ports::VirtualTerminals on /dev/tty0 to /dev/tty63 (console_ioctl(4)). Restoring is done by the program
/// berth-restore in a child: an ioctl that hangs in the kernel costs a deadline, not the daemon. One thread.
class VirtualTerminals final : public ports::VirtualTerminals {
  public:
    static constexpr std::chrono::milliseconds restore_limit{4'000};

    struct Options {
        std::chrono::milliseconds limit{restore_limit};
        bool without_text{false}; ///< terminals are claimed though text is drawn nowhere
        std::string sys{"/sys"};
    };

    /// `helper`: absolute path of berth-restore.
    VirtualTerminals(boost::asio::io_context& io, std::string helper);
    VirtualTerminals(boost::asio::io_context& io, std::string helper, Options options);
    VirtualTerminals(const VirtualTerminals&) = delete;
    VirtualTerminals& operator=(const VirtualTerminals&) = delete;
    ~VirtualTerminals() override;

    /// Terminals 7 to 15, the ones whose use the kernel tells (VT_GETSTATE); never 1 to 6, which are the gettys', never
    /// the visible one, one that is open anywhere, has a getty configured, or is claimed by another seat.
    /// vt_unavailable, too, where text is drawn nowhere (guard::text_is_drawn): the terminal could be given back, and
    /// nobody would see it.
    void claim(const model::SeatName& seat, Done<model::VtClaim> done) override;

    /// timed_out when the helper did not end within the limit; failed when it could not be run.
    void restore(const model::Seat& seat, const model::VtClaim& claim, Done<model::RestoreReport> done) override;

    void adopt(const model::SeatName& seat, const model::VtClaim& claim) override { claimed_[seat] = claim.vt; }

    Result<model::VtClaim> guess() override;
    Result<void> switch_from(std::uint32_t from, std::uint32_t to) override;
    void print(std::uint32_t vt, const std::string& text) override;

  private:
    [[nodiscard]] Result<model::VtClaim> choose(const model::SeatName& seat) const;

    boost::asio::io_context& io_;
    std::string helper_;
    Options options_;
    std::map<model::SeatName, std::uint32_t> claimed_;
    std::set<std::uint32_t> hung_; ///< terminals on which a restore ran into its limit: no hangup there again
    std::shared_ptr<const bool> alive_{std::make_shared<const bool>(true)};
};

} // namespace berth::os
