#include "engine/scripted_server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <unistd.h>
#include <utility>

namespace berth::test {

using boost::system::error_code;

ScriptedAnswer http_answer(unsigned status, const std::string& body) {
    ScriptedAnswer answer;
    answer.bytes = "HTTP/1.1 " + std::to_string(status) + " Scripted\r\nContent-Type: application/json\r\n" +
                   "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    return answer;
}

struct ScriptedServer::Connection {
    explicit Connection(boost::asio::local::stream_protocol::socket accepted)
        : socket{std::move(accepted)}, timer{socket.get_executor()} {}

    boost::asio::local::stream_protocol::socket socket;
    boost::asio::steady_timer timer;
    std::array<char, 4096> piece{};
    std::string request;
    ScriptedAnswer script;
};

ScriptedServer::ScriptedServer(boost::asio::io_context& io, std::string path)
    : path_{std::move(path)}, acceptor_{io, boost::asio::local::stream_protocol::endpoint{path_}} {
    accept();
}

ScriptedServer::~ScriptedServer() {
    *alive_ = false;
    drop_connections();
    ::unlink(path_.c_str());
}

void ScriptedServer::drop_connections() {
    for (const auto& connection : std::exchange(held_, {})) {
        error_code ignored;
        connection->socket.close(ignored);
    }
}

void ScriptedServer::accept() {
    acceptor_.async_accept([this, alive = alive_](error_code error, auto socket) {
        if (error || !*alive) {
            return;
        }
        read(std::make_shared<Connection>(std::move(socket)));
        accept();
    });
}

void ScriptedServer::read(const std::shared_ptr<Connection>& connection) {
    connection->socket.async_read_some(
        boost::asio::buffer(connection->piece), [this, connection, alive = alive_](error_code error, std::size_t size) {
            if (error || !*alive) {
                return;
            }
            connection->request.append(connection->piece.data(), size);
            const std::size_t header = connection->request.find("\r\n\r\n");
            const std::size_t length = connection->request.find("Content-Length: ");
            const std::size_t body = length < header ? std::stoul(connection->request.substr(length + 16)) : 0;
            if (header == std::string::npos || connection->request.size() < header + 4 + body) {
                read(connection);
            } else {
                answer(connection);
            }
        });
}

void ScriptedServer::answer(const std::shared_ptr<Connection>& connection) {
    requests_.push_back(connection->request);
    if (answers_.empty()) {
        return; // the connection goes with its last owner
    }
    connection->script = std::move(answers_.front());
    answers_.pop_front();
    write(connection, 0);
}

void ScriptedServer::write(const std::shared_ptr<Connection>& connection, std::size_t offset) {
    ScriptedAnswer& script = connection->script;
    if (offset >= script.bytes.size()) {
        offset = 0;
        --script.times;
    }
    if (script.bytes.empty() || script.times == 0) {
        finish(connection);
        return;
    }
    const std::size_t size = script.drip.count() != 0 ? 1 : script.bytes.size() - offset;
    boost::asio::async_write(connection->socket, boost::asio::buffer(script.bytes.data() + offset, size),
                             [this, connection, offset, size, alive = alive_](error_code error, std::size_t) {
                                 if (error || !*alive) {
                                     return;
                                 }
                                 if (connection->script.drip.count() == 0) {
                                     write(connection, offset + size);
                                     return;
                                 }
                                 connection->timer.expires_after(connection->script.drip);
                                 connection->timer.async_wait(
                                     [this, connection, offset, size, alive](error_code cancelled) {
                                         if (!cancelled && *alive) {
                                             write(connection, offset + size);
                                         }
                                     });
                             });
}

void ScriptedServer::finish(const std::shared_ptr<Connection>& connection) {
    if (connection->script.hold) {
        held_.push_back(connection);
        return;
    }
    error_code ignored;
    connection->socket.shutdown(boost::asio::socket_base::shutdown_both, ignored);
    connection->socket.close(ignored);
}

} // namespace berth::test
