#include "engine/networks.hpp"

#include "base/log.hpp"
#include "engine/answers.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace berth::engine {
namespace {

using nlohmann::json;

/// netavark runs dozens of processes to write its rules by iptables(8).
constexpr std::chrono::milliseconds rules_are_slow{60'000};

/// Both engines read these names, in either case (podman's and Docker's API, "networks").
HttpRequest change(const SharedSession& session, const std::string& network, const std::string& container,
                   const std::string& verb) {
    HttpRequest request;
    request.method = "POST";
    request.target = session->dialect->prefix() + "/networks/" + percent_encode(network) + "/" + verb;
    request.body = json{{"container", container}}.dump();
    request.deadline = rules_are_slow;
    return request;
}

Task<void> ask(SharedSession session, HttpRequest request) {
    auto answer = co_await call(session, std::move(request));
    if (!answer) {
        co_return answer.error();
    }
    if (answer->status / 100 != 2) {
        co_return Error{ErrorCode::failed, start_refusal_of(answer->status, answer->body)};
    }
    co_return Result<void>{};
}

Task<std::vector<std::string>> networks_of(SharedSession session, std::string container) {
    HttpRequest request;
    request.method = "GET";
    request.target = session->dialect->prefix() + "/containers/" + percent_encode(container) + "/json";
    request.deadline = ports::Engine::quick;
    auto answer = co_await call(session, std::move(request));
    if (!answer) {
        co_return answer.error();
    }
    if (answer->status != 200) {
        co_return Error{ErrorCode::failed, refusal_of(answer->status, answer->body)};
    }
    co_return read_networks(answer->body);
}

} // namespace

Task<void> leave_networks(SharedSession session, std::string container) {
    auto networks = co_await networks_of(session, container);
    if (!networks) {
        log::info("the container has its network from the start on: " + networks.error().message);
        co_return networks.error();
    }
    for (const std::string& network : *networks) {
        HttpRequest request = change(session, network, container, "disconnect");
        const auto left = co_await ask(session, std::move(request));
        if (!left) {
            log::info("the container has its network " + network + " from the start on: " + left.error().message);
            continue;
        }
        session->left_networks[container].push_back(network);
    }
    co_return Result<void>{};
}

Task<void> join_networks(SharedSession session, std::string container) {
    auto left = session->left_networks.extract(container);
    if (left.empty() && !session->left_networks.empty()) { // it may be known by its name
        auto info = co_await inspect_container(session, container);
        if (!info) {
            co_return info.error();
        }
        left = session->left_networks.extract(info->id);
    }
    if (left.empty()) {
        co_return Result<void>{};
    }
    for (const std::string& network : left.mapped()) {
        HttpRequest request = change(session, network, container, "connect");
        auto joined = co_await ask(session, std::move(request));
        if (!joined) {
            co_return Error{joined.error().code, "network " + network + ": " + joined.error().message};
        }
    }
    co_return Result<void>{};
}

} // namespace berth::engine
