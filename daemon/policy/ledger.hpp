#pragma once

#include "model/json.hpp"
#include "model/world.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace berth::policy {

/// The Decision in the making: the World being changed and the effects collected so far, in order.
class Ledger {
  public:
    Ledger(model::World world, model::Microseconds now) : decision_{std::move(world), {}}, now_{now} {}

    [[nodiscard]] model::World& world() noexcept { return decision_.world; }

    [[nodiscard]] model::Microseconds now() const noexcept { return now_; }

    [[nodiscard]] model::Decision take() && { return std::move(decision_); }

    void emit(model::Effect effect) { decision_.effects.push_back(std::move(effect)); }

    /// The seat of that name, or null.
    [[nodiscard]] model::Seat* find_seat(const model::SeatName& name);
    /// Makes a seat that is not there yet, in `state`; the caller publishes it.
    model::Seat& add_seat(const model::SeatName& name, model::SeatState state);
    /// Forgets a seat without a desktop; its object goes.
    void withdraw(const model::SeatName& name);

    /// The job that works on the seat, or null.
    [[nodiscard]] model::Job* job_of(const model::Seat& seat);

    /// Moves the seat to `state` and publishes it; only its properties when it is there already.
    void enter(model::Seat& seat, model::SeatState state, const std::string& reason);

    /// Makes a job the seat's and publishes it.
    model::JobId open_job(model::Seat& seat, model::JobKind kind, const std::string& message);
    /// Ends the seat's job, if it has one: published and forgotten.
    void close_job(model::Seat& seat, model::JobState state, const std::string& message, const std::string& error = {});

    /// The client of that name, or null.
    [[nodiscard]] model::Client* find_client(const model::ClientId& id);
    void publish(const model::Client& client, const std::string& reason);
    /// Moves the client to `state` and publishes it.
    void enter(model::Client& client, model::ClientState state, const std::string& reason);

    /// Makes a job of a client and publishes it; who keeps its id says what it is to the client.
    model::JobId open_job(const model::Client& client, model::JobKind kind, const std::string& message,
                          const std::string& owner);
    /// Ends a job, if there is one: published and forgotten.
    void close_job(std::optional<model::JobId>& job, model::JobState state, const std::string& message,
                   const std::string& error, std::int32_t exit_code = -1);

    /// Seats whose state this decision has changed, with the state before, in order.
    [[nodiscard]] std::vector<std::pair<model::SeatName, model::SeatState>> take_changed_seats() {
        return std::exchange(changed_seats_, {});
    }

    void reply(model::CallToken token) { emit(model::Reply{token, {}}); }

    void reply(model::CallToken token, model::JobId job) { emit(model::Reply{token, job}); }

    void reply(model::CallToken token, const std::map<std::string, std::string>& environment) {
        emit(model::Reply{token, environment});
    }

    void fail(model::CallToken token, const model::Failure& failure) { emit(model::Reply{token, failure}); }

    void refuse(model::CallToken token, model::Refusal refusal, std::string message);

  private:
    model::Decision decision_;
    model::Microseconds now_;
    std::vector<std::pair<model::SeatName, model::SeatState>> changed_seats_;
};

/// "ImageNotFound: no image …", as jobs report errors.
std::string text_of(const model::Failure& failure);

} // namespace berth::policy
