#include "edid/made_edid.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

void demand(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "%s\n", what);
        std::abort();
    }
}

void check(const std::string& bytes, bool must_be_one) {
    const auto identity = berth::edid::read_identity(bytes);
    demand(identity.has_value() || !must_be_one, "a base block is none");
    if (!identity) {
        return;
    }
    demand(identity->maker.size() == 3, "a maker has three letters");
    demand(identity->name.size() <= 13 && identity->serial.size() <= 13, "a text is longer than its room");
    demand(identity->name.find('\n') == std::string::npos, "a text goes on after its end");
}

} // namespace

/// The bytes as they are, and as what stands in a base block that is in order.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes{reinterpret_cast<const char*>(data), size};
    check(bytes, false);
    std::string block = berth::edid::made_edid();
    block.replace(8, std::min(size, block.size() - 9), bytes, 0, std::min(size, block.size() - 9));
    berth::edid::mend_sum(block);
    check(block, true);
    return 0;
}
