#include "policy/ledger.hpp"

#include <algorithm>

namespace berth::policy {

using namespace model;

Seat* Ledger::find_seat(const SeatName& name) {
    const auto found = world().seats.find(name);
    return found == world().seats.end() ? nullptr : &found->second;
}

Seat& Ledger::add_seat(const SeatName& name, SeatState state) {
    Seat& seat = world().seats[name];
    seat.name = name;
    seat.state = state;
    seat.since = now_;
    seat.serial = world().last_serial; // What an earlier seat of that name waited for is not this one's.
    return seat;
}

void Ledger::withdraw(const SeatName& name) {
    const auto found = world().seats.find(name);
    if (found != world().seats.end()) {
        world().last_serial = std::max(world().last_serial, found->second.serial);
        world().seats.erase(found);
        emit(WithdrawSeat{name});
    }
}

Job* Ledger::job_of(const Seat& seat) {
    if (!seat.job) {
        return nullptr;
    }
    const auto found = world().jobs.find(*seat.job);
    return found == world().jobs.end() ? nullptr : &found->second;
}

void Ledger::enter(Seat& seat, SeatState state, const std::string& reason) {
    const SeatState old = std::exchange(seat.state, state);
    if (old != state) {
        seat.since = now_;
        changed_seats_.emplace_back(seat.name, old);
    }
    emit(PublishSeat{seat.name, old != state, old, state, reason});
}

JobId Ledger::open_job(Seat& seat, JobKind kind, const std::string& message) {
    const JobId id{++world().last_job};
    Job job;
    job.id = id;
    job.kind = kind;
    job.seat = seat.name;
    job.message = message;
    seat.job = id;
    world().jobs[id] = job;
    emit(PublishJob{std::move(job)});
    return id;
}

void Ledger::close_job(Seat& seat, JobState state, const std::string& message, const std::string& error) {
    close_job(seat.job, state, message, error);
}

Client* Ledger::find_client(const ClientId& id) {
    const auto found = world().clients.find(id);
    return found == world().clients.end() ? nullptr : &found->second;
}

void Ledger::publish(const Client& client, const std::string& reason) {
    emit(PublishClient{client.id, reason});
}

void Ledger::enter(Client& client, ClientState state, const std::string& reason) {
    if (client.state != state) {
        client.state = state;
        client.since = now_;
    }
    publish(client, reason);
}

JobId Ledger::open_job(const Client& client, JobKind kind, const std::string& message, const std::string& owner) {
    const JobId id{++world().last_job};
    Job job;
    job.id = id;
    job.kind = kind;
    job.seat = client.seat;
    job.client = client.id;
    job.message = message;
    job.owner = owner;
    world().jobs[id] = job;
    emit(PublishJob{std::move(job)});
    return id;
}

void Ledger::close_job(std::optional<JobId>& job, JobState state, const std::string& message, const std::string& error,
                       std::int32_t exit_code) {
    const auto found = job ? world().jobs.find(*job) : world().jobs.end();
    job.reset();
    if (found == world().jobs.end()) {
        return;
    }
    Job& ended = found->second;
    ended.state = state;
    ended.message = message;
    ended.error = error;
    ended.exit_code = exit_code;
    ended.progress = state == JobState::done ? 1.0 : ended.progress;
    emit(PublishJob{std::move(ended)});
    world().jobs.erase(found);
}

void Ledger::refuse(CallToken token, Refusal refusal, std::string message) {
    emit(Reply{token, Refused{refusal, std::move(message)}});
}

std::string text_of(const Failure& failure) {
    std::string text{error_name(failure.code)};
    return text.append(": ").append(failure.message);
}

} // namespace berth::policy
