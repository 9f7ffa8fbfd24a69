#pragma once

#include "recording/recording.hpp"

#include <map>
#include <string>
#include <umockdev.h>
#include <vector>

namespace berth::test {

/// A sysfs and udev of the test's own (umockdev) that are what a recording says, seen by this process and those that it
/// starts. One at a time. What cannot be as the recording says fails the test.
class Testbed {
  public:
    Testbed();
    Testbed(const Testbed&) = delete;
    Testbed& operator=(const Testbed&) = delete;
    ~Testbed();

    /// False: this process runs without umockdev's preloaded library.
    static bool is_possible();

    /// Each device is there as it is described; "add" is sent of those that were not.
    void put(const std::vector<recording::Device>& devices);

    /// What the event says has happened, and its message is sent.
    void apply(const recording::Event& event);

  private:
    void add(const recording::Device& device);
    void change(const recording::Device& device);
    void remove(const std::string& path);
    void keep_only(const std::vector<recording::Device>& devices);
    [[nodiscard]] std::string file_of(const std::string& path, const std::string& name) const;

    UMockdevTestbed* testbed_;
    std::string root_;                                 ///< where umockdev keeps its files
    std::map<std::string, recording::Device> present_; ///< by path
};

} // namespace berth::test
