#pragma once

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace berth::store {

/// A value that the schema does not allow.
struct Mistake {
    std::string pointer; ///< JSON pointer of the value
    std::string message; ///< what is wrong and what was expected
};

/// A published schema (JSON Schema, draft 7) as the validator of one kind of profile. Of each part `title` says what is
/// expected, in words for messages; each rule for the names of an object's members ("propertyNames", "allOf") has a
/// `description`, what is wrong with a name that breaks it, besides. Read-only once made.
class ProfileSchema {
  public:
    /// Throws where `text` is no schema: a bug in what was built in.
    explicit ProfileSchema(std::string_view text);
    ~ProfileSchema();

    /// The first mistake of `document`; none when it is valid.
    [[nodiscard]] std::optional<Mistake> check(const nlohmann::json& document) const;

    /// What a whole document is: "a desktop profile".
    [[nodiscard]] std::string title() const;

  private:
    struct Parts;
    std::unique_ptr<const Parts> parts_;
};

/// Those that are built in, made at the first call.
const ProfileSchema& desktop_schema();
const ProfileSchema& app_schema();
const ProfileSchema& dock_schema();

} // namespace berth::store
