#pragma once

#include "bus/options.hpp"
#include "ports/client_ports.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace berth::bus {

/// A request, and the descriptors that came with it.
struct StreamedRequest {
    model::Request request;
    std::optional<ports::Stdio> stdio;
};

/// Grants that one call may name.
inline constexpr std::size_t most_grants = 64;

/// Reads grants as they are named on the bus. unknown_grant, invalid_argument.
Result<std::vector<model::Grant>> grants_from(const std::vector<std::string>& texts);

/// Manager.Run's arguments. invalid_argument names the option and what it may be; its descriptors are the caller's
/// duplicates.
Result<StreamedRequest> run_request(const std::string& app, const std::vector<std::string>& argv,
                                    const Options& options);

/// Manager.Attach's arguments.
Result<model::Request> attach_request(const std::string& container, const std::vector<std::string>& grants,
                                      const Options& options);

/// Client.Exec's arguments.
Result<StreamedRequest> exec_request(const model::ClientId& client, const std::vector<std::string>& argv,
                                     const Options& options, const std::vector<sdbus::UnixFd>& stdio);

/// Client.Logs's arguments.
Result<StreamedRequest> logs_request(const model::ClientId& client, const Options& options,
                                     const std::vector<sdbus::UnixFd>& stdio);

/// Client.Grant's and Client.Revoke's arguments.
Result<model::Request> grant_request(const model::ClientId& client, const std::vector<std::string>& grants,
                                     const Options& options);
Result<model::Request> revoke_request(const model::ClientId& client, const std::vector<std::string>& grants);

} // namespace berth::bus
