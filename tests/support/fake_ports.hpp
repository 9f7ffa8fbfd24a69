#pragma once

#include "model/json.hpp"
#include "ports/outside.hpp"
#include "ports/seat_ports.hpp"

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

/// In-memory ports for tests of effects and the runtime. Each keeps what was asked of it; answers are set by the test.
namespace berth::test {

struct FakeTerminals final : ports::VirtualTerminals {
    void claim(const model::SeatName&, Done<model::VtClaim> done) override { done(claim_answer); }

    void restore(const model::Seat&, const model::VtClaim& claim, Done<model::RestoreReport> done) override {
        restored.push_back(claim);
        done(report);
    }

    void adopt(const model::SeatName& seat, const model::VtClaim& claim) override { adopted[seat] = claim; }

    Result<model::VtClaim> guess() override { return guess_answer; }

    Result<void> switch_from(std::uint32_t from, std::uint32_t to) override {
        switched.emplace_back(from, to);
        return switch_answer;
    }

    void print(std::uint32_t vt, const std::string& text) override {
        printed.push_back(std::to_string(vt) + ": " + text);
    }

    Result<model::VtClaim> claim_answer{model::VtClaim{7, 1, 3}};
    Result<model::VtClaim> guess_answer{model::VtClaim{2, 2, 3}};
    model::RestoreReport report{true, {}, {}, {}, 12};
    std::vector<model::VtClaim> restored;
    std::map<model::SeatName, model::VtClaim> adopted;
    Result<void> switch_answer;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> switched;
    std::vector<std::string> printed;
};

struct FakeGuards final : ports::SeatGuards {
    void arm(const model::Seat& seat, Done<void> done) override {
        calls.push_back("arm " + std::to_string(seat.vt->vt));
        done(arm_answer);
    }

    void tell(const model::Seat& seat) override { calls.push_back("tell " + std::to_string(seat.init_pid)); }

    void give_back(const model::SeatName& seat) override { calls.push_back("give-back " + seat.value); }

    void disarm(const model::SeatName& seat) override { calls.push_back("disarm " + seat.value); }

    std::vector<std::string> calls;
    Result<void> arm_answer;
};

struct FakeDirectories final : ports::SeatDirectories {
    Result<model::DoorPaths> open(const model::Seat& seat, const model::HostFacts&) override {
        opened.push_back(seat.name.value);
        return paths;
    }

    Result<void> put_menu(const model::SeatName&, const std::map<std::string, std::string>& files) override {
        menu = files;
        return menu_answer;
    }

    Result<void> prepare_session(const model::Seat& seat) override {
        prepared.push_back(seat.name.value);
        on_prepare();
        return prepare_answer;
    }

    Result<model::SeatLease> note_session(const model::SeatName& seat) override {
        noted.push_back(seat.value);
        on_note();
        return lease;
    }

    Result<void> put_nodes(const model::SeatName&, const std::vector<std::string>& nodes) override {
        if (put_answer) {
            shown_nodes = nodes;
        }
        return put_answer;
    }

    std::vector<std::string> nodes(const model::SeatName&) override { return shown_nodes; }

    std::vector<std::string> shown_nodes;
    Result<void> put_answer;

    Result<model::DoorPaths> adopt(const model::SeatName& seat) override {
        adopted.push_back(seat.value);
        return paths;
    }

    Result<void> close(const model::SeatName& seat) override {
        closed.push_back(seat.value);
        return close_answer;
    }

    Result<model::DoorPaths> paths{
        model::DoorPaths{"/door", "/runtime", "/machine-id", "0123456789abcdef0123456789abcdef"}};
    Result<void> close_answer;
    Result<void> menu_answer;
    std::map<std::string, std::string> menu;
    Result<void> prepare_answer;
    Result<model::SeatLease> lease{model::SeatLease{"5", 7, 1234}};
    std::function<void()> on_prepare = [] {};
    std::function<void()> on_note = [] {};
    std::vector<std::string> prepared;
    std::vector<std::string> noted;
    std::vector<std::string> opened;
    std::vector<std::string> adopted;
    std::vector<std::string> closed;
};

struct FakeProcesses final : ports::Processes {
    void watch(const model::Subject& subject, pid_t pid, std::function<void()> exited) override {
        watched[subject] = pid;
        on_exit[subject] = std::move(exited);
    }

    Result<void> signal(const model::Subject& subject, int number) override {
        signals.push_back(subject.value + ": " + std::to_string(number));
        return signal_answer;
    }

    void forget(const model::Subject& subject) override { watched.erase(subject); }

    bool belongs_to(pid_t pid, const std::string& container) override {
        return alive == std::pair<pid_t, std::string>{pid, container};
    }

    void end_helpers(const std::string& container) override { cleared.push_back(container); }

    std::vector<std::string> cleared;    ///< containers whose helpers were ended
    std::pair<pid_t, std::string> alive; ///< the one process that belongs to a container
    std::map<model::Subject, pid_t> watched;
    std::map<model::Subject, std::function<void()>> on_exit;
    std::vector<std::string> signals;
    Result<void> signal_answer;
};

struct FakeFreezeWatch final : ports::FreezeWatch {
    void watch(const model::Subject& subject, pid_t pid, std::function<void(bool)> told) override {
        watched[subject] = pid;
        on_change[subject] = std::move(told);
    }

    void forget(const model::Subject& subject) override { watched.erase(subject); }

    std::map<model::Subject, pid_t> watched;
    std::map<model::Subject, std::function<void(bool)>> on_change;
};

struct FakeSelfSockets final : ports::SelfSockets {
    Result<void> listen(const model::SeatName&, const std::string& path,
                        std::map<std::string, std::string> describe) override {
        listening.push_back(path);
        described = std::move(describe);
        return listen_answer;
    }

    void close(const model::SeatName& seat) override { closed.push_back(seat.value); }

    void update(const model::Seat& seat) override { updated.push_back(seat.container); }

    bool reply(const model::Reply& reply) override {
        replies.push_back(reply);
        return takes_replies;
    }

    std::vector<std::string> listening;
    std::map<std::string, std::string> described;
    std::vector<std::string> closed;
    std::vector<std::string> updated; ///< the containers
    std::vector<model::Reply> replies;
    bool takes_replies{false};
    Result<void> listen_answer;
};

struct FakeSessions final : ports::SeatSessions {
    void ask(const model::SeatName& seat, Done<void> done) override {
        asked.push_back(seat.value);
        on_ask();
        done(ask_answer);
    }

    void await(const model::SeatName& seat, Done<void> done) override {
        awaited.push_back(seat.value);
        on_await();
        done(await_answer);
    }

    void adopt(const model::SeatName& seat, Done<void> done) override {
        adopted.push_back(seat.value);
        done(adopt_answer);
    }

    void release(const model::SeatName& seat, Done<void> done) override {
        released.push_back(seat.value);
        done(release_answer);
    }

    std::function<void()> on_ask = [] {};
    std::function<void()> on_await = [] {};
    Result<void> ask_answer;
    Result<void> await_answer;
    Result<void> adopt_answer;
    Result<void> release_answer;
    std::vector<std::string> adopted;
    std::vector<std::string> asked;
    std::vector<std::string> awaited;
    std::vector<std::string> released;
};

struct FakeTimers final : ports::Timers {
    void arm(const model::Subject& subject, std::chrono::milliseconds after, std::function<void()> fired) override {
        armed[subject] = {after, std::move(fired)};
    }

    void clear(const model::Subject& subject) override { armed.erase(subject); }

    std::map<model::Subject, std::pair<std::chrono::milliseconds, std::function<void()>>> armed;
};

struct FakeProfiles final : ports::Profiles {
    Result<model::DesktopProfile> read(const std::string&) override { return profile; }

    Result<void> check_host(const model::DesktopProfile&, model::SeatMode mode) override {
        checked_modes.push_back(mode);
        return host_answer;
    }

    std::vector<std::string> names() override { return {"gnome"}; }

    Result<model::AppProfile> read_app(const std::string& name) override {
        read_apps.push_back(name);
        return app;
    }

    Result<void> check_app_host(const model::AppProfile& asked) override {
        checked_apps.push_back(asked.name);
        return app_host_answer;
    }

    std::vector<std::string> app_names() override { return known_apps; }

    std::vector<Result<model::DockProfile>> read_docks() override { return docks; }

    std::vector<Result<model::DockProfile>> docks;

    Result<model::DesktopProfile> profile{model::DesktopProfile{}};
    Result<void> host_answer;
    std::vector<model::SeatMode> checked_modes;
    Result<model::AppProfile> app{model::AppProfile{}};
    Result<void> app_host_answer;
    std::vector<std::string> known_apps{"browser"};
    std::vector<std::string> read_apps;
    std::vector<std::string> checked_apps;
};

struct FakeAuthority final : ports::Authority {
    void check(const model::Caller& caller, const std::string& action, Done<Verdict> done) override {
        asked.push_back(caller.bus_name + " " + action);
        done(answer);
    }

    Result<Verdict> answer{Verdict{true, {}}};
    std::vector<std::string> asked;
};

struct FakePublisher final : ports::Publisher {
    void seat_added(const model::Seat& seat) override { lines.push_back("added " + seat.name.value); }

    void seat_changed(const model::Seat& seat) override { states[seat.name] = seat.state; }

    void seat_removed(const model::SeatName& seat) override { lines.push_back("removed " + seat.value); }

    void state_changed(const model::SeatName& seat, model::SeatState old_state, model::SeatState new_state,
                       const std::string&) override {
        lines.push_back(seat.value + " " + std::string{model::name_of(old_state)} + " > " +
                        std::string{model::name_of(new_state)});
    }

    void job_changed(const model::Job& job) override { jobs[job.id] = job; }

    void jobs_ended(const std::vector<model::EndedJob>& ended) override {
        lines.push_back(std::to_string(ended.size()) + " ended jobs");
    }

    void client_changed(const model::Client& client) override { clients[client.id] = client.state; }

    void client_removed(const model::ClientId& client) override { lines.push_back("removed client " + client.value); }

    void reply(const model::Reply& reply) override { replies.push_back(reply); }

    void hardware_changed(const model::World& world) override {
        lines.push_back(std::to_string(world.hardware.size()) + " devices");
    }

    void dock_changed(const model::SeatName& seat, bool docked, const model::Dock& dock) override {
        lines.push_back(seat.value + (docked ? " docked " : " undocked ") + dock.id);
    }

    void docks_known(const std::vector<model::KnownDock>& docks) override {
        lines.push_back(std::to_string(docks.size()) + " known docks");
    }

    std::map<model::ClientId, model::ClientState> clients;
    std::vector<std::string> lines;
    std::map<model::SeatName, model::SeatState> states;
    std::map<model::JobId, model::Job> jobs;
    std::vector<model::Reply> replies;
};

struct FakeJobMemory final : ports::JobMemory {
    void remember(const model::Job& job) override {
        if (model::has_ended(job.state)) {
            jobs.insert(jobs.begin(), {job, 0});
        }
    }

    [[nodiscard]] const std::vector<model::EndedJob>& ended() const override { return jobs; }

    std::vector<model::EndedJob> jobs;
};

struct FakeDockMemory final : ports::DockMemory {
    void remember(const model::SeatName& seat, const model::Dock& dock) override {
        docks.insert(docks.begin(), {dock.id, dock.name, seat, dock.has, 0});
    }

    [[nodiscard]] const std::vector<model::KnownDock>& known() const override { return docks; }

    std::vector<model::KnownDock> docks;
};

struct FakeStates final : ports::SeatStates {
    void keep(const model::Seat& seat) override { files[seat.name] = seat; }

    void forget(const model::SeatName& seat) override { files.erase(seat); }

    std::vector<model::Seat> kept() override {
        std::vector<model::Seat> seats;
        for (const auto& [name, seat] : files) {
            seats.push_back(seat);
        }
        return seats;
    }

    void keep(const model::Client& client) override { client_files[client.id] = client; }

    void forget(const model::ClientId& client) override { client_files.erase(client); }

    std::vector<model::Client> kept_clients() override {
        std::vector<model::Client> clients;
        for (const auto& [name, client] : client_files) {
            clients.push_back(client);
        }
        return clients;
    }

    std::map<model::SeatName, model::Seat> files;
    std::map<model::ClientId, model::Client> client_files;
};

/// A clock that goes when the test says so.
struct FakeClock final : ports::Clock {
    [[nodiscard]] model::Microseconds now() const override { return time; }

    model::Microseconds time{1'000'000};
};

struct FakeRecorder final : ports::Recorder {
    void record(const model::Event& event, const std::vector<model::Effect>& effects, const model::World&) override {
        events.push_back(event);
        effect_lists.push_back(effects);
    }

    std::vector<model::Event> events;
    std::vector<std::vector<model::Effect>> effect_lists;
};

} // namespace berth::test
