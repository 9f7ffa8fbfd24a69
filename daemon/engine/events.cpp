#include "engine/events.hpp"

#include "base/log.hpp"
#include "engine/answers.hpp"
#include "engine/streams.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <optional>

namespace berth::engine {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using WallClock = std::chrono::system_clock;

constexpr milliseconds first_pause{100};
constexpr milliseconds longest_pause{5'000};

/// "seconds.nanoseconds" since 1970, as both engines take in `since`.
std::string timestamp(WallClock::time_point time) {
    const auto since_1970 = std::chrono::duration_cast<nanoseconds>(time.time_since_epoch()).count();
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%lld.%09lld", static_cast<long long>(since_1970 / 1'000'000'000),
                  static_cast<long long>(since_1970 % 1'000'000'000));
    return text.data();
}

} // namespace

struct EventStream::State {
    State(std::shared_ptr<Session> shared, Sink given)
        : session{std::move(shared)}, sink{std::move(given)}, http{session->io}, timer{session->io} {}

    std::shared_ptr<Session> session;
    Sink sink;
    HttpClient http; ///< of its own, so that the stream can be ended without the operations under way
    asio::steady_timer timer;
    WallClock::time_point since{WallClock::now()};
    std::optional<WallClock::time_point> lost_at;
    milliseconds pause{first_pause};
    bool closed{false};
    LineSplitter lines;

    void deliver(ports::EngineEvent event) {
        if (!closed) {
            // The sink may end this subscription, and with it itself.
            const Sink copy = sink;
            copy(std::move(event));
        }
    }

    /// False when the bytes are not events: the stream is then opened anew.
    bool take(std::string_view bytes) {
        bool sound = true;
        const bool whole = lines.feed(bytes, [this, &sound](std::string_view line) {
            auto event = read_event(line);
            sound = sound && event;
            if (event && *event) {
                deliver(std::move(**event));
            }
        });
        // What was heard proves that the engine lives; the next failure is a fresh one.
        pause = first_pause;
        since = WallClock::now();
        return whole && sound && !closed;
    }

    HttpRequest request() const {
        HttpRequest made;
        made.method = "GET";
        made.target = session->dialect->prefix() + "/events?stream=true&since=" + timestamp(since) +
                      "&filters=" + percent_encode(R"({"type":["container"]})");
        made.endless = true;
        return made;
    }

    asio::awaitable<void> follow() {
        lines = LineSplitter{};
        auto socket = co_await session->sockets->socket();
        if (!socket || closed) {
            co_return;
        }
        HttpClient::Sink bytes = [this](std::string_view piece) { return take(piece); };
        auto ended = co_await http.stream(*socket, request(), std::move(bytes));
        if (ended && ended->status != 200) {
            log::warning("the container engine refuses its events: " + refusal_of(ended->status, ended->body));
        }
    }

    static asio::awaitable<void> run(std::shared_ptr<State> self) {
        while (!self->closed) {
            const auto began = WallClock::now();
            co_await self->follow();
            if (self->closed) {
                break;
            }
            if (WallClock::now() - began > longest_pause) {
                self->pause = first_pause;
            }
            ports::EngineEvent lost;
            lost.kind = ports::EngineEvent::Kind::lost;
            self->deliver(std::move(lost));
            if (self->closed) {
                break;
            }
            self->timer.expires_after(self->pause);
            self->pause = std::min(self->pause * 2, longest_pause);
            co_await self->timer.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }
};

EventStream::EventStream(std::shared_ptr<Session> session, Sink sink)
    : state_{std::make_shared<State>(std::move(session), std::move(sink))} {
    asio::co_spawn(state_->session->io, State::run(state_), asio::detached);
}

EventStream::~EventStream() {
    state_->closed = true;
    state_->timer.cancel();
    state_->http.close();
}

} // namespace berth::engine
