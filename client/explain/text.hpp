#pragma once

#include "explain/advice.hpp"
#include "explain/facts.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

/// The two forms in which facts and advice are told.
namespace berth::explain {

/// For a person: a line a fact, what is not readable by name, then each advice with its command below.
std::vector<std::string> lines_of(const Facts& facts, const std::vector<Advice>& advice);

/// For a program. Keys are added in later versions, never renamed; what is not known is null.
///
///     seat       the seat's name
///     root       whoever asked was root
///     visible    number of the visible terminal
///     terminals  [{number, visible, lent, home, allocated: booleans; mode: "text" or "graphics"; switches: "kernel" or
///     "process";
///                keyboard: "unicode", "xlate", "off", "raw" or "mediumraw"; holders: [process]}]
///     cards      [{name, seat, master: process, master_known, holders}]; master null and master_known true: nobody
///     inputs     [{name, title, seat, holders}]
///     sessions   [{id, user, uid, state, closing, active, seat, vt, type, service, leader: process, processes}]
///     lease      {state: "none", "unreadable", "torn", "idle", "armed" or "restore"; vt, home, init: process,
///                init_lives, trouble}
///     guard      {presence, word, vt, desktop, berthd, restored, report: the guard's last report, trouble}
///     berthd     {presence, pid, state, mode, desktop, vt, failed_step, failure, trouble}
///     gaps       [{what, why}]: what could not be read
///     advice     [{well, what, next}]: at least one; the most urgent first
///
/// A process is {pid, name, state}, state being proc(5)'s letter. presence: "absent", "silent", "here" or "unasked".
nlohmann::json json_of(const Facts& facts, const std::vector<Advice>& advice);

} // namespace berth::explain
