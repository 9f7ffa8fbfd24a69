// What a container writes to a port of its loopback: the same goes on however it is cut, and never more than came.

#include "loopback/pulse_greeting.hpp"
#include "loopback/x11_requests.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using berth::loopback::PulseGreeting;
using berth::loopback::X11Requests;

std::string passed(const std::string& stream, std::size_t piece) {
    X11Requests requests;
    std::string held;
    std::string out;
    for (std::size_t at = 0; at < stream.size() && !requests.is_broken(); at += piece) {
        held += stream.substr(at, piece);
        const std::size_t size = requests.pass(held.data(), held.size());
        out += held.substr(0, size);
        held.erase(0, size);
        if (held.size() > X11Requests::most_held && !requests.is_broken()) {
            std::abort();
        }
    }
    return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    const std::string stream{reinterpret_cast<const char*>(data + 1), size - 1};
    if (passed(stream, stream.size()) != passed(stream, std::size_t{1} + data[0])) {
        std::abort();
    }
    static const std::string cookie(PulseGreeting::cookie_size, 'c');
    std::string bytes = stream;
    PulseGreeting::judge(bytes.data(), bytes.size(), cookie.data());
    return 0;
}
