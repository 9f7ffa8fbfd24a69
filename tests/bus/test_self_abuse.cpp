#include "base/unique_fd.hpp"
#include "bus/self_fixture.hpp"
#include "support/sanitizers.hpp"
#include "support/shortage.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <gmock/gmock.h>

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <random>
#include <unistd.h>

namespace berth::testing {

namespace {

/// A bare connection: sends what it likes and notices when it is hung up on.
class RawPeer {
  public:
    RawPeer(boost::asio::io_context& io, const std::string& path) : descriptor_{io} {
        UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
            throw std::runtime_error{"connect failed"};
        }
        descriptor_.assign(fd.release());
        read();
    }

    /// Bytes taken by the kernel; 0 when the peer hung up or does not read.
    std::size_t send(const std::string& bytes) {
        const auto n = ::send(descriptor_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        return n < 0 ? 0 : static_cast<std::size_t>(n);
    }

    [[nodiscard]] bool hung_up() const { return hung_up_; }

    [[nodiscard]] const std::string& received() const { return received_; }

  private:
    void read() {
        descriptor_.async_read_some(
            boost::asio::buffer(chunk_),
            [this, alive = std::weak_ptr<const bool>{alive_}](const boost::system::error_code& error, std::size_t n) {
                if (alive.expired()) {
                    return;
                }
                if (error) {
                    hung_up_ = true;
                    return;
                }
                received_.append(chunk_.data(), n);
                read();
            });
    }

    boost::asio::posix::stream_descriptor descriptor_;
    std::array<char, 4096> chunk_{};
    std::string received_;
    bool hung_up_{false};
    std::shared_ptr<const bool> alive_{std::make_shared<const bool>(true)};
};

constexpr const char* anonymous = "AUTH ANONYMOUS 6265727468\r\n";

class SelfAbuse : public SelfFixture {
  protected:
    /// The server still serves.
    void expect_alive() {
        TestClient client{io, address()};
        EXPECT_EQ(client.call(self_path, self_interface, "Describe").error, "");
    }

    /// Through authentication, as an anonymous client.
    void authenticate(RawPeer& peer) {
        peer.send(std::string(1, '\0') + anonymous);
        ASSERT_TRUE(run_until(io, [&] { return peer.received().find("OK ") != std::string::npos; }));
        peer.send("BEGIN\r\n");
    }
};

TEST_F(SelfAbuse, GarbageInsteadOfAuthenticationIsHungUpOn) {
    RawPeer peer{io, path};
    peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(run_until(io, [&] { return peer.hung_up(); }));
    expect_alive();
}

TEST_F(SelfAbuse, GarbageInsteadOfAMessageIsHungUpOn) {
    std::mt19937 random{7};
    for (int round = 0; round < 20; ++round) {
        RawPeer peer{io, path};
        authenticate(peer);
        std::string bytes;
        for (int i = 0; i < 256; ++i) {
            bytes += static_cast<char>(random() & 0xff);
        }
        bytes[0] = 'Q'; // no byte order at all
        peer.send(bytes);
        EXPECT_TRUE(run_until(io, [&] { return peer.hung_up(); })) << round;
    }
    expect_alive();
}

TEST_F(SelfAbuse, AMessageThatNeverEndsIsHungUpOnBeforeItFillsTheMemory) {
    RawPeer peer{io, path};
    authenticate(peer);
    const std::uint32_t body =
        20U << 20U; // libsystemd reserves all of it anew at each read, which sanitizers make slow
    const std::uint32_t header[4] = {0x01000000U | 'l' | (1U << 8U), body, 1, 0}; // a little-endian method call
    peer.send(std::string{reinterpret_cast<const char*>(header), sizeof header});
    const std::string chunk(64 * 1024, 'x');
    std::size_t sent = 0;
    EXPECT_TRUE(run_until(io, [&] {
        sent += peer.send(chunk);
        return peer.hung_up();
    }));
    EXPECT_LT(sent, 16U << 20U);
    expect_alive();
}

TEST_F(SelfAbuse, OneClientMoreThanServedIsHungUpOn) {
    std::vector<std::unique_ptr<TestClient>> clients;
    for (std::size_t i = 0; i < bus::SelfServer::max_clients; ++i) {
        clients.push_back(std::make_unique<TestClient>(io, address()));
        EXPECT_EQ(clients.back()->call(self_path, self_interface, "Describe").error, "") << i;
    }
    RawPeer surplus{io, path};
    EXPECT_TRUE(run_until(io, [&] { return surplus.hung_up(); }));
    for (auto& client : clients) {
        EXPECT_EQ(client->call(self_path, self_interface, "Describe").error, "");
    }
    clients.pop_back();
    bool served = false; // as soon as the server saw the other go
    for (int attempt = 0; attempt < 50 && !served; ++attempt) {
        TestClient next{io, address(), false};
        served = next.call(self_path, self_interface, "Describe").error.empty();
    }
    EXPECT_TRUE(served);
}

TEST_F(SelfAbuse, AShortageOfDescriptorsKeepsNobodyBusyAndTheOneWhoCameIsServedAfterIt) {
    if (BERTH_ASAN == 1) {
        GTEST_SKIP() << "the sanitizers themselves need descriptors";
    }
    TestClient client{io, address()};
    EXPECT_EQ(client.call(self_path, self_interface, "Describe").error, "");
    RawPeer waits{io, path}; // is in the socket's queue before anybody is accepted
    {
        const test::FewDescriptors shortage{0};
        constexpr std::chrono::milliseconds while_it_lasts{300};
        EXPECT_LT(io.run_for(while_it_lasts), 20U) << "it asks again and again";
        EXPECT_EQ(client.call(self_path, self_interface, "Describe").error, "") << "those who are in are served";
    }
    EXPECT_FALSE(waits.hung_up());
    authenticate(waits);
}

TEST_F(SelfAbuse, AClientThatDiesInItsCallHurtsNobody) {
    for (int round = 0; round < 10; ++round) {
        auto client = std::make_unique<TestClient>(io, address());
        client->start_call(self_path, self_interface, "Describe", nullptr, std::make_shared<Answer>());
        client.reset();
    }
    expect_alive();
}

TEST_F(SelfAbuse, AClientThatLeavesHalfAMessageHurtsNobody) {
    {
        RawPeer peer{io, path};
        authenticate(peer);
        peer.send("l\1\0\1");
    }
    expect_alive();
}

TEST_F(SelfAbuse, ManyClientsSpeakAtOnce) {
    std::vector<std::unique_ptr<TestClient>> clients;
    std::vector<std::shared_ptr<Answer>> answers;
    for (int i = 0; i < 8; ++i) {
        clients.push_back(std::make_unique<TestClient>(io, address()));
        for (int call = 0; call < 20; ++call) {
            answers.push_back(std::make_shared<Answer>(Answer{"none", ""}));
            clients.back()->start_call(self_path, self_interface, "Describe", nullptr, answers.back());
        }
    }
    EXPECT_TRUE(run_until(io, [&] {
        return std::all_of(answers.begin(), answers.end(), [](const auto& answer) { return answer->error.empty(); });
    }));
}

} // namespace

} // namespace berth::testing
