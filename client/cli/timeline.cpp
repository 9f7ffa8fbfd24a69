#include "cli/timeline.hpp"

#include "model/json.hpp"

#include <map>
#include <variant>

namespace berth::cli {

namespace {

/// Follows one recording and keeps the bring-up that began last.
class Follower {
  public:
    explicit Follower(std::string seat) : wanted_{std::move(seat)} {}

    void follow(const store::FlightEntry& entry) {
        if (const auto* call = std::get_if<model::Called>(&entry.event.what)) {
            note_call(*call, entry.event.at);
        } else if (const auto* step = std::get_if<model::StepFinished>(&entry.event.what)) {
            end_step(*step, entry.event.at);
        } else if (const auto* ready = std::get_if<model::SessionReady>(&entry.event.what)) {
            end_waiting(ready->seat, entry.event.at);
        }
        for (const model::Effect& effect : entry.effects) {
            if (const auto* step = std::get_if<model::RunStep>(&effect)) {
                begin_step(*step, entry.event.at);
            } else if (const auto* job = std::get_if<model::PublishJob>(&effect)) {
                begin_waiting(job->job, entry.event.at);
            } else if (const auto* change = std::get_if<model::PublishSeat>(&effect)) {
                change_state(*change, entry.event.at);
            }
        }
        if (current_) {
            last_ = entry.event.at;
        }
    }

    [[nodiscard]] std::optional<Timeline> result() {
        if (!current_) {
            return std::nullopt;
        }
        if (!over_) {
            current_->total_us = last_ - began_;
        }
        for (Lap& lap : current_->laps) {
            if (lap.open) {
                lap.took_us = last_ - began_ - lap.began_us;
            }
        }
        return current_;
    }

  private:
    void note_call(const model::Called& call, model::Microseconds at) {
        const auto* up = std::get_if<model::UpRequest>(&call.request);
        if (up != nullptr && (wanted_.empty() || up->seat.value == wanted_)) {
            calls_[up->seat.value] = {at, up->desktop};
        }
    }

    /// A bring-up begins with the seat's way out of vacant, and counts from the call that caused it.
    void change_state(const model::PublishSeat& change, model::Microseconds at) {
        if (!change.state_changed || (!wanted_.empty() && change.seat.value != wanted_)) {
            return;
        }
        if (change.new_state == model::SeatState::preparing) {
            start(change.seat.value, at);
        }
        if (!current_ || over_ || change.seat.value != current_->seat) {
            return;
        }
        current_->end = model::name_of(change.new_state);
        const bool going_up =
            change.new_state == model::SeatState::preparing || change.new_state == model::SeatState::starting;
        if (!going_up) {
            over_ = true;
            current_->total_us = at - began_;
        }
    }

    void start(const std::string& seat, model::Microseconds at) {
        const auto call = calls_.find(seat);
        began_ = call == calls_.end() ? at : call->second.at;
        current_ = Timeline{.seat = seat,
                            .desktop = call == calls_.end() ? "" : call->second.desktop,
                            .end = {},
                            .total_us = 0,
                            .laps = {}};
        over_ = false;
        open_.clear();
        calls_.erase(seat);
    }

    void begin_step(const model::RunStep& step, model::Microseconds at) {
        if (current_ && !over_ && step.seat.value == current_->seat) {
            open_[step.serial.value] = current_->laps.size();
            current_->laps.push_back(Lap{.step = std::string{model::name_of(step.step)},
                                         .began_us = at - began_,
                                         .took_us = 0,
                                         .failed = false,
                                         .open = true});
        }
    }

    /// The step that waits for the session runs no effect: the job's phase tells when it begins, SessionReady when it
    /// ends. Serials of real steps begin at 1.
    static constexpr std::uint64_t waiting_serial = 0;

    void begin_waiting(const model::Job& job, model::Microseconds at) {
        if (job.phase == model::name_of(model::Step::await_session) && !open_.contains(waiting_serial)) {
            begin_step(model::RunStep{job.seat, model::StepSerial{waiting_serial}, model::Step::await_session, {}}, at);
        }
    }

    void end_waiting(const model::SeatName& seat, model::Microseconds at) {
        end_step(model::StepFinished{seat, model::StepSerial{waiting_serial}, model::Step::await_session, {}, {}}, at);
    }

    void end_step(const model::StepFinished& step, model::Microseconds at) {
        const auto found = open_.find(step.serial.value);
        if (current_ && step.seat.value == current_->seat && found != open_.end()) {
            Lap& lap = current_->laps[found->second];
            lap.took_us = at - began_ - lap.began_us;
            lap.failed = step.error.has_value();
            lap.open = false;
            open_.erase(found);
        }
    }

    struct Call {
        model::Microseconds at{0};
        std::string desktop;
    };

    std::string wanted_;
    std::map<std::string, Call> calls_;
    std::optional<Timeline> current_;
    std::map<std::uint64_t, std::size_t> open_; // serial → lap
    model::Microseconds began_{0};
    model::Microseconds last_{0};
    bool over_{false};
};

} // namespace

std::optional<Timeline> last_bring_up(const store::Flight& flight, const std::string& seat) {
    Follower follower{seat};
    for (const store::FlightEntry& entry : flight.entries) {
        follower.follow(entry);
    }
    return follower.result();
}

} // namespace berth::cli
