#include "bus/calls.hpp"

#include "base/overloaded.hpp"
#include "bus/client_object.hpp"
#include "bus/error_names.hpp"
#include "bus/guard.hpp"
#include "bus/names.hpp"

#include <algorithm>
#include <utility>

namespace berth::bus {

namespace {

constexpr std::size_t most_senders = 256;

sdbus::Error bus_error(const Error& error) {
    return compat::make_error(bus_error_name(error.code), bus_text(error.message));
}

sdbus::Error bus_error(const model::Failure& failure) {
    return compat::make_error(bus_error_name(failure.code), bus_text(failure.message));
}

sdbus::Error bus_error(const model::Refused& refused) {
    return compat::make_error(bus_error_name(refused.refusal), bus_text(refused.message));
}

void answer(const Calls::JobResult& result, const model::Reply& reply) {
    std::visit(
        Overloaded{
            [&](const model::JobId& job) {
                result.returnResults(sdbus::ObjectPath{names::jobs_path + std::to_string(job.value)});
            },
            [&](const model::ClientId& client) { result.returnResults(sdbus::ObjectPath{client_path(client.value)}); },
            [&](const model::Refused& refused) { result.returnError(bus_error(refused)); },
            [&](const model::Failure& failure) { result.returnError(bus_error(failure)); },
            [&](const auto&) {
                result.returnError(bus_error(Error{ErrorCode::failed, "the call was accepted without a job"}));
            },
        },
        reply.answer);
}

void answer(const Calls::PlainResult& result, const model::Reply& reply) {
    if (const auto* refused = std::get_if<model::Refused>(&reply.answer)) {
        result.returnError(bus_error(*refused));
    } else if (const auto* failure = std::get_if<model::Failure>(&reply.answer)) {
        result.returnError(bus_error(*failure));
    } else {
        result.returnResults();
    }
}

void answer(const Calls::ValuesResult& result, const model::Reply& reply) {
    if (const auto* refused = std::get_if<model::Refused>(&reply.answer)) {
        result.returnError(bus_error(*refused));
    } else if (const auto* failure = std::get_if<model::Failure>(&reply.answer)) {
        result.returnError(bus_error(*failure));
    } else {
        const auto* environment = std::get_if<std::map<std::string, std::string>>(&reply.answer);
        result.returnResults(std::map<std::string, sdbus::Variant>{
            {"environment",
             sdbus::Variant{environment == nullptr ? std::map<std::string, std::string>{} : *environment}}});
    }
}

bool keeps_streams(const model::Reply& reply) {
    return std::holds_alternative<model::JobId>(reply.answer);
}

} // namespace

Calls::Calls(BusConnection& bus, Post post)
    : bus_{bus}, post_{std::move(post)}, driver_{compat::make_proxy(bus.raw(), names::driver, names::driver_path)} {}

void Calls::accept(JobResult result, const std::string& sender, const Result<model::Request>& request) {
    request ? post_call(next_token(), std::move(result), sender, *request)
            : result.returnError(bus_error(request.error()));
    bus_.rearm();
}

void Calls::accept(PlainResult result, const std::string& sender, const Result<model::Request>& request) {
    request ? post_call(next_token(), std::move(result), sender, *request)
            : result.returnError(bus_error(request.error()));
    bus_.rearm();
}

void Calls::accept(ValuesResult result, const std::string& sender, const Result<model::Request>& request) {
    request ? post_call(next_token(), std::move(result), sender, *request)
            : result.returnError(bus_error(request.error()));
    bus_.rearm();
}

void Calls::accept_streamed(JobResult result, const std::string& sender, Result<StreamedRequest> request) {
    if (request) {
        const model::CallToken token = next_token();
        if (request->stdio) {
            streams_.emplace(token, std::move(*request->stdio));
        }
        post_call(token, std::move(result), sender, request->request);
    } else {
        result.returnError(bus_error(request.error()));
    }
    bus_.rearm();
}

Result<ports::Stdio> Calls::take(model::CallToken token) {
    const auto found = streams_.find(token);
    if (found == streams_.end()) {
        return Error{ErrorCode::invalid_argument, "the call passed no standard streams"};
    }
    ports::Stdio stdio = std::move(found->second);
    streams_.erase(found);
    return stdio;
}

void Calls::drop(model::CallToken token) {
    streams_.erase(token);
}

void Calls::accept_all(PlainResult result, const std::string& sender, const std::vector<model::Request>& requests) {
    if (requests.empty()) {
        result.returnResults();
        bus_.rearm();
        return;
    }
    const auto group = std::make_shared<Group>(Group{std::move(result), requests.size(), false});
    for (const model::Request& request : requests) {
        post_call(next_token(), group, sender, request);
    }
}

model::CallToken Calls::next_token() {
    return model::CallToken{++last_token_};
}

void Calls::post_call(model::CallToken token, Waiting waiting, const std::string& sender,
                      const model::Request& request) {
    waiting_.emplace(token, std::move(waiting));
    identify(sender, [this, token, request](const model::Caller& caller) {
        post_(model::Called{.token = token, .caller = caller, .request = request});
    });
}

void Calls::identify(const std::string& sender, std::function<void(model::Caller)> known) {
    if (senders_.size() >= most_senders) { // clients come and go; who still is there is asked about once more
        std::erase_if(senders_, [](const auto& each) { return each.second.asked == 0; });
    }
    Sender& asking = senders_[sender];
    if (asking.uid && asking.asked == 0) {
        // Not from inside the call: what comes of it may take the object away that was called.
        bus_.post([here = std::weak_ptr{here_}, known = std::move(known),
                   caller = model::Caller{.bus_name = sender, .uid = *asking.uid}] {
            if (!here.expired()) {
                known(caller);
            }
        });
        return;
    }
    ++asking.asked;
    driver_->callMethodAsync("GetConnectionUnixUser")
        .onInterface(names::driver)
        .withArguments(sender)
        .uponReplyInvoke([this, sender, known = std::move(known)](compat::CallError error, const std::uint32_t& uid) {
            guarded_callback("a caller's uid", [&] {
                model::Caller caller;
                caller.bus_name = sender;
                Sender& asked = senders_[sender];
                asked.asked -= std::min<std::size_t>(asked.asked, 1);
                if (!error) {
                    caller.uid = uid;
                    asked.uid = uid;
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
    if (!keeps_streams(reply)) {
        streams_.erase(reply.token);
    }
    std::visit(Overloaded{
                   [&](const JobResult& result) { answer(result, reply); },
                   [&](const PlainResult& result) { answer(result, reply); },
                   [&](const ValuesResult& result) { answer(result, reply); },
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
