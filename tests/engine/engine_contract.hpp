#pragma once

#include "engine/await.hpp"
#include "engine/engine_hosts.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

namespace berth::test {

using ports::ContainerInfo;
using ports::ContainerSpec;
using ports::ContainerState;
using ports::Engine;
using ports::EngineEvent;
using ports::ExecResult;
using ports::ExecSpec;

/// The engines that are up, by name; the last one goes when the program ends.
inline std::map<std::string, std::unique_ptr<EngineHost>>& hosts() {
    static std::map<std::string, std::unique_ptr<EngineHost>> all;
    return all;
}

class EngineContract : public testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
        auto& host = hosts()[GetParam()];
        if (!host) {
            host = make_engine_host(GetParam());
        }
        host_ = host.get();
        if (!host_->missing().empty()) {
            GTEST_SKIP() << host_->missing();
        }
        const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
        // With the process: podmans of tests that run beside each other share their events.
        name_ = "berth-test-" + std::to_string(::getpid()) + "-" + test.substr(0, test.find('/')).substr(0, 44);
    }

    void TearDown() override {
        if (!name_.empty()) {
            ask<void>([this](Done<void> done) { engine().remove(name_, std::move(done)); });
        }
    }

    Engine& engine() { return host_->engine(); }

    template <class T>
    Result<T> ask(const std::function<void(Done<T>)>& begin) {
        return await<T>(host_->io(), begin);
    }

    ContainerSpec spec(std::vector<std::string> command = {"/bin/sleep", "600"}) {
        ContainerSpec made;
        made.name = name_;
        made.image = host_->image();
        made.command = std::move(command);
        return made;
    }

    Result<std::string> create(const ContainerSpec& wanted) {
        return ask<std::string>([&](Done<std::string> done) { engine().create(wanted, std::move(done)); });
    }

    Result<void> start() {
        return ask<void>([this](Done<void> done) { engine().start(name_, std::move(done)); });
    }

    /// Creates and starts; the container's id.
    std::string run(const ContainerSpec& wanted) {
        auto id = create(wanted);
        EXPECT_TRUE(id) << id.error().message;
        const auto started = start();
        EXPECT_TRUE(started) << started.error().message;
        return id ? *id : "";
    }

    Result<ContainerInfo> inspect() {
        return ask<ContainerInfo>([this](Done<ContainerInfo> done) { engine().inspect(name_, std::move(done)); });
    }

    Result<ExecResult> exec(const ExecSpec& what, Engine::Deadline limit = std::chrono::seconds{20}) {
        return ask<ExecResult>([&](Done<ExecResult> done) { engine().exec(name_, what, limit, std::move(done)); });
    }

    std::string sh(const std::string& script) {
        ExecSpec what;
        what.command = {"/bin/sh", "-c", script};
        const auto result = exec(what);
        return result ? result->output : "failed: " + result.error().message;
    }

    ports::ContainerStreams& streams() { return host_->streams(); }

    EngineHost* host_{nullptr};
    std::string name_;
};

/// What the fake cannot do: it has no file system and runs hardly any command.
class RealEngine : public EngineContract {};

} // namespace berth::test
