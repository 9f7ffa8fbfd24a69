// An engine that is silent, slow, cut off, garbled or gone: each ends with a named error within its time limit.

#include "engine/await.hpp"
#include "engine/docker_engine.hpp"
#include "engine/http_client.hpp"
#include "engine/scripted_server.hpp"
#include "support/scratch_folder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <sstream>

namespace berth::test {
namespace {

using namespace std::chrono_literals;
using engine::HttpAnswer;
using engine::HttpClient;
using engine::HttpRequest;
using ports::EngineEvent;
using testing::HasSubstr;

class BrokenEngine : public testing::Test {
  protected:
    Result<HttpAnswer> get(std::chrono::milliseconds deadline = 5s, std::size_t cap = 8U * 1024U * 1024U) {
        HttpRequest request;
        request.method = "GET";
        request.target = "/v1.41/info";
        request.deadline = deadline;
        request.body_cap = cap;
        return await<HttpAnswer>(io, [&](const Done<HttpAnswer>& done) {
            boost::asio::co_spawn(io, client.request(server.path(), request, &connected),
                                  [done](std::exception_ptr, Result<HttpAnswer> answer) { done(std::move(answer)); });
        });
    }

    Result<ports::ContainerInfo> inspect() {
        return await<ports::ContainerInfo>(
            io, [this](Done<ports::ContainerInfo> done) { engine.inspect("desktop", std::move(done)); });
    }

    Result<ports::ExecResult> exec(std::chrono::milliseconds limit = 5s) {
        ports::ExecSpec spec;
        spec.command = {"true"};
        return await<ports::ExecResult>(
            io, [&](Done<ports::ExecResult> done) { engine.exec("desktop", spec, limit, std::move(done)); });
    }

    /// Bytes, and then the end of the connection.
    void says(const std::string& bytes) {
        ScriptedAnswer answer;
        answer.bytes = bytes;
        server.next(answer);
    }

    ScratchFolder folder;
    boost::asio::io_context io;
    ScriptedServer server{io, folder.path() + "/engine.sock"};
    HttpClient client{io};
    engine::DockerEngine engine{io, server.path()};
    bool connected{false};
};

TEST_F(BrokenEngine, AWholeAnswerIsRead) {
    server.next(http_answer(200, "{}"));
    const auto answer = get();
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200U);
    EXPECT_EQ(answer->body, "{}");
    EXPECT_TRUE(connected);
    EXPECT_THAT(server.requests().at(0), testing::StartsWith("GET /v1.41/info HTTP/1.1\r\n"));
}

TEST_F(BrokenEngine, ASocketThatIsNotThereIsEngineUnavailableAndNothingWasSent) {
    engine::DockerEngine nobody{io, folder.path() + "/nobody.sock"};
    const auto facts = await<ports::EngineFacts>(io, [&](Done<ports::EngineFacts> done) { nobody.probe(done); });
    ASSERT_FALSE(facts);
    EXPECT_EQ(facts.error().code, ErrorCode::engine_unavailable);
    EXPECT_THAT(facts.error().message, HasSubstr(folder.path() + "/nobody.sock"));
}

TEST_F(BrokenEngine, ASocketPathThatIsTooLongIsSaidSo) {
    engine::DockerEngine nobody{io, "/" + std::string(200, 'x')};
    const auto facts = await<ports::EngineFacts>(io, [&](Done<ports::EngineFacts> done) { nobody.probe(done); });
    ASSERT_FALSE(facts);
    EXPECT_EQ(facts.error().code, ErrorCode::invalid_argument);
}

TEST_F(BrokenEngine, SilenceEndsAtTheTimeLimit) {
    ScriptedAnswer silence;
    silence.hold = true;
    server.next(silence);
    const auto answer = get(100ms);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::timed_out);
}

TEST_F(BrokenEngine, ABodyThatDripsDoesNotOutliveTheTimeLimit) {
    ScriptedAnswer drip = http_answer(200, std::string(10'000, ' '));
    drip.drip = 5ms;
    server.next(drip);
    const auto began = std::chrono::steady_clock::now();
    const auto answer = get(200ms);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::timed_out);
    EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
}

TEST_F(BrokenEngine, HalfABodyThatStopsEndsAtTheTimeLimit) {
    ScriptedAnswer half;
    half.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{";
    half.hold = true;
    server.next(half);
    const auto answer = get(100ms);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::timed_out);
}

struct Cut {
    const char* name;
    const char* bytes;
};

class CutAnswer : public BrokenEngine, public testing::WithParamInterface<Cut> {};

TEST_P(CutAnswer, IsEngineUnavailable) {
    says(GetParam().bytes);
    const auto answer = get();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::engine_unavailable) << answer.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Cuts, CutAnswer,
    testing::Values(Cut{"Nothing", ""}, Cut{"HalfAStatusLine", "HTTP/1."},
                    Cut{"HalfAHeader", "HTTP/1.1 200 OK\r\nContent-Le"},
                    Cut{"HalfABody", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"Id\""},
                    Cut{"HalfAChunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nabc"},
                    Cut{"NoLastChunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"},
                    Cut{"NotHttp", "SSH-2.0-OpenSSH_9.2\r\n\r\n"},
                    Cut{"BadLength", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"},
                    Cut{"BadChunkSize", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc"},
                    Cut{"NegativeLength", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"}),
    [](const auto& parameter) { return std::string{parameter.param.name}; });

TEST_F(BrokenEngine, AHeaderWithoutEndIsCutOff) {
    says("HTTP/1.1 200 OK\r\n" + std::string(200'000, 'x'));
    const auto answer = get();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::engine_unavailable);
}

TEST_F(BrokenEngine, AnAnswerOf100MiBIsRefusedByItsLength) {
    says("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n{");
    const auto answer = get();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::engine_unavailable);
    EXPECT_THAT(answer.error().message, HasSubstr("longer than 8388608 bytes"));
}

TEST_F(BrokenEngine, AnAnswerOf100MiBThatDoesNotSayItsLengthIsCutOff) {
    ScriptedAnswer flood;
    flood.bytes = "HTTP/1.1 200 OK\r\n\r\n" + std::string(1024 * 1024, '[');
    flood.times = 100;
    server.next(flood);
    const auto answer = get(20s);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::engine_unavailable);
}

TEST_F(BrokenEngine, AChunkedAnswerIsPutTogether) {
    says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{\"\r\n5;x=y\r\nId\":1\r\n1\r\n}\r\n0\r\n\r\n");
    const auto answer = get();
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "{\"Id\":1}");
}

TEST_F(BrokenEngine, WhatComesAfterTheLengthIsNotRead) {
    says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}garbage");
    const auto answer = get();
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "{}");
}

TEST_F(BrokenEngine, ClosingTheClientEndsWhatIsUnderWayAsCancelled) {
    ScriptedAnswer silence;
    silence.hold = true;
    server.next(silence);
    std::optional<Result<HttpAnswer>> ended;
    HttpRequest request;
    request.method = "GET";
    request.target = "/";
    request.deadline = 0ms;
    boost::asio::co_spawn(io, client.request(server.path(), request, &connected),
                          [&ended](std::exception_ptr, Result<HttpAnswer> answer) { ended = std::move(answer); });
    ASSERT_TRUE(turn_until(io, [this] { return server.requests().size() == 1; }));
    client.close();
    ASSERT_TRUE(turn_until(io, [&ended] { return ended.has_value(); }));
    EXPECT_EQ(ended->error().code, ErrorCode::cancelled);
    EXPECT_EQ(get().error().code, ErrorCode::cancelled) << "and nothing new begins";
}

TEST_F(BrokenEngine, DestroyingTheEngineAnswersWhatIsUnderWay) {
    ScriptedAnswer silence;
    silence.hold = true;
    server.next(silence);
    auto short_lived = std::make_unique<engine::DockerEngine>(io, server.path());
    std::optional<Result<int>> ended;
    short_lived->wait("desktop", 0ms, [&ended](Result<int> code) { ended = std::move(code); });
    ASSERT_TRUE(turn_until(io, [this] { return server.requests().size() == 1; }));
    short_lived.reset();
    EXPECT_FALSE(ended) << "the completion came from inside the destructor";
    ASSERT_TRUE(turn_until(io, [&ended] { return ended.has_value(); }));
    EXPECT_EQ(ended->error().code, ErrorCode::cancelled);
}

TEST_F(BrokenEngine, WhatIsNotJsonIsEngineUnavailable) {
    server.next(http_answer(200, "<html>"));
    const auto info = inspect();
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, ErrorCode::engine_unavailable);
    EXPECT_THAT(info.error().message, HasSubstr("not JSON"));
}

TEST_F(BrokenEngine, AWrongTypeIsEngineUnavailableAndSaysWhere) {
    server.next(http_answer(200, R"({"Id":"1","Name":"/desktop","State":{"Status":5}})"));
    const auto info = inspect();
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, ErrorCode::engine_unavailable);
    EXPECT_EQ(info.error().message,
              "the container engine answered a number where a string was expected, at /State/Status");
}

TEST_F(BrokenEngine, ARefusalIsFailedWithTheEnginesOwnSentence) {
    server.next(http_answer(500, R"({"message":"the disk is full"})"));
    const auto info = inspect();
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error(), (Error{ErrorCode::failed, "the disk is full"}));
}

TEST_F(BrokenEngine, ACommandsStreamThatBreaksOffIsNotTakenForItsEnd) {
    server.next(http_answer(201, R"({"Id":"e1"})"));
    using namespace std::string_literals;
    says("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n\x01\0\0\0\0\0\0\x05he"s);
    const auto result = exec();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::engine_unavailable) << result.error().message;
}

TEST_F(BrokenEngine, ACommandsStreamThatIsNotMultiplexedIsEngineUnavailable) {
    server.next(http_answer(201, R"({"Id":"e1"})"));
    says("HTTP/1.1 200 OK\r\n\r\nplain text, no frames");
    const auto result = exec();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::engine_unavailable);
}

TEST_F(BrokenEngine, ACommandWhoseStreamNeverEndsIsTimedOut) {
    server.next(http_answer(201, R"({"Id":"e1"})"));
    ScriptedAnswer open;
    open.bytes = "HTTP/1.1 200 OK\r\n\r\n";
    open.hold = true;
    server.next(open);
    server.next(http_answer(200, R"({"Running":false,"ExitCode":0,"Pid":0})")); // it has ended meanwhile: no signal
    const auto result = exec(200ms);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::timed_out);
}

constexpr const char* event_head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string event_chunk(const std::string& action) {
    const std::string line = R"({"Type":"container","Action":")" + action +
                             R"(","Actor":{"ID":"c1","Attributes":{"name":"desktop","exitCode":"9"}}})"
                             "\n";
    std::ostringstream chunk;
    chunk << std::hex << line.size() << "\r\n" << line << "\r\n";
    return chunk.str();
}

TEST_F(BrokenEngine, AStreamOfEventsThatDiesIsLostAndOpenedAgain) {
    std::vector<EngineEvent> seen;
    says(event_head + event_chunk("start"));
    ScriptedAnswer second;
    second.bytes = event_head + event_chunk("die");
    second.hold = true;
    server.next(second);
    engine.watch_events([&seen](EngineEvent event) { seen.push_back(std::move(event)); });
    ASSERT_TRUE(turn_until(
        io, [&seen] { return seen.size() == 3; }, 10s))
        << seen.size();
    EXPECT_EQ(seen[0].kind, EngineEvent::Kind::started);
    EXPECT_EQ(seen[1].kind, EngineEvent::Kind::lost);
    EXPECT_EQ(seen[2].kind, EngineEvent::Kind::died);
    EXPECT_EQ(seen[2].exit_code, 9);
    EXPECT_EQ(seen[2].container_name, "desktop");
    EXPECT_THAT(server.requests().at(1), HasSubstr("since="));
}

TEST_F(BrokenEngine, AStreamOfEventsThatTurnsToGarbageIsLostAndOpenedAgain) {
    std::vector<EngineEvent::Kind> seen;
    ScriptedAnswer garbage;
    garbage.bytes = std::string{event_head} + "8\r\n{\"Type\"\n\r\n";
    garbage.hold = true;
    server.next(garbage);
    ScriptedAnswer second;
    second.bytes = event_head + event_chunk("start");
    second.hold = true;
    server.next(second);
    engine.watch_events([&seen](const EngineEvent& event) { seen.push_back(event.kind); });
    ASSERT_TRUE(turn_until(
        io, [&seen] { return seen.size() == 2; }, 10s));
    EXPECT_THAT(seen, testing::ElementsAre(EngineEvent::Kind::lost, EngineEvent::Kind::started));
}

TEST_F(BrokenEngine, ASinkMayEndItsOwnEvents) {
    int seen = 0;
    ScriptedAnswer two;
    two.bytes = event_head + event_chunk("start") + event_chunk("die");
    two.hold = true;
    server.next(two);
    engine.watch_events([&](const EngineEvent&) {
        ++seen;
        engine.stop_events();
    });
    ASSERT_TRUE(turn_until(
        io, [&seen] { return seen != 0; }, 10s));
    server.next(http_answer(500, "{}"));
    EXPECT_FALSE(inspect()); // a round trip later
    EXPECT_EQ(seen, 1);
}

} // namespace
} // namespace berth::test
