#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace berth::os {

/// What one berthd writes for the next one of this boot: FOLDER/NAME.json, mode 0600 in a folder of mode 0700, two
/// lines each:
///   {MARK:1,"boot":BOOT-ID,"crc32":CHECKSUM}     CRC-32 (IEEE 802.3) of the second line without its end
///   VALUE                                        JSON
/// Written as a whole or not at all; a value that did not change is not written again. A file of another boot says
/// nothing of this one and is passed over; one that is torn, damaged or of a newer version is logged and never
/// believed. Names are file names that the caller has found safe. Short calls on a local file system; one thread.
class StateFiles {
  public:
    static constexpr int version = 1;
    static constexpr std::size_t largest = std::size_t{256} * 1024; ///< bytes of a file; a larger one is damaged

    /// `mark`: what sort of value it is, e.g. "berth-seat".
    StateFiles(std::string folder, std::string mark);

    /// What cannot be written is logged once, and lost for the next berthd.
    void keep(const std::string& name, const nlohmann::json& value);
    void forget(const std::string& name);

    /// Calls `each` for every value that is believed, by its name; where `each` says what is wrong with it, that is
    /// logged. `is_safe`: whether a name is one of ours; what has another is passed over.
    void read(const std::function<bool(const std::string& name)>& is_safe,
              const std::function<Result<void>(const std::string& name, const nlohmann::json& value)>& each) const;

    /// What `text`, a file's content, says; nothing when it is of another boot. The error names what is wrong.
    static Result<std::optional<nlohmann::json>> parse(std::string_view mark, std::string_view text,
                                                       std::string_view boot);

  private:
    [[nodiscard]] bool is_open() const;
    Result<void> write(const std::string& file, const std::string& text);

    std::string folder_;
    std::string mark_;
    std::string boot_; ///< sd_id128_get_boot(3), hexadecimal
    UniqueFd open_folder_;
    std::map<std::string, std::size_t> written_; ///< what each says, as a hash: the text would be there twice
    bool failing_{false};
};

} // namespace berth::os
