#include "login1/random_calls.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

using namespace berth;

void demand(const login1::Call& call, const login1::Session& session, const login1::Options& options) {
    const std::string wrong = login1::wrong_with(call, session, options);
    if (!wrong.empty()) {
        std::fprintf(stderr, "%s: %s %s.%s\n", wrong.c_str(), call.path.c_str(), call.interface.c_str(),
                     call.member.c_str());
        std::abort();
    }
}

/// Up to the next zero byte.
std::string next_text(const std::uint8_t*& data, std::size_t& size) {
    std::string text;
    while (size > 0) {
        const char byte = static_cast<char>(*data++);
        --size;
        if (byte == '\0') {
            break;
        }
        text.push_back(byte);
    }
    return text;
}

} // namespace

/// The same bytes as choices among parts that occur, and as the parts themselves: no call for a foreign object, of a
/// member that is in no row, or of somebody else than the controller is forwarded.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const login1::Session session = login1::own_session((data[0] & 1) != 0 ? ":1.5" : "");
    const login1::Options options{.allow_power = (data[0] & 2) != 0};
    std::size_t at = 1;
    const auto choose = [&](std::size_t below) { return at < size ? data[at++] % below : 0; };
    demand(login1::made_call(choose), session, options);
    const std::uint8_t* rest = data + 1;
    std::size_t left = size - 1;
    login1::Call call;
    for (std::string* part : {&call.path, &call.interface, &call.member, &call.signature, &call.sender}) {
        *part = next_text(rest, left);
    }
    call.arguments = {next_text(rest, left), next_text(rest, left)};
    demand(call, session, options);
    return 0;
}
