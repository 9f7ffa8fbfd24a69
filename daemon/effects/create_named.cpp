#include "effects/create_named.hpp"

#include <utility>

namespace berth::effects {

void create_named(ports::Engine& engine, const ports::ContainerSpec& spec, Done<std::string> done) {
    engine.create(spec, [&engine, spec, done = std::move(done)](const Result<std::string>& id) {
        if (id || id.error().code != ErrorCode::failed) { // no other code says "that name is taken"
            done(id);
            return;
        }
        engine.remove(spec.name, [&engine, spec, done](const Result<void>& removed) {
            removed ? engine.create(spec, done) : done(removed.error());
        });
    });
}

} // namespace berth::effects
