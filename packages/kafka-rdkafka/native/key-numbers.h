#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace goka {

// Numbers the keys of one partition in the order in which they are first seen, so that JavaScript finds what belongs to a
// key by an index, without making a string of it or hashing it.
//
// Most of the time would go into waiting for memory. So a key is looked up in steps, and whoever has many takes each step
// for all of them: `fetch_slot`, `fetch_entry`, `number`.
class KeyNumbers {
 public:
  static uint32_t hash(std::string_view key);
  void fetch_slot(uint32_t hash) const;
  void fetch_entry(uint32_t hash) const;
  int32_t number(std::string_view key, uint32_t hash);
  size_t keys() const { return entries_.size(); }

 private:
  static constexpr size_t kInline = 24;
  struct Entry {
    uint32_t hash;
    uint32_t length;
    // The key, or where it starts in `long_keys_`.
    char key[kInline];
  };

  void grow();
  bool is(const Entry &entry, std::string_view key) const;
  Entry entry(std::string_view key, uint32_t hash);

  std::vector<Entry> entries_;
  std::vector<char> long_keys_;
  // Open addressing, a power of two: 0 is free, else the number plus one.
  std::vector<uint32_t> slots_;
};

// The numbers of all partitions of a consumer. What they may take is bounded: beyond that all are forgotten, and `epoch`
// tells that numbers count from 0 again.
class PartitionKeyNumbers {
 public:
  PartitionKeyNumbers();
  // To be called before records are numbered: the numbers of one slab are of one epoch.
  void make_room(size_t records);
  KeyNumbers &of(int32_t partition);
  // -1: the key has none.
  int32_t number(int32_t partition, std::string_view key, uint32_t hash);
  // Unique in the process.
  double epoch() const { return epoch_; }

 private:
  std::unordered_map<int32_t, KeyNumbers> partitions_;
  // The partition of the last record: mostly that of the next one too.
  int32_t recent_partition_ = -1;
  KeyNumbers *recent_ = nullptr;
  size_t keys_ = 0;
  size_t bytes_ = 0;
  double epoch_;
};

}  // namespace goka
