#pragma once

#include <cstddef>

/// Directories and small files without an allocation: opendir(3) and stdio's streams take memory from the heap.
namespace berth::guard {

/// The names in a directory, "." and ".." left out, from getdents64(2). Keeps the descriptor open while it lives.
class Folder {
  public:
    /// `name` below `parent` (AT_FDCWD for a path). Without a directory there, next() says that there is no name.
    Folder(int parent, const char* name);
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder();

    [[nodiscard]] int fd() const { return fd_; }

    /// The next name, valid until the next call; nullptr at the end.
    const char* next();

  private:
    int fd_;
    std::size_t at_{0};
    std::size_t filled_{0};
    alignas(8) char buffer_[4096];
};

/// The file's beginning, at most `size - 1` bytes, with a NUL behind it and a line break at its end cut off. False when
/// it cannot be read.
bool read_file(int parent, const char* name, char* buffer, std::size_t size);

/// Writes `text` in one write(2); false when not all of it was taken.
bool write_file(int parent, const char* name, const char* text);

/// The number that begins `text`; false when there is none, or it does not fit.
bool read_number(const char* text, unsigned long long& number);

} // namespace berth::guard
