// What the way over berth-seat's bridge costs a contained desktop. The same call to the same (fake) logind, once from a
// program on the host's bus, once from one on the container's bus through the bridge: one bus daemon more, and the
// bridge. Its share is the ratio of the two; buses, logind, bridge and caller share this machine.

#include "login1/bridge_fixture.hpp"

#include <benchmark/benchmark.h>

#include <string>

namespace {

using berth::testing::BusPeer;

/// The tests' two buses and bridge, outside of a test.
class Buses : public berth::testing::BridgeTest {
  public:
    void begin() {
        berth::login1::Limits limits;
        limits.calls_a_second = 1e9;
        limits.burst = 1e9;
        start_all(limits);
    }

    BusPeer& on_host() { return on_host_; }

    BusPeer& in_container() { return *in_container_; }

    void connect() { in_container_ = client(); }

  private:
    void TestBody() override {}

    BusPeer on_host_{io, host_bus.address()};
    std::unique_ptr<BusPeer> in_container_;
};

void call_through(benchmark::State& state, bool bridged) {
    Buses buses;
    buses.begin();
    buses.connect();
    BusPeer& peer = bridged ? buses.in_container() : buses.on_host();
    for (auto unused : state) {
        const auto answer =
            peer.property(berth::login1::own_session().path, std::string{berth::login1::names::session}, "Active");
        if (!answer.error.empty()) {
            state.SkipWithError(answer.text.c_str());
            break;
        }
    }
}

void on_the_hosts_bus(benchmark::State& state) {
    call_through(state, false);
}

void through_the_bridge(benchmark::State& state) {
    call_through(state, true);
}

BENCHMARK(on_the_hosts_bus)->Repetitions(5)->ReportAggregatesOnly()->UseRealTime();
BENCHMARK(through_the_bridge)->Repetitions(5)->ReportAggregatesOnly()->UseRealTime();

} // namespace
