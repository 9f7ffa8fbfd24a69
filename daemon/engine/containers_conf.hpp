#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace berth::engine {

/// containers.conf(5) files laid over one another, key by key, the later one winning: what podman does with its own
/// ones, and does not when CONTAINERS_CONF names a file. Reads as much of TOML 1.0 as such files have: tables, keys,
/// values that go over several lines while a bracket is open; values are not looked into. Pure.
class ContainersConf {
  public:
    /// Lays `text` over what is there. What is not understood is left out.
    void add(std::string_view text);

    /// All of it as one file.
    [[nodiscard]] std::string text() const;

  private:
    struct Table {
        std::string header; ///< "[engine.runtimes]"; empty: the keys before any table
        std::vector<std::pair<std::string, std::string>> entries; ///< key, and value as it was written
    };

    Table& table(std::string_view header);
    static void set(Table& table, std::string_view key, std::string value);

    std::vector<Table> tables_;
};

/// The system's own files in podman's order, laid over one another: /usr/share/containers/containers.conf,
/// /etc/containers/containers.conf and /etc/containers/containers.conf.d/*.conf; `root` stands before each path.
ContainersConf system_containers_conf(const std::string& root);

} // namespace berth::engine
