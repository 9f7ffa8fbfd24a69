#pragma once

#include "lib/proxies.hpp"

#include <exception>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

/// What is behind a BerthClient; for the files that implement it alone. One thread.
namespace berth::client {

/// Runs a synchronous call; what it throws becomes a CallFailed.
template <class Work>
auto checked(Work&& work) {
    try {
        return work();
    } catch (const sdbus::Error& error) {
        throw call_failed(error);
    }
}

struct BerthClient::State {
    explicit State(std::unique_ptr<sdbus::IConnection> open) : connection{std::move(open)} {}

    /// A handler that throws must not unwind through C: kept, and thrown again by run().
    template <class Work>
    void keep_failure(Work&& work) noexcept {
        try {
            work();
        } catch (...) {
            failure = std::current_exception();
        }
    }

    [[nodiscard]] Answered kept(Answered answered) {
        return
            [this, answered = std::move(answered)](const Answer& answer) { keep_failure([&] { answered(answer); }); };
    }

    SeatProxy& seat(const std::string& path, Answered answered) {
        return *seats.emplace_back(std::make_unique<SeatProxy>(*connection, path, kept(std::move(answered))));
    }

    ManagerProxy& manager(Answered answered) {
        return *managers.emplace_back(std::make_unique<ManagerProxy>(*connection, kept(std::move(answered))));
    }

    JobProxy& job(const std::string& path, Answered answered) {
        return *jobs.emplace_back(std::make_unique<JobProxy>(*connection, path, kept(std::move(answered))));
    }

    ClientProxy& client(const std::string& path, Answered answered) {
        return *clients.emplace_back(std::make_unique<ClientProxy>(*connection, path, kept(std::move(answered))));
    }

    std::unique_ptr<sdbus::IConnection> connection;
    std::exception_ptr failure;
    std::function<void(const Signal&)> heard;
    std::vector<std::unique_ptr<SeatProxy>> seats; // a proxy lives as long as its reply may come
    std::vector<std::unique_ptr<JobProxy>> jobs;
    std::vector<std::unique_ptr<ClientProxy>> clients;
    std::vector<std::unique_ptr<ManagerProxy>> managers;
    std::vector<sdbus::Slot> matches;
};

} // namespace berth::client
