// The pure half of the engine room: what is asked of an engine, and what is made of its answers.

#include "engine/answers.hpp"
#include "engine/dialect.hpp"
#include "engine/streams.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <functional>

namespace berth::engine {
namespace {

using nlohmann::json;
using ports::ContainerState;
using ports::EngineEvent;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::string_literals;

ports::ContainerSpec desktop() {
    ports::ContainerSpec spec;
    spec.name = "berth-seat0";
    spec.image = "localhost/berth/gnome:latest";
    spec.labels = {{"org.berth.seat", "seat0"}};
    spec.environment = {{"K", "V"}};
    spec.mounts = {{"/run/berth/seats/seat0/door", "/run/berth", {"ro", "rslave"}}};
    spec.volumes = {{"berth-seat0-tmp", "/tmp"}};
    spec.devices = {"/dev/tty7"};
    spec.capabilities = {"CAP_SYS_NICE"};
    spec.shareable_ipc = true;
    spec.systemd = true;
    return spec;
}

json body_of(const Dialect& dialect, const ports::ContainerSpec& spec) {
    const auto request = dialect.create(spec);
    return request ? json::parse(request->body) : json{{"error", request.error().message}};
}

TEST(LibpodWords, ADesktopIsSaidAsASpecGenerator) {
    const json body = body_of(LibpodDialect{}, desktop());
    EXPECT_EQ(body["name"], "berth-seat0");
    EXPECT_EQ(body["systemd"], "always");
    EXPECT_EQ(body["stop_signal"], 37);
    EXPECT_EQ(body["netns"], (json{{"nsmode", "none"}}));
    EXPECT_EQ(body["ipcns"], (json{{"nsmode", "shareable"}}));
    EXPECT_EQ(body["mounts"][0]["options"], (json{"rbind", "ro", "rslave"}));
    EXPECT_EQ(body["volumes"][0], (json{{"Name", "berth-seat0-tmp"}, {"Dest", "/tmp"}}));
    EXPECT_EQ(body["devices"][0]["path"], "/dev/tty7");
    EXPECT_EQ(body["cap_drop"], (json{"ALL"}));
    EXPECT_EQ(body["cap_add"], (json{"CAP_SYS_NICE"}));
    EXPECT_EQ(body["env"]["K"], "V");
    EXPECT_FALSE(body.contains("command")) << "the image's own is meant";
    EXPECT_FALSE(body.contains("user"));
    EXPECT_FALSE(body["privileged"].get<bool>());
}

TEST(Words, WithoutCapabilitiesTheEnginesDefaultIsMeant) {
    ports::ContainerSpec spec = desktop();
    spec.capabilities.clear();
    EXPECT_FALSE(body_of(LibpodDialect{}, spec).contains("cap_drop"));
    EXPECT_FALSE(body_of(DockerDialect{}, spec)["HostConfig"].contains("CapDrop"));
}

TEST(LibpodWords, ANamedNetworkIsABridgeOfThatName) {
    ports::ContainerSpec spec = desktop();
    spec.network = "harbour";
    const json body = body_of(LibpodDialect{}, spec);
    EXPECT_EQ(body["netns"]["nsmode"], "bridge");
    EXPECT_TRUE(body["Networks"].contains("harbour"));
    spec.network = "host";
    EXPECT_EQ(body_of(LibpodDialect{}, spec)["netns"]["nsmode"], "host");
}

TEST(DockerWords, ADesktopIsSaidAsAHostConfig) {
    const json body = body_of(DockerDialect{}, desktop());
    const json& host = body["HostConfig"];
    EXPECT_EQ(body["Image"], "localhost/berth/gnome:latest");
    EXPECT_EQ(body["StopSignal"], "SIGRTMIN+3");
    EXPECT_EQ(host["IpcMode"], "shareable");
    EXPECT_EQ(host["NetworkMode"], "none");
    EXPECT_EQ(host["CgroupnsMode"], "private");
    EXPECT_EQ(host["CapDrop"], (json{"ALL"}));
    EXPECT_EQ(host["CapAdd"], (json{"CAP_SYS_NICE"}));
    EXPECT_TRUE(host["Tmpfs"].contains("/run"));
    EXPECT_TRUE(host["Tmpfs"].contains("/run/lock"));
    EXPECT_EQ(host["Mounts"][0]["ReadOnly"], true);
    EXPECT_EQ(host["Mounts"][0]["BindOptions"]["Propagation"], "rslave");
    EXPECT_EQ(host["Mounts"][1]["Type"], "volume");
    EXPECT_EQ(host["Devices"][0]["PathInContainer"], "/dev/tty7");
    EXPECT_THAT(body["Env"].get<std::vector<std::string>>(), ElementsAre("K=V", "container=docker"));
}

TEST(DockerWords, AMountOptionWithoutAWordIsRefused) {
    ports::ContainerSpec spec = desktop();
    spec.mounts[0].options = {"nodev"};
    const auto request = DockerDialect{}.create(spec);
    ASSERT_FALSE(request);
    EXPECT_EQ(request.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(request.error().message, HasSubstr("nodev"));
}

ports::ContainerSpec browser() {
    ports::ContainerSpec spec;
    spec.name = "berth-browser";
    spec.image = "localhost/berth/browser:latest";
    spec.ipc_of = "berth-seat0";
    spec.terminal = true;
    spec.open_stdin = true;
    spec.working_directory = "/home/user";
    spec.added_capabilities = {"CAP_SYS_CHROOT"};
    spec.device_rules = {"c 226:* rw", "b *:7 m"};
    spec.memory_bytes = 2'147'483'648;
    spec.pids = 500;
    spec.cpu_percent = 150;
    spec.init = true;
    return spec;
}

TEST(LibpodWords, AClientIsSaidAsASpecGenerator) {
    const json body = body_of(LibpodDialect{}, browser());
    EXPECT_EQ(body["ipcns"], (json{{"nsmode", "container"}, {"value", "berth-seat0"}}));
    EXPECT_EQ(body["terminal"], true);
    EXPECT_EQ(body["stdin"], true);
    EXPECT_EQ(body["init"], true);
    EXPECT_EQ(body["work_dir"], "/home/user");
    EXPECT_EQ(body["cap_add"], (json{"CAP_SYS_CHROOT"}));
    EXPECT_FALSE(body.contains("cap_drop")) << "the default is kept";
    EXPECT_EQ(body["device_cgroup_rule"][0], (json{{"allow", true}, {"type", "c"}, {"major", 226}, {"access", "rw"}}));
    EXPECT_EQ(body["device_cgroup_rule"][1], (json{{"allow", true}, {"type", "b"}, {"minor", 7}, {"access", "m"}}));
    EXPECT_EQ(body["resource_limits"]["memory"]["limit"], 2'147'483'648);
    EXPECT_EQ(body["resource_limits"]["pids"]["limit"], 500);
    EXPECT_EQ(body["resource_limits"]["cpu"], (json{{"quota", 150'000}, {"period", 100'000}}));
}

TEST(DockerWords, AClientIsSaidAsAHostConfig) {
    const json body = body_of(DockerDialect{}, browser());
    const json& host = body["HostConfig"];
    EXPECT_EQ(host["IpcMode"], "container:berth-seat0");
    EXPECT_EQ(body["Tty"], true);
    EXPECT_EQ(body["OpenStdin"], true);
    EXPECT_EQ(body["StdinOnce"], true);
    EXPECT_EQ(body["WorkingDir"], "/home/user");
    EXPECT_EQ(host["Init"], true);
    EXPECT_EQ(host["CapAdd"], (json{"CAP_SYS_CHROOT"}));
    EXPECT_FALSE(host.contains("CapDrop"));
    EXPECT_EQ(host["DeviceCgroupRules"], (json{"c 226:* rw", "b *:7 m"}));
    EXPECT_EQ(host["Memory"], 2'147'483'648);
    EXPECT_EQ(host["PidsLimit"], 500);
    EXPECT_EQ(host["CpuQuota"], 150'000);
    EXPECT_EQ(host["CpuPeriod"], 100'000);
}

TEST(Words, TheHostsNamespacesAreSaidByEach) {
    ports::ContainerSpec spec = desktop();
    spec.shareable_ipc = false;
    spec.host_namespaces = true;
    const json podman = body_of(LibpodDialect{}, spec);
    for (const char* name : {"pidns", "ipcns", "utsns"}) {
        EXPECT_EQ(podman[name], (json{{"nsmode", "host"}})) << name;
    }
    const json docker = body_of(DockerDialect{}, spec)["HostConfig"];
    for (const char* name : {"PidMode", "IpcMode", "UTSMode"}) {
        EXPECT_EQ(docker[name], "host") << name;
    }
}

TEST(Words, WhatIsNotAskedForIsNotSaid) {
    const json podman = body_of(LibpodDialect{}, desktop());
    for (const char* key :
         {"terminal", "stdin", "init", "work_dir", "pidns", "utsns", "resource_limits", "device_cgroup_rule"}) {
        EXPECT_FALSE(podman.contains(key)) << key;
    }
    const json docker = body_of(DockerDialect{}, desktop());
    for (const char* key : {"Tty", "OpenStdin", "StdinOnce", "WorkingDir"}) {
        EXPECT_FALSE(docker.contains(key)) << key;
    }
    for (const char* key :
         {"Init", "PidMode", "UTSMode", "Memory", "PidsLimit", "CpuQuota", "DeviceCgroupRules", "DeviceRequests"}) {
        EXPECT_FALSE(docker["HostConfig"].contains(key)) << key;
    }
}

TEST(Words, DevicesOfCdiSpecsAreNamedAsEachEngineHasThem) {
    ports::ContainerSpec spec = desktop();
    spec.cdi_devices = {"nvidia.com/gpu=all"};
    EXPECT_EQ(body_of(LibpodDialect{}, spec)["devices"],
              json::parse(R"([{"path":"/dev/tty7"},{"path":"nvidia.com/gpu=all"}])"));
    EXPECT_EQ(body_of(DockerDialect{}, spec)["HostConfig"]["DeviceRequests"],
              json::parse(R"([{"Driver":"cdi","DeviceIDs":["nvidia.com/gpu=all"]}])"));
}

TEST(Words, WhatNoEngineCouldDoIsRefusedBeforeItIsAsked) {
    const std::vector<std::pair<std::string, std::function<void(ports::ContainerSpec&)>>> table{
        {"capabilities", [](auto& spec) { spec.added_capabilities = {"CAP_MKNOD"}; }},
        {"IPC namespace", [](auto& spec) { spec.ipc_of = "other"; }},
        {"IPC namespace", [](auto& spec) { spec.host_namespaces = true; }},
        {"host name",
         [](auto& spec) {
             spec = browser(), spec.ipc_of.clear(), spec.host_namespaces = true, spec.hostname = "ship";
         }},
        {"absolute", [](auto& spec) { spec.working_directory = "tmp"; }},
        {"device rule", [](auto& spec) { spec.device_rules = {"c 226:128"}; }},
    };
    for (const auto& [word, spoil] : table) {
        ports::ContainerSpec spec = desktop();
        spoil(spec);
        for (const Result<HttpRequest>& request : {LibpodDialect{}.create(spec), DockerDialect{}.create(spec)}) {
            ASSERT_FALSE(request) << word;
            EXPECT_EQ(request.error().code, ErrorCode::invalid_argument);
            EXPECT_THAT(request.error().message, HasSubstr(word));
        }
    }
}

TEST(Words, ADeviceRuleIsTakenApart) {
    EXPECT_EQ(*read_device_rule("c 226:* rw"), (DeviceRule{'c', 226, std::nullopt, "rw"}));
    EXPECT_EQ(*read_device_rule("a *:* rwm"), (DeviceRule{'a', std::nullopt, std::nullopt, "rwm"}));
    EXPECT_EQ(*read_device_rule("b 8:0 m"), (DeviceRule{'b', 8, 0, "m"}));
    for (const char* wrong : {"", "c", "c 226", "c 226:", "c 226:*", "c 226:* ", "c 226:* x", "d 1:1 r", "c -1:1 r",
                              "c 1:1x r", "c  1:1 r", "c 99999999999:1 r"}) {
        EXPECT_FALSE(read_device_rule(wrong)) << wrong;
    }
}

TEST(Words, NamesAreEncodedIntoTargets) {
    EXPECT_EQ(percent_encode("a/b c?&=ü~"), "a%2Fb%20c%3F%26%3D%C3%BC~");
    EXPECT_EQ(encode_image_name("localhost:5000/a/b:next?"), "localhost:5000/a/b:next%3F");
    EXPECT_EQ(percent_encode("x\r\nHost: y"), "x%0D%0AHost%3A%20y");
}

TEST(Words, AnImagesNameIsSplitAtItsTag) {
    EXPECT_EQ(split_image_name("localhost/berth/gnome:next"), (ImageName{"localhost/berth/gnome", "next"}));
    EXPECT_EQ(split_image_name("localhost:5000/gnome"), (ImageName{"localhost:5000/gnome", "latest"}));
    EXPECT_EQ(split_image_name("gnome"), (ImageName{"gnome", "latest"}));
}

TEST(Answers, EachEnginesStatesAreTranslated) {
    const auto state = [](const std::string& word) {
        return read_container(R"({"Id":"1","Name":"/a","State":{"Status":")" + word + R"(","Pid":5}})")->state;
    };
    EXPECT_EQ(state("running"), ContainerState::running);
    EXPECT_EQ(state("stopping"), ContainerState::running);
    EXPECT_EQ(state("configured"), ContainerState::created);
    EXPECT_EQ(state("initialized"), ContainerState::created);
    EXPECT_EQ(state("paused"), ContainerState::paused);
    EXPECT_EQ(state("stopped"), ContainerState::exited);
    EXPECT_EQ(state("dead"), ContainerState::exited);
    EXPECT_EQ(state("removing"), ContainerState::unknown);
}

TEST(Answers, AContainerThatHasExitedHasNoInit) {
    const auto info = read_container(R"({"Id":"1","Name":"/a","Config":{"Image":"i","Labels":{"k":"v"}},
                                         "State":{"Status":"exited","Pid":5,"ExitCode":3}})");
    ASSERT_TRUE(info) << info.error().message;
    EXPECT_EQ(info->name, "a");
    EXPECT_EQ(info->image, "i");
    EXPECT_EQ(info->init_pid, 0);
    EXPECT_EQ(info->exit_code, 3);
    EXPECT_EQ(info->labels.at("k"), "v");
}

TEST(Answers, AnImagesEntrypointAndCommandAreOneCommandLine) {
    const auto image = read_image(R"({"Id":"i","RepoTags":["a:1","b:2"],"Config":{"Entrypoint":["/sbin/init"],
                                      "Cmd":["--log-level=info"],"StopSignal":"SIGRTMIN+3","Labels":null}})");
    ASSERT_TRUE(image) << image.error().message;
    EXPECT_THAT(image->names, ElementsAre("a:1", "b:2"));
    EXPECT_THAT(image->command, ElementsAre("/sbin/init", "--log-level=info"));
    EXPECT_EQ(image->stop_signal, "SIGRTMIN+3");
    EXPECT_EQ(read_image(R"({"Id":"i","Config":{"StopSignal":37}})")->stop_signal, "37");
}

TEST(Answers, AWaitIsANumberOrAnObject) {
    EXPECT_EQ(*read_wait("137\n"), 137);
    EXPECT_EQ(*read_wait(R"({"StatusCode":7,"Error":null})"), 7);
    EXPECT_EQ(read_wait("\"7\"").error().code, ErrorCode::engine_unavailable);
    EXPECT_EQ(read_wait("1.5").error().code, ErrorCode::engine_unavailable);
    EXPECT_EQ(read_wait("18446744073709551615").error().code, ErrorCode::engine_unavailable);
}

TEST(Answers, AnEventIsReadInBothEnginesWords) {
    const auto podman = read_event(R"({"Type":"container","Action":"died","Actor":{"ID":"1","Attributes":
                                       {"name":"a","containerExitCode":"9"}}})");
    ASSERT_TRUE(podman && *podman);
    EXPECT_EQ((*podman)->kind, EngineEvent::Kind::died);
    EXPECT_EQ((*podman)->exit_code, 9);
    const auto docker = read_event(R"({"Type":"container","Action":"destroy","Actor":{"ID":"1","Attributes":{}}})");
    ASSERT_TRUE(docker && *docker);
    EXPECT_EQ((*docker)->kind, EngineEvent::Kind::removed);
    const auto other = read_event(R"({"Type":"image","Action":"pull","Actor":{"ID":"1"}})");
    ASSERT_TRUE(other);
    EXPECT_FALSE(other->has_value());
}

TEST(Answers, ASurpriseIsSaidWithItsKindAndPlace) {
    const auto message = [](const std::string& body) { return read_container(body).error().message; };
    EXPECT_EQ(message("[]"), "the container engine answered nothing where a string was expected, at /Id");
    EXPECT_THAT(message(R"({"Id":{}})"), HasSubstr("answered an object where a string was expected, at /Id"));
    EXPECT_THAT(message(R"({"Id":"1","Name":"n","State":{"Status":"running","Pid":"5"}})"),
                HasSubstr("a string where a whole number was expected, at /State/Pid"));
    EXPECT_THAT(message(R"({"Id":"1","Name":"n","State":{"Status":"running"},"Config":{"Labels":{"k":1}}})"),
                HasSubstr("at /Config/Labels/k"));
    EXPECT_THAT(read_container_ids(R"([{"Id":"1"},{"Id":null}])").error().message, HasSubstr("at /1/Id"));
    EXPECT_THAT(read_image(R"({"Id":"1","RepoTags":[7]})").error().message, HasSubstr("at /RepoTags/0"));
}

TEST(Answers, ARefusalIsTheEnginesOwnSentenceOrItsBytes) {
    EXPECT_EQ(refusal_of(500, R"({"message":"no space"})"), "no space");
    EXPECT_EQ(refusal_of(404, "page not found"), "the container engine answered HTTP status 404: page not found");
    EXPECT_EQ(refusal_of(500, R"({"message":5})"), R"(the container engine answered HTTP status 500: {"message":5})");
    EXPECT_EQ(refusal_of(500, ""), "the container engine answered HTTP status 500");
}

TEST(Answers, ARefusedNetworkNamesTheProfilesKey) {
    for (const char* words :
         {"netavark: No such file or directory (os error 2)",
          "unable to find network with name or ID harbour: network not found",
          "plugin type=\\\"bridge\\\" failed (add): CNI network", "iptables: Chain already exists."}) {
        const std::string told = start_refusal_of(500, std::string{R"({"message":")"} + words + "\"}");
        EXPECT_THAT(told, HasSubstr(R"(the key "network" of its profile)")) << words;
    }
    EXPECT_EQ(start_refusal_of(500, R"({"message":"no space"})"), "no space");
}

TEST(Answers, FactsAreReadInBothEnginesWords) {
    const auto podman = read_libpod_facts(R"({"host":{"cgroupVersion":"v2","networkBackend":"netavark",
        "ociRuntime":{"name":"crun"}},"version":{"Version":"5.4.2","APIVersion":"5.4.2"}})");
    ASSERT_TRUE(podman) << podman.error().message;
    EXPECT_EQ(podman->version, "5.4.2");
    EXPECT_EQ(podman->runtime, "crun");
    const auto docker =
        DockerDialect{}.facts(R"({"ServerVersion":"20.10","CgroupVersion":"1","DefaultRuntime":"runc"})");
    ASSERT_TRUE(docker) << docker.error().message;
    EXPECT_EQ(docker->cgroups, "v1");
    EXPECT_EQ(docker->api, "1.41");
    EXPECT_FALSE(read_libpod_facts("{}"));
}

TEST(Streams, LinesAreCutHoweverTheyArrive) {
    const std::string all = "{\"a\":1}\n\n{\"b\":2}\r\n{\"c\"";
    for (std::size_t step = 1; step <= all.size(); ++step) {
        LineSplitter splitter;
        std::vector<std::string> lines;
        for (std::size_t at = 0; at < all.size(); at += step) {
            ASSERT_TRUE(splitter.feed(std::string_view{all}.substr(at, step),
                                      [&lines](std::string_view line) { lines.emplace_back(line); }));
        }
        EXPECT_THAT(lines, ElementsAre("{\"a\":1}", "{\"b\":2}\r")) << "in steps of " << step;
    }
}

TEST(Streams, ALineThatNeverEndsIsGivenUp) {
    LineSplitter splitter{10};
    const auto ignore = [](std::string_view) {};
    EXPECT_TRUE(splitter.feed("1234567890", ignore));
    EXPECT_FALSE(splitter.feed("1", ignore));
}

TEST(Streams, FramesArePutTogetherHoweverTheyArrive) {
    const std::string all = "\x01\0\0\0\0\0\0\x04out\n"s + "\x02\0\0\0\0\0\0\0"s + "\x02\0\0\0\0\0\0\x04"s + "err\n";
    for (std::size_t step = 1; step <= all.size(); ++step) {
        ExecStream stream;
        for (std::size_t at = 0; at < all.size(); at += step) {
            ASSERT_TRUE(stream.feed(std::string_view{all}.substr(at, step)));
        }
        EXPECT_TRUE(stream.complete());
        EXPECT_EQ(stream.output(), "out\nerr\n") << "in steps of " << step;
    }
}

TEST(Streams, ABrokenFrameIsNoticedAndAHalfOneIsNotComplete) {
    EXPECT_FALSE(ExecStream{}.feed("\x03\0\0\0\0\0\0\x01x"s));
    EXPECT_FALSE(ExecStream{}.feed("\x01\x01\0\0\0\0\0\x01x"s));
    ExecStream half;
    EXPECT_TRUE(half.feed("\x01\0\0\0\0\0\0\x05he"s));
    EXPECT_FALSE(half.complete());
    EXPECT_EQ(half.output(), "he");
}

TEST(Streams, OutputBeyondTheCapIsDropped) {
    ExecStream stream{3};
    EXPECT_TRUE(stream.feed("\x01\0\0\0\0\0\0\x05hello"s));
    EXPECT_TRUE(stream.complete());
    EXPECT_EQ(stream.output(), "hel");
}

} // namespace
} // namespace berth::engine
