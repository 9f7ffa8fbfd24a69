// What a caller's streams cost: a container that is created, attached to and started, against the same that is only
// created and started, in turn; and the bytes that berth-relay carries, against the same read off the connection
// itself. `attach_bench [ROUNDS] [ENGINE]`, 20 and "podman" by default; as root.

#include "engine/await.hpp"
#include "engine/engine_hosts.hpp"
#include "relay/relay_run.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <vector>

namespace {

using namespace berth;
using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point begin) {
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double median(std::vector<double>& values) {
    std::ranges::sort(values);
    return values.empty() ? 0 : values[values.size() / 2];
}

class Rounds {
  public:
    explicit Rounds(test::EngineHost& host) : host_{host} {
        spec_.name = "berth-attach-bench";
        spec_.image = host.image();
        spec_.command = {"/bin/cat"}; // it waits: one that ended would make podman clean up meanwhile
        spec_.open_stdin = true;
    }

    /// Milliseconds; negative: it failed.
    double one(bool attached) {
        const auto begin = Clock::now();
        const auto made = test::await<std::string>(
            host_.io(), [this](Done<std::string> done) { host_.engine().create(spec_, std::move(done)); });
        ports::StreamConnection connection;
        bool well = static_cast<bool>(made);
        if (attached && well) {
            auto got = test::await<ports::StreamConnection>(host_.io(), [this](Done<ports::StreamConnection> done) {
                host_.streams().attach(spec_.name, std::move(done));
            });
            well = static_cast<bool>(got);
            connection = well ? std::move(*got) : ports::StreamConnection{};
        }
        const auto started = test::await<void>(
            host_.io(), [this](Done<void> done) { host_.engine().start(spec_.name, std::move(done)); });
        const double took = ms_since(begin);
        test::await<void>(host_.io(), [this](Done<void> done) { host_.engine().remove(spec_.name, std::move(done)); });
        return well && started ? took : -1;
    }

  private:
    test::EngineHost& host_;
    ports::ContainerSpec spec_;
};

/// Sends `size` bytes in frames of 32 KiB into `in`, and reads them off `out` (`expected` bytes) at the same time.
/// MB/s.
double carry(int in, int out, std::size_t frames, std::size_t expected) {
    const std::string one = test::frame(1, std::string(32768, 'x'));
    std::vector<char> piece(65536);
    std::size_t sent = 0;
    std::size_t seen = 0;
    const auto begin = Clock::now();
    while (seen < expected) {
        pollfd waiting[] = {{sent < frames * one.size() ? in : -1, POLLOUT, 0}, {out, POLLIN, 0}};
        ::poll(waiting, 2, 10'000);
        if (waiting[0].revents != 0) {
            const std::size_t at = sent % one.size();
            const ssize_t size = ::send(in, one.data() + at, one.size() - at, MSG_DONTWAIT | MSG_NOSIGNAL);
            sent += size > 0 ? static_cast<std::size_t>(size) : 0;
        }
        if (waiting[1].revents != 0) {
            const ssize_t size = ::read(out, piece.data(), piece.size());
            if (size <= 0) {
                break;
            }
            seen += static_cast<std::size_t>(size);
        }
    }
    return static_cast<double>(seen) / 1000 / ms_since(begin);
}

void measure_relay() {
    constexpr std::size_t frames = 4096; // 128 MiB
    test::FdPair direct = test::socket_pair();
    const double bare = carry(direct.first.get(), direct.second.get(), frames, frames * (32768 + 8));
    test::PipedRelay relay{"framed"};
    const double carried = carry(relay.connection.first.get(), relay.out.first.get(), frames, frames * 32768);
    std::printf("socket alone %.0f MB/s, through berth-relay into a pipe %.0f MB/s, ratio %.2f\n", bare, carried,
                bare / carried);
}

} // namespace

int main(int argc, char** argv) {
    const int rounds = argc > 1 ? std::atoi(argv[1]) : 20;
    const char* const engine = argc > 2 ? argv[2] : "podman";
    measure_relay();
    const auto host = test::make_engine_host(engine);
    if (!host->missing().empty()) {
        std::fprintf(stderr, "%s\n", host->missing().c_str());
        return 1;
    }
    Rounds each{*host};
    std::vector<double> bare;
    std::vector<double> attached;
    int failed = 0;
    for (int round = 0; round < rounds; ++round) { // in turn, and each first as often, so that both meet the same load
        for (const bool with_streams : {round % 2 == 0, round % 2 != 0}) {
            (with_streams ? attached : bare).push_back(each.one(with_streams));
        }
        failed += bare.back() < 0 || attached.back() < 0 ? 1 : 0;
    }
    const double without = median(bare);
    const double with = median(attached);
    std::printf("%s: create + start p50 %.1f ms, create + attach + start p50 %.1f ms, ratio %.2f; %d of %d failed\n",
                engine, without, with, with / without, failed, rounds);
    return failed == 0 ? 0 : 1;
}
