#include "runtime/pump.hpp"

#include "base/log.hpp"
#include "model/json.hpp"
#include "policy/decide.hpp"

#include <boost/asio/post.hpp>

namespace berth::runtime {

Pump::Pump(boost::asio::io_context& io, const ports::Clock& clock, ports::Recorder& recorder, Dispatch dispatch)
    : io_{io}, clock_{clock}, recorder_{recorder}, dispatch_{std::move(dispatch)} {}

void Pump::post(model::Happening what) {
    inbox_.push_back(model::Event{clock_.now(), std::move(what)});
    if (!scheduled_) {
        scheduled_ = true;
        boost::asio::post(io_, [this] { drain(); });
    }
}

void Pump::drain() {
    while (!inbox_.empty()) {
        const model::Event event = std::move(inbox_.front());
        inbox_.pop_front();
        model::Decision decision = policy::decide(std::move(world_), event);
        world_ = std::move(decision.world);
        recorder_.record(event, decision.effects, world_);
        dispatch_(decision.effects, world_);
    }
    scheduled_ = false;
}

} // namespace berth::runtime
