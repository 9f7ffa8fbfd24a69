#include "engine/operations.hpp"

#include "engine/answers.hpp"
#include "engine/json_reader.hpp"
#include "engine/networks.hpp"
#include "engine/root_view.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <unistd.h>

namespace berth::engine {
namespace {

using std::chrono::milliseconds;

/// Making, starting and removing mount layers and run the OCI runtime: slower than a look-up.
constexpr milliseconds slow{60'000};
/// A commit writes a whole layer.
constexpr milliseconds very_slow{600'000};

HttpRequest make(std::string method, std::string target, milliseconds deadline = ports::Engine::quick) {
    HttpRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.deadline = deadline;
    return request;
}

std::string container_path(const SharedSession& session, const std::string& container) {
    return session->dialect->prefix() + "/containers/" + percent_encode(container);
}

std::string image_path(const SharedSession& session, const std::string& image) {
    return session->dialect->prefix() + "/images/" + encode_image_name(image);
}

Error refused(const HttpAnswer& answer) {
    return Error{ErrorCode::failed, refusal_of(answer.status, answer.body)};
}

bool is_success(unsigned status) {
    return status / 100 == 2;
}

/// podman says "image not known" with status 500, Docker "No such image" with 404.
bool names_missing_image(const HttpAnswer& answer) {
    std::string text = answer.body;
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text.find("image not known") != std::string::npos || text.find("no such image") != std::string::npos;
}

Error missing_image(const std::string& name) {
    return Error{ErrorCode::image_not_found, "the container engine has no image \"" + name + "\""};
}

/// A request whose answer says nothing but yes or no; `also` is a status that means yes here.
Task<void> command(SharedSession session, HttpRequest request, unsigned also = 200, unsigned also_too = 200) {
    auto answer = co_await call(session, std::move(request));
    if (!answer) {
        co_return answer.error();
    }
    if (is_success(answer->status) || answer->status == also || answer->status == also_too) {
        co_return Result<void>{};
    }
    co_return refused(*answer);
}

} // namespace

Task<HttpAnswer> call(SharedSession session, HttpRequest request) {
    auto socket = co_await session->sockets->socket();
    if (!socket) {
        co_return socket.error();
    }
    bool connected = false;
    auto answer = co_await session->http.request(*socket, request, &connected);
    if (answer || connected || answer.error().code != ErrorCode::engine_unavailable) {
        co_return answer;
    }
    // Whoever served that socket has gone, and has seen nothing of the request: there may be another, or we start one.
    session->sockets->doubt();
    auto other = co_await session->sockets->socket();
    if (!other) {
        co_return other.error();
    }
    auto second = co_await session->http.request(*other, std::move(request), &connected);
    co_return second;
}

Task<ports::EngineFacts> probe(SharedSession session) {
    HttpRequest request = make("GET", session->dialect->prefix() + "/info");
    auto answer = co_await call(session, std::move(request));
    if (!answer) {
        co_return answer.error();
    }
    if (answer->status != 200) {
        co_return Error{ErrorCode::engine_unavailable, refusal_of(answer->status, answer->body)};
    }
    auto facts = session->dialect->facts(answer->body);
    if (facts) {
        session->sockets->complete(*facts);
    }
    co_return facts;
}

Task<std::string> create_container(SharedSession session, ports::ContainerSpec spec) {
    // podman's compatible API would make a folder there, on the host.
    for (const ports::BindMount& mount : spec.mounts) {
        if (::access(mount.source.c_str(), F_OK) != 0) {
            co_return Error{ErrorCode::failed, "there is no " + mount.source + " to be mounted on " + mount.target};
        }
    }
    auto request = session->dialect->create(spec);
    if (!request) {
        co_return request.error();
    }
    request->deadline = slow;
    auto answer = co_await call(session, *request);
    if (!answer) {
        co_return answer.error();
    }
    if (answer->status == 201) {
        auto id = read_id(answer->body);
        if (id && spec.network_later && session->dialect->initializes()) {
            co_await leave_networks(session, *id);
        }
        co_return id;
    }
    if (names_missing_image(*answer)) {
        co_return missing_image(spec.image);
    }
    co_return Error{ErrorCode::failed, start_refusal_of(answer->status, answer->body)};
}

Task<void> initialize_container(SharedSession session, std::string container) {
    if (!session->dialect->initializes()) {
        co_return Result<void>{};
    }
    auto answer = co_await call(session, make("POST", container_path(session, container) + "/init", slow));
    if (!answer) {
        co_return answer.error();
    }
    if (is_success(answer->status) || answer->status == 304) {
        co_return Result<void>{};
    }
    co_return Error{ErrorCode::failed, start_refusal_of(answer->status, answer->body)};
}

Task<void> start_container(SharedSession session, std::string container) {
    auto answer = co_await call(session, make("POST", container_path(session, container) + "/start", slow));
    if (!answer) {
        co_return answer.error();
    }
    if (is_success(answer->status) || answer->status == 304) {
        co_return Result<void>{};
    }
    co_return Error{ErrorCode::failed, start_refusal_of(answer->status, answer->body)};
}

Task<void> stop_container(SharedSession session, std::string container, std::chrono::seconds grace) {
    const std::string query = session->dialect->stop_query(grace);
    HttpRequest request = make("POST", container_path(session, container) + "/stop?" + query, grace + slow);
    auto done = co_await command(session, std::move(request), 304, 404);
    co_return done;
}

Task<void> kill_container(SharedSession session, std::string container, int signal) {
    HttpRequest request = make("POST", container_path(session, container) + "/kill?signal=" + std::to_string(signal));
    auto done = co_await command(session, std::move(request));
    co_return done;
}

Task<int> wait_container(SharedSession session, std::string container, ports::Engine::Deadline limit) {
    HttpRequest request =
        make("POST", container_path(session, container) + "/wait?" + session->dialect->wait_query(), limit);
    auto answer = co_await call(session, std::move(request));
    if (!answer) {
        co_return answer.error();
    }
    if (answer->status != 200) {
        co_return refused(*answer);
    }
    co_return read_wait(answer->body);
}

Task<ports::ContainerInfo> inspect_container(SharedSession session, std::string container) {
    HttpRequest request = make("GET", container_path(session, container) + "/json");
    auto answer = co_await call(session, std::move(request));
    if (!answer) {
        co_return answer.error();
    }
    if (answer->status != 200) {
        co_return refused(*answer);
    }
    co_return read_container(answer->body);
}

Task<std::vector<ports::ContainerInfo>> list_containers(SharedSession session,
                                                        std::map<std::string, std::string> labels) {
    nlohmann::json filters{{"label", nlohmann::json::array()}};
    for (const auto& [key, value] : labels) {
        filters["label"].push_back(key + "=" + value);
    }
    const std::string text = filters.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    HttpRequest request =
        make("GET", session->dialect->prefix() + "/containers/json?all=true&filters=" + percent_encode(text));
    auto answer = co_await call(session, std::move(request));
    if (!answer) {
        co_return answer.error();
    }
    if (answer->status != 200) {
        co_return refused(*answer);
    }
    const auto ids = read_container_ids(answer->body);
    if (!ids) {
        co_return ids.error();
    }
    std::vector<ports::ContainerInfo> containers;
    for (const std::string& id : *ids) {
        auto info = co_await inspect_container(session, id);
        if (info) {
            containers.push_back(std::move(*info));
        } else if (info.error().code != ErrorCode::failed) { // it may have gone since the list was made
            co_return info.error();
        }
    }
    co_return containers;
}

Task<void> freeze_container(SharedSession session, std::string container, std::string verb) {
    HttpRequest request = make("POST", container_path(session, container) + "/" + verb);
    auto done = co_await command(session, std::move(request));
    co_return done;
}

Task<void> remove_container(SharedSession session, std::string container) {
    session->left_networks.erase(container);
    // podman's compatible API grants a container its whole stop time on a forced removal: SIGKILL goes first.
    HttpRequest kill = make("POST", container_path(session, container) + "/kill?signal=" + std::to_string(SIGKILL));
    auto killed = co_await call(session, std::move(kill));
    if (!killed) {
        co_return killed.error();
    }
    HttpRequest request =
        make("DELETE", container_path(session, container) + "?" + session->dialect->remove_query(), slow);
    auto done = co_await command(session, std::move(request), 404);
    co_return done;
}

Task<std::string> commit_container(SharedSession session, std::string container, std::string image) {
    const ImageName name = split_image_name(image);
    HttpRequest request = make("POST",
                               session->dialect->prefix() + "/commit?container=" + percent_encode(container) +
                                   "&repo=" + percent_encode(name.repository) + "&tag=" + percent_encode(name.tag),
                               very_slow);
    request.body = "{}";
    auto answer = co_await call(session, std::move(request));
    if (!answer) {
        co_return answer.error();
    }
    if (!is_success(answer->status)) {
        co_return refused(*answer);
    }
    co_return read_id(answer->body);
}

Task<bool> path_exists(SharedSession session, std::string container, std::string path) {
    auto waiting = co_await inspect_container(session, container);
    if (waiting && waiting->waiting_pid != 0) {
        // Its process has its root already, and no engine need mount that once more to look into it.
        if (const auto seen = is_in_root_of(waiting->waiting_pid, path)) {
            co_return *seen;
        }
    }
    HttpRequest request =
        make("HEAD", container_path(session, container) + "/archive?path=" + percent_encode(path), slow);
    auto answer = co_await call(session, std::move(request));
    if (!answer) {
        co_return answer.error();
    }
    if (is_success(answer->status)) {
        co_return true;
    }
    if (answer->status != 404) {
        co_return refused(*answer);
    }
    // The answer to HEAD has no sentence that says whether it is the path or the container that is not there.
    auto info = co_await inspect_container(session, container);
    if (!info) {
        co_return info.error();
    }
    co_return false;
}

Task<ports::ImageInfo> inspect_image(SharedSession session, std::string name) {
    HttpRequest request = make("GET", image_path(session, name) + "/json");
    auto answer = co_await call(session, std::move(request));
    if (!answer) {
        co_return answer.error();
    }
    if (answer->status == 404 || names_missing_image(*answer)) {
        co_return missing_image(name);
    }
    if (answer->status != 200) {
        co_return refused(*answer);
    }
    co_return read_image(answer->body);
}

Task<void> tag_image(SharedSession session, std::string name, std::string new_name) {
    const ImageName target = split_image_name(new_name);
    HttpRequest request = make("POST", image_path(session, name) + "/tag?repo=" + percent_encode(target.repository) +
                                           "&tag=" + percent_encode(target.tag));
    auto answer = co_await call(session, std::move(request));
    if (!answer) {
        co_return answer.error();
    }
    if (answer->status == 404 || names_missing_image(*answer)) {
        co_return missing_image(name);
    }
    if (!is_success(answer->status)) {
        co_return refused(*answer);
    }
    co_return Result<void>{};
}

Task<void> remove_image(SharedSession session, std::string name) {
    HttpRequest request = make("DELETE", image_path(session, name), slow);
    auto done = co_await command(session, std::move(request), 404);
    co_return done;
}

Task<void> create_volume(SharedSession session, std::string name) {
    const nlohmann::json body{{"Name", name}};
    HttpRequest request = make("POST", session->dialect->prefix() + "/volumes/create");
    request.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    auto answer = co_await call(session, std::move(request));
    if (!answer) {
        co_return answer.error();
    }
    // libpod refuses a name that is taken, with status 500; Docker takes it as done.
    if (!is_success(answer->status) && answer->body.find("already exists") == std::string::npos) {
        co_return refused(*answer);
    }
    co_return Result<void>{};
}

Task<std::string> volume_path(SharedSession session, std::string name) {
    const bool libpod = session->dialect->prefix().ends_with("/libpod");
    HttpRequest request =
        make("GET", session->dialect->prefix() + "/volumes/" + percent_encode(name) + (libpod ? "/json" : ""));
    auto answer = co_await call(session, std::move(request));
    if (!answer) {
        co_return answer.error();
    }
    if (!is_success(answer->status)) {
        co_return refused(*answer);
    }
    const auto parsed = parse_json(answer->body);
    if (!parsed) {
        co_return parsed.error();
    }
    JsonReader reader{*parsed};
    std::string path = reader.string("/Mountpoint");
    co_return reader.finish(std::move(path));
}

Task<void> remove_volume(SharedSession session, std::string name) {
    HttpRequest request = make("DELETE", session->dialect->prefix() + "/volumes/" + percent_encode(name), slow);
    auto done = co_await command(session, std::move(request), 404);
    co_return done;
}

} // namespace berth::engine
