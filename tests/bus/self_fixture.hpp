#pragma once

#include "bus/self_server.hpp"
#include "bus/test_client.hpp"
#include "bus/waiting.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace berth::testing {

inline constexpr const char* self_path = "/org/berth/Berth1/self";
inline constexpr const char* self_interface = "org.berth.Berth1.Self";

/// One seat's Self socket in a folder of its own.
class SelfFixture : public ::testing::Test {
  protected:
    SelfFixture() {
        std::string name = "/tmp/berth-self-XXXXXX";
        folder = ::mkdtemp(name.data());
        path = folder + "/bus";
        const auto listening = server.listen(seat, path, {{"seat", "seat0"}, {"desktop", "gnome"}});
        EXPECT_TRUE(listening) << listening.error().message;
    }

    ~SelfFixture() override {
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }

    SelfFixture(const SelfFixture&) = delete;
    SelfFixture& operator=(const SelfFixture&) = delete;

    [[nodiscard]] std::string address() const { return "unix:path=" + path; }

    Answer ready(TestClient& client, const TestClient::Fill& fill) {
        return client.call(self_path, self_interface, "SessionReady", fill);
    }

    boost::asio::io_context io;

    void take(model::Happening what) {
        if (auto* const call = std::get_if<model::Called>(&what)) {
            calls.push_back(std::move(*call));
        } else {
            posted.push_back(std::get<model::SessionReady>(std::move(what)));
        }
    }

    std::vector<model::SessionReady> posted;
    std::vector<model::Called> calls;
    std::vector<std::string> checked; ///< the containers of which the caller must be
    Result<void> membership;          ///< whether it is
    /// Whoever calls in these tests is in no container.
    bus::SelfServer server{io,
                           [this](model::Happening what) { take(std::move(what)); },
                           {[](int) { return Result<UniqueFd>{UniqueFd{}}; },
                            [this](const UniqueFd&, const std::string& container) {
                                checked.push_back(container);
                                return membership;
                            }}};
    model::SeatName seat{std::string{"seat0"}};
    std::string folder;
    std::string path;
};

} // namespace berth::testing
