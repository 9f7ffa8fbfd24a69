#include "bus/calls.hpp"

#include "base/overloaded.hpp"
#include "bus/error_names.hpp"
#include "bus/guard.hpp"
#include "bus/names.hpp"

#include <utility>

namespace berth::bus {

namespace {

sdbus::Error bus_error(const Error& error) {
    return compat::make_error(bus_error_name(error.code), error.message);
}

sdbus::Error bus_error(const model::Refused& refused) {
    return compat::make_error(bus_error_name(refused.refusal), refused.message);
}

void answer(const Calls::JobResult& result, const model::Reply& reply) {
    std::visit(Overloaded{
                   [&](const model::JobId& job) {
                       result.returnResults(sdbus::ObjectPath{names::jobs_path + std::to_string(job.value)});
                   },
                   [&](const model::Refused& refused) { result.returnError(bus_error(refused)); },
                   [&](std::monostate) {
                       result.returnError(bus_error(Error{ErrorCode::failed, "the call was accepted without a job"}));
                   },
               },
               reply.answer);
}

void answer(const Calls::PlainResult& result, const model::Reply& reply) {
    if (const auto* refused = std::get_if<model::Refused>(&reply.answer)) {
        result.returnError(bus_error(*refused));
    } else {
        result.returnResults();
    }
}

} // namespace

Calls::Calls(BusConnection& bus, Post post)
    : bus_{bus}, post_{std::move(post)}, driver_{compat::make_proxy(bus.raw(), names::driver, names::driver_path)} {}

void Calls::accept(JobResult result, const std::string& sender, const Result<model::Request>& request) {
    request ? post_call(std::move(result), sender, *request) : result.returnError(bus_error(request.error()));
    bus_.rearm();
}

void Calls::accept(PlainResult result, const std::string& sender, const Result<model::Request>& request) {
    request ? post_call(std::move(result), sender, *request) : result.returnError(bus_error(request.error()));
    bus_.rearm();
}

void Calls::accept_all(PlainResult result, const std::string& sender, const std::vector<model::Request>& requests) {
    if (requests.empty()) {
        result.returnResults();
        bus_.rearm();
        return;
    }
    const auto group = std::make_shared<Group>(Group{std::move(result), requests.size(), false});
    for (const model::Request& request : requests) {
        post_call(group, sender, request);
    }
}

void Calls::post_call(Waiting waiting, const std::string& sender, const model::Request& request) {
    const model::CallToken token{++last_token_};
    waiting_.emplace(token, std::move(waiting));
    identify(sender, [this, token, request](const model::Caller& caller) {
        post_(model::Called{.token = token, .caller = caller, .request = request});
    });
}

void Calls::identify(const std::string& sender, std::function<void(model::Caller)> known) {
    driver_->callMethodAsync("GetConnectionUnixUser")
        .onInterface(names::driver)
        .withArguments(sender)
        .uponReplyInvoke([sender, known = std::move(known)](compat::CallError error, const std::uint32_t& uid) {
            guarded_callback("a caller's uid", [&] {
                model::Caller caller;
                caller.bus_name = sender;
                if (!error) {
                    caller.uid = uid;
                }
                known(caller);
            });
        });
    bus_.rearm();
}

void Calls::reply(const model::Reply& reply) {
    const auto found = waiting_.find(reply.token);
    if (found == waiting_.end()) {
        return;
    }
    const Waiting waiting = std::move(found->second);
    waiting_.erase(found);
    std::visit(Overloaded{
                   [&](const JobResult& result) { answer(result, reply); },
                   [&](const PlainResult& result) { answer(result, reply); },
                   [&](const std::shared_ptr<Group>& group) {
                       const bool refused = std::holds_alternative<model::Refused>(reply.answer);
                       --group->missing;
                       if (!group->answered && (refused || group->missing == 0)) {
                           group->answered = true;
                           answer(group->result, reply);
                       }
                   },
               },
               waiting);
    bus_.rearm();
}

} // namespace berth::bus
