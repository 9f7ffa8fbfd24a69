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

/// A step of a client that somebody does, and what it finds when it succeeds.
struct ClientWork {
    model::RunClientStep step;
    model::StepFacts facts;
    std::vector<model::Grant> shows; ///< what its success makes the door show
};

/// What the outside owes one client's name, and what of a client is really there, whatever the policy believes.
struct ClientSide {
    std::optional<ClientWork> running;                ///< an effect in flight that the policy waits for
    std::optional<ClientWork> late;                   ///< one that it gave up on, whose success may still come
    std::optional<model::StepSerial> timer;           ///< the armed timer
    std::optional<model::Microseconds> lease_timer{}; ///< when that of its leases fires
    bool container{false};                            ///< made, and no removal was tried since
    bool door{false};                                 ///< opened, and no closing was tried since
    bool joined_late{false};                          ///< by a step that was given up on, and not undone yet
    bool joined{false};                      ///< a container of another's sees it, and it was not tried to end that
    bool streams{false};                     ///< carried, and neither ended nor told to end since
    bool published{false};                   ///< on the bus
    std::optional<model::CallToken> waiting; ///< descriptors that wait under the call of `Run`
    std::set<std::string> shown;             ///< grants that its door shows
    std::set<model::Grant> allowed;          ///< by a verdict: its profile's, its caller's, the authority's
    std::optional<model::Client> file;       ///< its state file
};

/// How much of the outside is played. All at once would be too many states to visit, and most of it does not meet; the
/// random order plays everything.
struct ClientScope {
    enum class Plays {
        life,       ///< one client without grants: its steps, its streams, kept or not, and all calls but those below
        grants,     ///< one that runs detached while its desktop comes and goes: grants given, taken, denied, and late
        names,      ///< runs under one name, one after the other, whose steps come later than the client they were for
        pair,       ///< two beside each other on a seat: detached runs, a grant, stops, and steps that succeed
        leases,     ///< one that runs detached: grants that end by themselves, and what is opened by them
        foreign,    ///< a container that berth did not make is attached and let go of, with a grant
        desktops,   ///< one that the desktop itself runs, while that comes and goes
        everything, ///< … at once
    };

    std::vector<model::ClientId> names;
    Plays plays{Plays::life};

    [[nodiscard]] bool has(Plays some) const { return plays == some || plays == Plays::everything; }
};

/// Everything around the policy's clients, as a value, like Surroundings for seats: plays events through `decide`,
/// follows its effects, and checks after each event what must always hold (daemon/README.md, "The life of a client").
///
/// Clients live on one seat. Its desktop comes and goes through the real policy, in three moves (it comes up, it begins
/// to go, it is gone) between which anything may befall the clients; within a move everything of the desktop succeeds
/// at once. That keeps the states finite, and few: what may befall a seat meanwhile is what Surroundings plays.
class ClientSurroundings {
  public:
    explicit ClientSurroundings(ClientScope scope);

    using Decide = model::Decision (*)(model::World, const model::Event&);

    void plays(Decide decide) { decide_ = decide; }

    /// One event, or a move of the seat's desktop.
    struct Move {
        enum class Desktop { none, comes, goes, is_gone };

        model::Event event;
        Desktop desktop{Desktop::none};
    };

    /// Everything that could happen now.
    [[nodiscard]] std::vector<Move> possible() const;

    /// Plays it. Returns what went wrong, or nothing.
    [[nodiscard]] std::vector<std::string> take(const Move& move);
    [[nodiscard]] std::vector<std::string> take(const model::Event& event);

    /// What the engine says of a client's container after a crash.
    enum class Remains { alive, dead, removed, another };

    /// berthd dies now and starts anew. What it was doing is done or not; what it knew is in its state files.
    [[nodiscard]] std::vector<std::string> crashes(Remains remains);

    /// It is no more, or has ended and is kept.
    [[nodiscard]] bool is_gone(const model::ClientId& id) const;

    /// The event that makes the step in flight fail, or its timer fire where nothing is in flight.
    [[nodiscard]] std::optional<model::Event> everything_fails(const model::ClientId& id) const;
    /// The event that makes the timer fire.
    [[nodiscard]] std::optional<model::Event> everything_hangs(const model::ClientId& id) const;

    [[nodiscard]] const model::World& world() const { return world_; }

    [[nodiscard]] const ClientScope& scope() const { return scope_; }

    [[nodiscard]] bool exited() const { return exited_; }

    [[nodiscard]] model::Microseconds now() const { return now_; }

    void moves_time(model::Microseconds by) { now_ += by; }

    /// Two states with the same abstract form behave alike: serials, ids, tokens and instants are left out.
    [[nodiscard]] std::string abstract() const;

  private:
    enum class Wait { authority, profile, turn, open };

    void add_client_events(std::vector<Move>& moves, const model::ClientId& id, const ClientSide& side) const;
    void add_calls_on(std::vector<Move>& moves, const model::ClientId& id) const;
    void add_grant_calls(std::vector<Move>& moves, const model::ClientId& id) const;
    void add_lease_moves(std::vector<Move>& moves, const model::ClientId& id, const ClientSide& side) const;
    void note_lease_effect(const model::Effect& effect);
    void note_desktops_run(const model::AppRead& read);
    void note_lease_event(const model::Event& event);
    void check_leases(const model::Client& client, const ClientSide& side);
    void add_ends_to(std::string& key, const model::Client& client, const ClientSide& side) const;
    void add_runs(std::vector<Move>& moves, const model::ClientId& id) const;
    void add_desktops_runs(std::vector<Move>& moves, const model::ClientId& id) const;
    void add_attaches(std::vector<Move>& moves, const model::ClientId& id) const;
    void add_answers(std::vector<Move>& moves) const;
    void add_desktop_moves(std::vector<Move>& moves) const;

    void note_event(const model::Event& event);
    /// What the door shows after a step that did its work; `door`: its facts, where they are a door.
    static void note_shown(ClientSide& side, const std::optional<ClientWork>& work, const model::ClientDoor* door);
    void note_called(const model::Called& called);
    void note_effect(const model::Effect& effect);
    bool note_effect_of_step(const model::Effect& effect);
    void note_step(const model::RunClientStep& step);
    void note_reply(const model::Reply& reply);
    void note_job(const model::Job& job);
    void play_desktop(Move::Desktop move);
    void check();
    void check_client(const model::Client& client, const ClientSide& side);
    void check_absent(const ClientSide& side);
    void check_jobs();
    void add_client_to(std::string& key, const model::Client& client, const ClientSide& side) const;
    [[nodiscard]] std::size_t calls_of(const model::ClientId& id) const;
    [[nodiscard]] model::Event called(model::Request request, std::uint32_t uid,
                                      std::optional<model::ClientId> self) const;
    void demand(bool holds, const std::string& what);

    ClientScope scope_;
    Decide decide_{&policy::decide};
    model::World world_;
    model::Microseconds now_;
    std::map<model::ClientId, ClientSide> sides_;
    std::map<model::CallToken, Wait> waits_;
    std::map<model::JobId, model::JobKind> jobs_;
    std::set<std::string> watched_;   ///< callers whose end is waited for
    std::set<model::JobId> commands_; ///< of Exec and Logs, that run
    model::JobId last_job_;
    std::uint64_t last_token_{0};
    bool exited_{false};
    bool undoes_late_{false}; ///< the event at hand is of a step that was given up on
    std::vector<std::string> wrong_;
};

/// "a desktop comes up", or what the event is.
std::string describe(const ClientSurroundings::Move& move);

} // namespace berth::test
