#pragma once

#include "model/effect.hpp"
#include "model/world.hpp"
#include "policy/decide.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace berth::test {

/// What the outside owes one seat, and what of a desktop is really there, whatever the policy believes.
struct SeatSide {
    std::optional<model::RunStep> running;  ///< an effect in flight that the policy waits for
    std::optional<model::RunStep> late;     ///< one that it gave up on, whose success may still come
    std::optional<model::StepSerial> timer; ///< the armed timer
    bool vt_claimed{false};                 ///< a VT was claimed and no restore has been verified since
    bool leased{false};                     ///< a session was opened, and no closing was tried since
    bool container{false};                  ///< made, and no removal was tried since
    bool door{false};                       ///< opened, and no closing was tried since
    bool sockets{false};                    ///< of its desktop are watched
    bool of_logind{false};                  ///< logind may make and remove it

    bool operator==(const SeatSide&) const = default;
};

/// Everything around the policy, as a value: plays events through `decide`, follows its effects, and checks after each
/// event what must always hold (daemon/README.md, "Invariants"). The search, the random test and the fuzzer share it.
class Surroundings {
  public:
    /// `seats` have names that berthd was given; `announced` are those that logind may have or not.
    explicit Surroundings(const std::vector<model::SeatName>& seats,
                          const std::vector<model::SeatName>& announced = {});

    /// The policy that is played: policy::decide, or one with a bug that is planted in it, to show that it is found.
    using Decide = model::Decision (*)(model::World, const model::Event&);

    void plays(Decide decide) { decide_ = decide; }

    /// Every event that the outside could raise now. With `pending_calls` calls waiting, only
    /// calls that are answered at once come. Where only one may wait, it is Up or Down: a waiting call changes nothing
    /// until it is looked at again, as if it came then.
    [[nodiscard]] std::vector<model::Event> possible(std::size_t pending_calls) const;

    /// Decides one event. Returns what went wrong, or nothing.
    [[nodiscard]] std::vector<std::string> take(const model::Event& event);

    /// What the engine says of the desktops after a crash: they run, they have died, or are no more.
    enum class Remains { running, dead, removed };

    /// berthd dies now and starts anew: what it was doing is done or not, what it knew is in its state files. (A step
    /// that it gave up on before, and that others do after its death, is not played.) Returns what went wrong, or
    /// nothing.
    [[nodiscard]] std::vector<std::string> crashes(Remains remains);

    /// The seat is vacant or held, or there is none of that name; or its desktop goes on without berthd, which ends.
    [[nodiscard]] bool at_rest(const model::SeatName& seat) const;

    /// The event that makes the effect in flight fail, or its timer fire where nothing is in flight.
    [[nodiscard]] std::optional<model::Event> everything_fails(const model::SeatName& seat) const;
    /// The event that makes the seat's timer fire.
    [[nodiscard]] std::optional<model::Event> everything_hangs(const model::SeatName& seat) const;

    /// Moves all times back so that `now` is what it was at first; instants too old to matter are dropped.
    void settle_time();

    void moves_time(model::Microseconds by) { now_ += by; }

    [[nodiscard]] const model::World& world() const { return world_; }

    [[nodiscard]] const std::map<model::SeatName, SeatSide>& sides() const { return sides_; }

    [[nodiscard]] bool exited() const { return exited_; }

    [[nodiscard]] model::Microseconds now() const { return now_; }

    /// Two states with the same abstract form behave alike: serials, ids, names and instants are left out, whether a
    /// deadline or the crash-loop window has passed is kept.
    [[nodiscard]] std::string abstract() const;

  private:
    enum class Wait { authority, profile };

    void add_seat_events(std::vector<model::Event>& events, const model::Seat& seat, const SeatSide& side) const;
    void add_logind_events(std::vector<model::Event>& events) const;
    void add_calls(std::vector<model::Event>& events, bool that_wait, bool few) const;
    void add_answers(std::vector<model::Event>& events) const;
    void note_event(const model::Event& event);
    void note_effect(const model::Effect& effect);
    void note_job(const model::Job& job);
    void check();
    void check_seat(const model::Seat& seat, const SeatSide& side);
    void check_absent(const SeatSide& side);
    void add_seat_to(std::string& key, const model::Seat& seat, const SeatSide& side) const;
    void demand(bool holds, const std::string& what);

    Decide decide_{&policy::decide};
    model::World world_;
    model::Microseconds now_;
    std::map<model::SeatName, SeatSide> sides_;
    std::map<model::CallToken, Wait> waits_;
    std::set<model::JobId> jobs_;
    model::JobId last_job_;
    std::uint64_t last_token_{0};
    bool asked_leftovers_{false};
    bool exited_{false};
    std::vector<std::string> wrong_;
};

} // namespace berth::test
