// An engine that is silent, slow, cut off or garbled where its connection is to be taken over.

#include "engine/await.hpp"
#include "engine/docker_engine.hpp"
#include "engine/http_header.hpp"
#include "engine/scripted_server.hpp"
#include "engine/stream_client.hpp"
#include "engine/test_stream.hpp"
#include "support/scratch_folder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <optional>

namespace berth::test {
namespace {

using namespace std::chrono_literals;
using engine::HttpHeader;
using engine::StreamAnswer;
using engine::StreamClient;
using engine::StreamRequest;
using ports::StreamConnection;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* upgraded = "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";

class BrokenStreams : public testing::Test {
  protected:
    Result<StreamAnswer> open(StreamRequest request) {
        return await<StreamAnswer>(io, [&](const Done<StreamAnswer>& done) {
            boost::asio::co_spawn(io, client.open(server.path(), std::move(request), &connected),
                                  [done](std::exception_ptr, Result<StreamAnswer> answer) { done(std::move(answer)); });
        });
    }

    Result<StreamAnswer> attach(std::chrono::milliseconds deadline = 5s) {
        StreamRequest request;
        request.method = "POST";
        request.target = "/v1.41/containers/a/attach";
        request.deadline = deadline;
        return open(std::move(request));
    }

    /// Bytes, and then the end of the connection; or silence, with `hold`.
    void says(const std::string& bytes, bool hold = false, std::chrono::milliseconds drip = 0ms) {
        ScriptedAnswer answer;
        answer.bytes = bytes;
        answer.hold = hold;
        answer.drip = drip;
        server.next(answer);
    }

    /// What GET /containers/X/json answers before each stream.
    void says_it_runs(bool terminal = false) {
        server.next(http_answer(200, std::string{R"({"State":{"Status":"running"},"Config":{"Tty":)"} +
                                         (terminal ? "true" : "false") + "}}"));
    }

    Result<StreamConnection> attach_by_engine() {
        return await<StreamConnection>(io,
                                       [this](Done<StreamConnection> done) { engine.attach("a", std::move(done)); });
    }

    ScratchFolder folder;
    boost::asio::io_context io;
    ScriptedServer server{io, folder.path() + "/engine.sock"};
    StreamClient client{io};
    engine::DockerEngine engine{io, server.path()};
    bool connected{false};
};

TEST_F(BrokenStreams, TheSocketBeginsRightAfterTheHeader) {
    for (const char* header :
         {upgraded, "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n"}) {
        says(std::string{header} + "first bytes", true);
        auto answer = attach();
        ASSERT_TRUE(answer) << answer.error().message;
        EXPECT_TRUE(connected);
        EXPECT_NE(::fcntl(answer->socket.get(), F_GETFD) & FD_CLOEXEC, 0);
        TestStream stream{io, {std::move(answer->socket), false}};
        EXPECT_TRUE(stream.wait_for("first bytes"));
        EXPECT_EQ(stream.bytes(), "first bytes");
    }
    EXPECT_THAT(server.requests().at(0), StartsWith("POST /v1.41/containers/a/attach HTTP/1.1\r\n"));
    EXPECT_THAT(server.requests().at(0), HasSubstr("Connection: Upgrade\r\nUpgrade: tcp\r\n"));
}

TEST_F(BrokenStreams, AHeaderThatDripsIsTakenByteForByte) {
    says(std::string{upgraded} + "rest", false, 1ms);
    auto answer = attach();
    ASSERT_TRUE(answer) << answer.error().message;
    TestStream stream{io, {std::move(answer->socket), false}};
    ASSERT_TRUE(stream.wait_for_end());
    EXPECT_EQ(stream.bytes(), "rest");
}

TEST_F(BrokenStreams, ABodyIsAskedForWithoutChunks) {
    StreamRequest request;
    request.method = "GET";
    request.target = "/logs";
    request.handover = StreamRequest::Handover::body;
    says("HTTP/1.0 200 OK\r\n\r\nlines");
    auto answer = open(request);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_THAT(server.requests().at(0), StartsWith("GET /logs HTTP/1.0\r\n"));
    EXPECT_THAT(server.requests().at(0), testing::Not(HasSubstr("Upgrade")));
    says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nlines\r\n0\r\n\r\n");
    const auto chunks = open(request);
    ASSERT_FALSE(chunks) << "nobody takes them apart";
    EXPECT_EQ(chunks.error().code, ErrorCode::engine_unavailable);
}

struct CutHeader {
    const char* name;
    const char* bytes;
};

class CutStream : public BrokenStreams, public testing::WithParamInterface<CutHeader> {};

TEST_P(CutStream, IsEngineUnavailable) {
    says(GetParam().bytes);
    const auto answer = attach();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::engine_unavailable) << answer.error().message;
}

INSTANTIATE_TEST_SUITE_P(Cuts, CutStream,
                         testing::Values(CutHeader{"HangUp", ""}, CutHeader{"HalfAStatusLine", "HTTP/1."},
                                         CutHeader{"HalfAHeader", "HTTP/1.1 101 UPGRADED\r\nConnec"},
                                         CutHeader{"NoEmptyLine", "HTTP/1.1 101 UPGRADED\r\n"},
                                         CutHeader{"NotHttp", "SSH-2.0-OpenSSH_9.2\r\n\r\n"},
                                         CutHeader{"NoStatus", "HTTP/1.1 OK\r\n\r\n"},
                                         CutHeader{"StatusTooBig", "HTTP/1.1 999 OK\r\n\r\n"},
                                         CutHeader{"NoColon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"},
                                         CutHeader{"BadLength", "HTTP/1.1 500 No\r\nContent-Length: -1\r\n\r\n"}),
                         [](const auto& parameter) { return std::string{parameter.param.name}; });

TEST_F(BrokenStreams, AHeaderWithoutEndIsCutOff) {
    says("HTTP/1.1 101 UPGRADED\r\nX: " + std::string(200'000, 'x'), true);
    const auto answer = attach();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::engine_unavailable);
    EXPECT_THAT(answer.error().message, HasSubstr("does not end"));
}

TEST_F(BrokenStreams, SilenceAndAHalfHeaderEndAtTheTimeLimit) {
    for (const char* bytes : {"", "HTTP/1.1 101 UPGR", "HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\n{"}) {
        says(bytes, true);
        const auto answer = attach(100ms);
        ASSERT_FALSE(answer) << bytes;
        EXPECT_EQ(answer.error().code, ErrorCode::timed_out) << bytes;
    }
}

TEST_F(BrokenStreams, ARefusalIsReadHoweverItsBodyIsSent) {
    const std::string body = R"({"message":"no such container"})";
    for (const std::string& answer :
         {"HTTP/1.1 404 Not Found\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body + "more",
          "HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\n" + body.substr(0, 5) + "\r\n1A\r\n" +
              body.substr(5) + "\r\n0\r\n\r\n"}) {
        says(answer, true); // the connection stays open, as a server's does that waits for the next request
        const auto refused = attach();
        ASSERT_TRUE(refused) << refused.error().message;
        EXPECT_FALSE(refused->socket);
        EXPECT_EQ(refused->body, body);
    }
    says("HTTP/1.0 500 Internal Server Error\r\n\r\n" + body);
    EXPECT_EQ(attach()->body, body);
}

TEST_F(BrokenStreams, ARefusalOf100MiBIsCutOff) {
    ScriptedAnswer flood;
    flood.bytes = "HTTP/1.1 500 No\r\n\r\n" + std::string(1024 * 1024, '[');
    flood.times = 100;
    server.next(flood);
    const auto refused = attach(20s);
    ASSERT_TRUE(refused) << refused.error().message;
    EXPECT_LT(refused->body.size(), 128U * 1024U);
}

TEST_F(BrokenStreams, AnEnginesRefusalsAreFailedWithItsOwnSentence) {
    for (const unsigned status : {404U, 409U, 500U}) {
        says_it_runs();
        server.next(http_answer(status, R"({"message":"a sentence"})"));
        const auto refused = attach_by_engine();
        ASSERT_FALSE(refused) << status;
        EXPECT_EQ(refused.error(), (Error{ErrorCode::failed, "a sentence"}));
    }
}

TEST_F(BrokenStreams, ATerminalsConnectionIsRawAndGetsKeysThatNobodyTypes) {
    says_it_runs(true);
    says(upgraded);
    const auto terminal = attach_by_engine();
    ASSERT_TRUE(terminal) << terminal.error().message;
    EXPECT_FALSE(terminal->framed);
    EXPECT_THAT(server.requests().at(1), HasSubstr("detachKeys=ctrl-%5E"));
    says_it_runs(false);
    says(upgraded);
    const auto plain = attach_by_engine();
    ASSERT_TRUE(plain) << plain.error().message;
    EXPECT_TRUE(plain->framed);
    EXPECT_THAT(server.requests().at(3), HasSubstr("detachKeys= HTTP"));
}

TEST_F(BrokenStreams, FollowedLogsMayBeSilentForLongAndAreCancelledWithTheEngine) {
    auto short_lived = std::make_unique<engine::DockerEngine>(io, server.path());
    std::optional<Result<StreamConnection>> ended;
    says_it_runs();
    says("", true);
    short_lived->logs("a", true, 0, [&ended](Result<StreamConnection> result) { ended = std::move(result); });
    ASSERT_TRUE(turn_until(io, [this] { return server.requests().size() == 2; }));
    short_lived.reset();
    EXPECT_FALSE(ended) << "the completion came from inside the destructor";
    ASSERT_TRUE(turn_until(io, [&ended] { return ended.has_value(); }));
    EXPECT_EQ(ended->error().code, ErrorCode::cancelled);
}

TEST_F(BrokenStreams, AClientThatWasClosedBeginsNothing) {
    client.close();
    EXPECT_EQ(attach().error().code, ErrorCode::cancelled);
    EXPECT_FALSE(connected);
}

TEST_F(BrokenStreams, ASocketThatIsNotThereOrTooLongIsNamed) {
    engine::DockerEngine nobody{io, folder.path() + "/nobody.sock"};
    const auto missing =
        await<StreamConnection>(io, [&](Done<StreamConnection> done) { nobody.attach("a", std::move(done)); });
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::engine_unavailable);
    const std::string endless = "/" + std::string(200, 'x');
    const auto refused = await<StreamAnswer>(io, [&](const Done<StreamAnswer>& done) {
        boost::asio::co_spawn(io, client.open(endless, StreamRequest{}, &connected),
                              [done](std::exception_ptr, Result<StreamAnswer> answer) { done(std::move(answer)); });
    });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
}

TEST_F(BrokenStreams, ACommandThatCannotBeStartedHasNoStreams) {
    server.next(http_answer(201, R"({"Id":"e1"})"));
    server.next(http_answer(400, R"({"message":"no such file"})"));
    ports::StreamedExecSpec spec;
    spec.exec.command = {"/bin/missing"};
    spec.terminal = true;
    const auto exec = await<ports::StreamedExec>(
        io, [&](Done<ports::StreamedExec> done) { engine.begin_exec("a", spec, std::move(done)); });
    ASSERT_FALSE(exec);
    EXPECT_EQ(exec.error(), (Error{ErrorCode::failed, "no such file"}));
    EXPECT_THAT(server.requests().at(0), HasSubstr(R"("AttachStdin":true)"));
    EXPECT_THAT(server.requests().at(1), HasSubstr(R"({"Detach":false,"Tty":true})"));
}

TEST(HttpHeaders, NamesAreReadInAnyCase) {
    const auto header = engine::read_http_header("HTTP/1.1 404 Not Found\r\ncontent-LENGTH:  12 \r\nX: y\r\n\r\n");
    ASSERT_TRUE(header) << header.error().message;
    EXPECT_EQ(*header, (HttpHeader{404, 12, false}));
    EXPECT_TRUE(engine::read_http_header("HTTP/1.1 200\r\nTransfer-Encoding: Chunked\r\n\r\n")->chunked);
}

TEST(HttpHeaders, AHalfBodyIsNotComplete) {
    const HttpHeader chunked{500, std::nullopt, true};
    EXPECT_EQ(engine::read_http_body(chunked, "3\r\nab"), (engine::HttpBody{false, "ab"}));
    EXPECT_EQ(engine::read_http_body(chunked, "3\r\nabc\r\nzz\r\n"), (engine::HttpBody{true, "abc"}));
    EXPECT_EQ(engine::read_http_body({500, 3, false}, "ab"), (engine::HttpBody{false, "ab"}));
    EXPECT_EQ(engine::read_http_body({500, 0, false}, ""), (engine::HttpBody{true, ""}));
}

} // namespace
} // namespace berth::test
