// libFuzzer: whatever an engine says, in whatever pieces, is read or refused; nothing crashes, and nothing that is
// refused is taken for a value.

#include "engine/answers.hpp"
#include "engine/containers_conf.hpp"
#include "engine/http_header.hpp"
#include "engine/streams.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace berth;

/// A refused answer must carry its name and a sentence.
template <class T>
void check(const Result<T>& result) {
    if (!result && (result.error().code != ErrorCode::engine_unavailable || result.error().message.empty())) {
        std::abort();
    }
}

void read_answers(std::string_view body) {
    check(engine::read_id(body));
    check(engine::read_container(body));
    check(engine::read_stream_state(body));
    check(engine::read_container_ids(body));
    check(engine::read_image(body));
    check(engine::read_exec(body));
    check(engine::read_wait(body));
    check(engine::read_event(body));
    check(engine::read_libpod_facts(body));
    check(engine::read_docker_facts(body));
    if (engine::refusal_of(500, body).empty() || engine::start_refusal_of(500, body).empty()) {
        std::abort();
    }
}

/// The same bytes in pieces of `step` must give the same output as at once.
void read_streams(std::string_view bytes, std::size_t step) {
    engine::LineSplitter lines{4096};
    engine::ExecStream whole{4096};
    engine::ExecStream pieces{4096};
    const bool sound = whole.feed(bytes);
    bool sound_in_pieces = true;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        lines.feed(bytes.substr(at, step), [](std::string_view line) { check(engine::read_event(line)); });
        sound_in_pieces = sound_in_pieces && pieces.feed(bytes.substr(at, step));
    }
    if (sound != sound_in_pieces || whole.output() != pieces.output() || whole.output().size() > 4096) {
        std::abort();
    }
}

/// A body is never longer than what was sent, and what is complete stays so.
void read_http(std::string_view bytes) {
    check(engine::read_http_header(bytes));
    const std::size_t end = bytes.find("\r\n\r\n");
    const auto header = engine::read_http_header(bytes.substr(0, end == std::string_view::npos ? end : end + 4));
    check(header);
    if (!header) {
        return;
    }
    const std::string_view rest = bytes.substr(end + 4);
    const engine::HttpBody whole = engine::read_http_body(*header, rest);
    const engine::HttpBody half = engine::read_http_body(*header, rest.substr(0, rest.size() / 2));
    if (whole.bytes.size() > rest.size() || !whole.bytes.starts_with(half.bytes) || (half.complete && whole != half)) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
    read_answers(bytes);
    read_http(bytes);
    read_streams(bytes, std::size_t{data[0]} + 1);
    berth::engine::ContainersConf conf;
    conf.add(bytes);
    // What was understood once is understood again, as the same.
    berth::engine::ContainersConf again;
    again.add(conf.text());
    if (conf.text() != again.text()) {
        std::abort();
    }
    return 0;
}
