#include "grants/kinds.hpp"

namespace berth::grants {

/// A super-privileged container: root on the host in all but name, which it sees in /host. Given when it is made, and
/// never taken back.
Result<Offer> host() {
    Offer result;
    result.creation.host = true;
    result.environment["HOST"] = "/host";
    return result;
}

} // namespace berth::grants
