#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace berth::test {

/// Every state that can be reached, breadth first, with the way it was reached. `Play` says what is searched: its types
/// State (with `take(move)`, which returns what is wrong, and `abstract()`, alike for states that are alike) and Move
/// (with `describe`); `moves(state)`, what could happen; `settle(state)`, after each move.
template <class Play>
class Search {
  public:
    using State = typename Play::State;
    using Move = typename Play::Move;

    struct Node {
        State state;
        std::size_t parent;
        Move by;
    };

    explicit Search(State from) { add(std::move(from), 0, Move{}); }

    /// Visits all; stops at the first state that breaks an invariant and returns what broke, with the path.
    std::string run() {
        for (std::size_t at = 0; at < nodes_.size(); ++at) {
            for (const Move& move : Play::moves(nodes_[at].state)) {
                ++transitions_;
                State next = nodes_[at].state;
                const std::vector<std::string> wrong = next.take(move);
                if (!wrong.empty()) {
                    return wrong.front() + "\n" + path(at) + "  " + describe(move);
                }
                Play::settle(next);
                add(std::move(next), at, move);
            }
        }
        return {};
    }

    [[nodiscard]] std::string path(std::size_t at) const {
        std::string text;
        for (; at != 0; at = nodes_[at].parent) {
            text.insert(0, "  " + describe(nodes_[at].by) + "\n");
        }
        return text;
    }

    [[nodiscard]] const std::deque<Node>& nodes() const { return nodes_; }

    [[nodiscard]] std::size_t transitions() const { return transitions_; }

  private:
    void add(State state, std::size_t parent, const Move& by) {
        if (seen_.insert(state.abstract()).second) {
            nodes_.push_back(Node{std::move(state), parent, by});
        }
    }

    std::deque<Node> nodes_;
    std::unordered_set<std::string> seen_;
    std::size_t transitions_{0};
};

} // namespace berth::test
