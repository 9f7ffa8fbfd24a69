#include "udev_program.hpp"

#include "base/log.hpp"
#include "linux/udev_records.hpp"
#include "udev_relay/client_relay.hpp"
#include "udev_relay/order_socket.hpp"

#include <boost/asio/io_context.hpp>

#include <utility>

namespace berth {

void run_udev(UniqueFd orders, const std::string& udev_dir) {
    boost::asio::io_context io{1};
    const os::UdevRecords records{udev_dir};
    udev_relay::ClientRelay relay{io,
                                  {[&records](const std::string& id) { return records.device(id); },
                                   [&records](int folder, const std::string& id, bool shown) {
                                       if (folder < 0) {
                                           return; // a door of before there were records in it
                                       }
                                       if (const auto renewed = records.renew(folder, id, shown); !renewed) {
                                           log::warning(renewed.error().message);
                                       }
                                   }}};
    const udev_relay::OrderSocket socket{io,
                                         std::move(orders),
                                         {[&relay](const udev_events::Order& order, const UniqueFd& process,
                                                   UniqueFd folder) { relay.obey(order, process, std::move(folder)); },
                                          [&io] { io.stop(); }}};
    io.run();
}

} // namespace berth
