#include "engine/answers.hpp"

#include "engine/json_reader.hpp"

#include <charconv>
#include <functional>

namespace berth::engine {
namespace {

using ports::ContainerInfo;
using ports::ContainerState;
using ports::EngineEvent;
using ports::EngineFacts;
using ports::ImageInfo;

template <class T>
Result<T> read(std::string_view body, const std::function<T(JsonReader&)>& take) {
    const auto json = parse_json(body);
    if (!json) {
        return json.error();
    }
    JsonReader reader{*json};
    T value = take(reader);
    return reader.finish(std::move(value));
}

ContainerState state_of(std::string_view status) {
    if (status == "running" || status == "stopping" || status == "restarting") {
        return ContainerState::running;
    }
    if (status == "created" || status == "configured" || status == "initialized") {
        return ContainerState::created;
    }
    if (status == "paused") {
        return ContainerState::paused;
    }
    if (status == "exited" || status == "stopped" || status == "dead") {
        return ContainerState::exited;
    }
    return ContainerState::unknown;
}

/// Docker puts a slash before a container's name.
std::string bare_name(std::string name) {
    return name.starts_with('/') ? name.substr(1) : name;
}

EngineEvent::Kind kind_of(std::string_view action) {
    if (action == "start") {
        return EngineEvent::Kind::started;
    }
    if (action == "died" || action == "die") {
        return EngineEvent::Kind::died;
    }
    if (action == "remove" || action == "destroy") {
        return EngineEvent::Kind::removed;
    }
    return EngineEvent::Kind::other;
}

int number_in(const std::string& text) {
    int number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

/// The stop signal: a name (Docker, podman 5), or a number (podman 4).
std::string stop_signal(JsonReader& reader, const nlohmann::json& json) {
    const nlohmann::json::json_pointer pointer{"/Config/StopSignal"};
    if (json.contains(pointer) && json.at(pointer).is_number_integer()) {
        return std::to_string(reader.integer("/Config/StopSignal"));
    }
    return reader.string_if_any("/Config/StopSignal");
}

} // namespace

std::string refusal_of(unsigned status, std::string_view body) {
    if (const auto json = parse_json(body); json) {
        JsonReader reader{*json};
        std::string message = json->is_object() ? reader.string_if_any("/message") : std::string{};
        if (!message.empty()) {
            return message;
        }
    }
    constexpr std::size_t longest = 300;
    const std::string text{body.substr(0, longest)};
    return "the container engine answered HTTP status " + std::to_string(status) + (text.empty() ? "" : ": " + text);
}

std::string start_refusal_of(unsigned status, std::string_view body) {
    std::string sentence = refusal_of(status, body);
    const auto says = [&](std::string_view word) { return sentence.find(word) != std::string::npos; };
    if (says("netavark") || says("network") || says("CNI") || says("cni") || says("iptables")) {
        sentence +=
            R"( (the desktop's network is the key "network" of its profile: "berth doctor" says what this host )"
            R"(lacks for one of its own; "host" and "none" need nothing))";
    }
    return sentence;
}

Result<std::string> read_id(std::string_view body) {
    return read<std::string>(body, [](JsonReader& reader) { return reader.string("/Id"); });
}

Result<ContainerInfo> read_container(std::string_view body) {
    return read<ContainerInfo>(body, [](JsonReader& reader) {
        ContainerInfo info;
        info.id = reader.string("/Id");
        info.name = bare_name(reader.string("/Name"));
        info.image = reader.string_if_any("/ImageName");
        if (info.image.empty()) {
            info.image = reader.string_if_any("/Config/Image");
        }
        info.state = state_of(reader.string("/State/Status"));
        const bool lives = info.state == ContainerState::running || info.state == ContainerState::paused;
        const auto pid = static_cast<pid_t>(reader.integer_if_any("/State/Pid"));
        info.init_pid = lives ? pid : 0;
        info.waiting_pid = info.state == ContainerState::created ? pid : 0;
        info.exit_code = static_cast<int>(reader.integer_if_any("/State/ExitCode"));
        info.labels = reader.map_if_any("/Config/Labels");
        return info;
    });
}

Result<std::vector<std::string>> read_networks(std::string_view body) {
    const auto json = parse_json(body);
    if (!json) {
        return json.error();
    }
    const nlohmann::json::json_pointer pointer{"/NetworkSettings/Networks"};
    std::vector<std::string> names;
    if (json->contains(pointer) && json->at(pointer).is_object()) {
        for (const auto& network : json->at(pointer).items()) {
            names.push_back(network.key());
        }
    }
    return names;
}

Result<StreamState> read_stream_state(std::string_view body) {
    return read<StreamState>(body, [](JsonReader& reader) {
        StreamState state;
        state.terminal = reader.boolean_if_any("/Config/Tty");
        state.ended = state_of(reader.string("/State/Status")) == ContainerState::exited;
        return state;
    });
}

Result<std::vector<std::string>> read_container_ids(std::string_view body) {
    using Ids = std::vector<std::string>;
    return read<Ids>(body, [](JsonReader& reader) {
        Ids ids;
        reader.elements("", [&ids](JsonReader& container) { ids.push_back(container.string("/Id")); });
        return ids;
    });
}

Result<ImageInfo> read_image(std::string_view body) {
    const auto json = parse_json(body);
    if (!json) {
        return json.error();
    }
    JsonReader reader{*json};
    ImageInfo info;
    info.id = reader.string("/Id");
    info.names = reader.strings_if_any("/RepoTags");
    info.labels = reader.map_if_any("/Config/Labels");
    info.command = reader.strings_if_any("/Config/Entrypoint");
    for (std::string& word : reader.strings_if_any("/Config/Cmd")) {
        info.command.push_back(std::move(word));
    }
    info.stop_signal = stop_signal(reader, *json);
    return reader.finish(std::move(info));
}

Result<ExecState> read_exec(std::string_view body) {
    return read<ExecState>(body, [](JsonReader& reader) {
        ExecState state;
        state.running = reader.boolean_if_any("/Running");
        state.pid = static_cast<pid_t>(reader.integer_if_any("/Pid"));
        state.exit_code = static_cast<int>(reader.integer_if_any("/ExitCode"));
        return state;
    });
}

Result<int> read_wait(std::string_view body) {
    const auto json = parse_json(body);
    if (!json) {
        return json.error();
    }
    JsonReader reader{*json};
    const int code = static_cast<int>(reader.integer(json->is_object() ? "/StatusCode" : ""));
    return reader.finish(code);
}

Result<std::optional<EngineEvent>> read_event(std::string_view line) {
    using Event = std::optional<EngineEvent>;
    return read<Event>(line, [](JsonReader& reader) -> Event {
        if (reader.string("/Type") != "container") {
            return std::nullopt;
        }
        EngineEvent event;
        event.action = reader.string("/Action");
        event.kind = kind_of(event.action);
        event.container_id = reader.string("/Actor/ID");
        event.container_name = bare_name(reader.string_if_any("/Actor/Attributes/name"));
        if (event.kind == EngineEvent::Kind::died) {
            const std::string docker = reader.string_if_any("/Actor/Attributes/exitCode");
            const std::string podman = reader.string_if_any("/Actor/Attributes/containerExitCode");
            event.exit_code = number_in(podman.empty() ? docker : podman);
        }
        return event;
    });
}

Result<EngineFacts> read_libpod_facts(std::string_view body) {
    return read<EngineFacts>(body, [](JsonReader& reader) {
        EngineFacts facts;
        facts.name = "podman";
        facts.version = reader.string("/version/Version");
        facts.api = reader.string("/version/APIVersion");
        facts.cgroups = reader.string("/host/cgroupVersion");
        facts.runtime = reader.string("/host/ociRuntime/name");
        facts.network = reader.string_if_any("/host/networkBackend");
        return facts;
    });
}

Result<EngineFacts> read_docker_facts(std::string_view body) {
    return read<EngineFacts>(body, [](JsonReader& reader) {
        EngineFacts facts;
        facts.name = "docker";
        facts.version = reader.string("/ServerVersion");
        facts.cgroups = "v" + reader.string("/CgroupVersion");
        facts.runtime = reader.string_if_any("/DefaultRuntime");
        facts.network = "docker";
        return facts;
    });
}

} // namespace berth::engine
