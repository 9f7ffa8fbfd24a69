// os::StreamRelays: berthd's side of the relay.

#include "linux/stream_relays.hpp"
#include "relay/relay_run.hpp"
#include "support/io_test.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>

#include <sys/socket.h>

#include <filesystem>
#include <optional>

namespace berth::os {
namespace {

using test::frame;
using test::read_bytes;
using test::read_to_end;
using test::write_bytes;
using testing::HasSubstr;

class StreamRelaysTest : public test::IoTest {
  protected:
    /// Starts a relay between `connection.second` and the far ends of the pipes.
    void relay(StreamRelays& by, bool framed = true) {
        ports::StreamConnection theirs{std::move(connection.second), framed};
        ports::Stdio stdio{std::move(in.first), std::move(out.second), std::move(err.second)};
        by.relay("test", std::move(theirs), std::move(stdio),
                 [this](Result<void> result) { ended = std::move(result); });
        EXPECT_FALSE(ended) << "the completion came from inside the call";
    }

    bool has_ended() {
        return run_until([this] { return ended.has_value(); });
    }

    test::FdPair in{test::pipe_pair()};
    test::FdPair out{test::pipe_pair()};
    test::FdPair err{test::pipe_pair()};
    test::FdPair connection{test::socket_pair()};
    std::optional<Result<void>> ended;
    StreamRelays relays{io, BERTH_RELAY_PROGRAM};
};

TEST_F(StreamRelaysTest, BothSidesAreCarriedAndTheContainersEndIsTheRelays) {
    relay(relays);
    ASSERT_TRUE(write_bytes(in.second.get(), "typed"));
    EXPECT_EQ(read_bytes(connection.first.get(), 5), "typed");
    ASSERT_TRUE(write_bytes(connection.first.get(), frame(1, "shown") + frame(2, "said")));
    EXPECT_EQ(read_bytes(out.first.get(), 5), "shown");
    EXPECT_EQ(read_bytes(err.first.get(), 4), "said");
    run_ready();
    EXPECT_FALSE(ended);
    connection.first.reset();
    ASSERT_TRUE(has_ended());
    EXPECT_TRUE(*ended) << ended->error().message;
    EXPECT_EQ(read_to_end(out.first.get()), "") << "nobody else has the caller's stdout";
}

TEST_F(StreamRelaysTest, ATerminalsConnectionIsCarriedRaw) {
    relay(relays, false);
    ASSERT_TRUE(write_bytes(connection.first.get(), "plain"));
    EXPECT_EQ(read_bytes(out.first.get(), 5), "plain");
}

TEST_F(StreamRelaysTest, ACallerWhoGoesIsNoError) {
    relay(relays);
    out.first.reset();
    ASSERT_TRUE(has_ended());
    EXPECT_TRUE(*ended) << ended->error().message;
    EXPECT_EQ(read_to_end(connection.first.get()), "") << "the container's side is let go";
}

TEST_F(StreamRelaysTest, AnEngineThatTalksNonsenseIsUnavailable) {
    relay(relays);
    ASSERT_TRUE(write_bytes(connection.first.get(), "HTTP/1.1 400 Bad Request\r\n\r\n"));
    ASSERT_TRUE(has_ended());
    ASSERT_FALSE(*ended);
    EXPECT_EQ(ended->error().code, ErrorCode::engine_unavailable);
    EXPECT_THAT(ended->error().message, HasSubstr("frames"));
}

TEST_F(StreamRelaysTest, AProgramThatIsNotThereIsNamed) {
    StreamRelays none{io, "/nonexistent/berth-relay"};
    relay(none);
    ASSERT_TRUE(has_ended());
    ASSERT_FALSE(*ended);
    EXPECT_EQ(ended->error(), (Error{ErrorCode::failed, "start /nonexistent/berth-relay: No such file or directory"}));
}

TEST_F(StreamRelaysTest, ARelayThatIsKilledIsAFailure) {
    const test::ScratchFolder folder;
    const std::string program = folder.path() + "/berth-relay";
    test::write_file(program, "#!/bin/sh\nkill -9 $$\n");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    StreamRelays dying{io, program};
    relay(dying);
    ASSERT_TRUE(has_ended());
    ASSERT_FALSE(*ended);
    EXPECT_THAT(ended->error().message, HasSubstr("signal 9"));
}

TEST_F(StreamRelaysTest, ACallerWithoutInputHasNoneToGive) {
    in.first.reset();
    relay(relays);
    EXPECT_EQ(read_to_end(connection.first.get()), "") << "as from /dev/null";
    ASSERT_TRUE(write_bytes(connection.first.get(), frame(1, "shown")));
    EXPECT_EQ(read_bytes(out.first.get(), 5), "shown");
}

TEST_F(StreamRelaysTest, ARelayOutlivesWhoStartedIt) {
    auto short_lived = std::make_unique<StreamRelays>(io, BERTH_RELAY_PROGRAM);
    relay(*short_lived);
    short_lived.reset();
    ASSERT_TRUE(write_bytes(connection.first.get(), frame(1, "still")));
    EXPECT_EQ(read_bytes(out.first.get(), 5), "still");
    connection.first.reset();
    ASSERT_TRUE(has_ended());
    EXPECT_TRUE(*ended);
}

} // namespace
} // namespace berth::os
