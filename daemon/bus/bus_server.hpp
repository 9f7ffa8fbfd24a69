#pragma once

#include "base/result.hpp"
#include "bus/bus_connection.hpp"
#include "model/event.hpp"
#include "ports/client_ports.hpp"
#include "ports/outside.hpp"

#include <functional>
#include <memory>
#include <string>

namespace berth::bus {

/// org.berth.Berth1 on a bus: Manager, seats and jobs. Methods become Called events with a token; the Publisher's side
/// tells what became of them.
class BusServer final : public ports::Publisher {
  public:
    struct Hooks {
        std::function<void(model::Happening)> post; ///< takes a Called; must not throw, may answer at once
        std::function<Result<void>()> reload;       ///< Manager.Reload, by root
    };

    /// Makes the objects; the name is not owned yet. `bus` must outlive this.
    BusServer(BusConnection& bus, const std::string& version, Hooks hooks);
    ~BusServer() override;

    /// Owns org.berth.Berth1: to be called when the seats are there. failed: another process owns it, or the bus's
    /// policy forbids it.
    Result<void> own_name();

    /// Manager.Engine, e.g. "podman 4.3.1"; empty while none answers.
    void set_engine(const std::string& engine);

    void seat_added(const model::Seat& seat) override;
    void seat_changed(const model::Seat& seat) override;
    void seat_removed(const model::SeatName& seat) override;
    void state_changed(const model::SeatName& seat, model::SeatState old_state, model::SeatState new_state,
                       const std::string& reason) override;
    void job_changed(const model::Job& job) override;
    void jobs_ended(const std::vector<model::EndedJob>& jobs) override;
    void client_changed(const model::Client& client) override;
    void client_removed(const model::ClientId& client) override;
    void hardware_changed(const model::World& world) override;
    void dock_changed(const model::SeatName& seat, bool docked, const model::Dock& dock) override;
    void docks_known(const std::vector<model::KnownDock>& docks) override;
    void reply(const model::Reply& reply) override;

    /// Descriptors that came with calls.
    ports::CallerStreams& caller_streams();

  private:
    struct Objects;
    BusConnection& bus_;
    std::unique_ptr<Objects> objects_;
};

} // namespace berth::bus
