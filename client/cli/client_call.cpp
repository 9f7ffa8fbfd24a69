#include "cli/client_call.hpp"

#include "lib/bus_address.hpp"

#include <optional>

namespace berth::cli {

client::Properties call_client(const Context& context, const std::string& name, const ClientCall& call) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    return wait_for(berthd, berthd.client(name), call);
}

client::Properties wait_for(client::BerthClient& berthd, const std::string& path, const ClientCall& call) {
    std::optional<client::Answer> answer;
    bool left = false;
    berthd.listen([&](const client::Signal& signal) { left = left || signal.member == "Left"; });
    call(berthd, path, [&](const client::Answer& come) { answer = come; });
    berthd.run([&] { return answer || left; });
    if (!answer) {
        throw client::CallFailed{"Failed", "berthd left the bus"};
    }
    if (answer->error) {
        throw client::CallFailed{*answer->error};
    }
    return answer->result;
}

} // namespace berth::cli
