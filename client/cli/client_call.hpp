#pragma once

#include "cli/verbs.hpp"
#include "lib/berth_client.hpp"

#include <functional>
#include <string>

namespace berth::cli {

/// One call of a client's object that starts no job.
using ClientCall =
    std::function<void(client::BerthClient& berthd, const std::string& path, client::BerthClient::Answered answered)>;

/// Makes it, waits for its answer and returns what that says. Throws CallFailed (NoSuchClient, NoBerthd, the answer's).
client::Properties call_client(const Context& context, const std::string& name, const ClientCall& call);

/// The same for an object that is known.
client::Properties wait_for(client::BerthClient& berthd, const std::string& path, const ClientCall& call);

} // namespace berth::cli
