#include "key-numbers.h"

#include <atomic>
#include <cstring>
#include <functional>

namespace goka {

namespace {

constexpr size_t kFirstSlots = 1024;
// About 24 MB.
constexpr size_t kMaxKeys = size_t{1} << 19;
constexpr size_t kMaxBytes = size_t{1} << 24;
// A longer key is not worth its place.
constexpr size_t kMaxLength = 255;

double next_epoch() {
  static std::atomic<uint32_t> last{0};
  return static_cast<double>(++last);
}

}  // namespace

uint32_t KeyNumbers::hash(std::string_view key) {
  return static_cast<uint32_t>(std::hash<std::string_view>{}(key));
}

void KeyNumbers::fetch_slot(uint32_t hash) const {
  if (!slots_.empty()) __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
}

void KeyNumbers::fetch_entry(uint32_t hash) const {
  if (slots_.empty()) return;
  const uint32_t slot = slots_[hash & (slots_.size() - 1)];
  if (slot != 0) __builtin_prefetch(&entries_[slot - 1]);
}

int32_t KeyNumbers::number(std::string_view key, uint32_t hash) {
  if (entries_.size() * 2 >= slots_.size()) grow();
  const size_t mask = slots_.size() - 1;
  size_t at = hash & mask;
  for (; slots_[at] != 0; at = (at + 1) & mask) {
    const Entry &known = entries_[slots_[at] - 1];
    if (known.hash == hash && is(known, key)) return static_cast<int32_t>(slots_[at] - 1);
  }
  entries_.push_back(entry(key, hash));
  slots_[at] = static_cast<uint32_t>(entries_.size());
  return static_cast<int32_t>(entries_.size() - 1);
}

void KeyNumbers::grow() {
  const size_t size = slots_.empty() ? kFirstSlots : slots_.size() * 2;
  slots_.assign(size, 0);
  for (size_t i = 0; i < entries_.size(); i++) {
    size_t at = entries_[i].hash & (size - 1);
    while (slots_[at] != 0) at = (at + 1) & (size - 1);
    slots_[at] = static_cast<uint32_t>(i + 1);
  }
}

bool KeyNumbers::is(const Entry &entry, std::string_view key) const {
  if (entry.length != key.size()) return false;
  if (entry.length <= kInline) return std::memcmp(entry.key, key.data(), key.size()) == 0;
  size_t start;
  std::memcpy(&start, entry.key, sizeof start);
  return std::memcmp(long_keys_.data() + start, key.data(), key.size()) == 0;
}

KeyNumbers::Entry KeyNumbers::entry(std::string_view key, uint32_t hash) {
  Entry made{hash, static_cast<uint32_t>(key.size()), {}};
  if (key.size() <= kInline) {
    if (!key.empty()) std::memcpy(made.key, key.data(), key.size());
  } else {
    const size_t start = long_keys_.size();
    std::memcpy(made.key, &start, sizeof start);
    long_keys_.insert(long_keys_.end(), key.begin(), key.end());
  }
  return made;
}

PartitionKeyNumbers::PartitionKeyNumbers() : epoch_(next_epoch()) {}

void PartitionKeyNumbers::make_room(size_t records) {
  if (keys_ + records <= kMaxKeys && bytes_ <= kMaxBytes) return;
  partitions_.clear();
  recent_ = nullptr;
  keys_ = 0;
  bytes_ = 0;
  epoch_ = next_epoch();
}

KeyNumbers &PartitionKeyNumbers::of(int32_t partition) {
  if (recent_ == nullptr || partition != recent_partition_) {
    recent_ = &partitions_[partition];
    recent_partition_ = partition;
  }
  return *recent_;
}

int32_t PartitionKeyNumbers::number(int32_t partition, std::string_view key, uint32_t hash) {
  if (key.size() > kMaxLength) return -1;
  KeyNumbers &numbers = of(partition);
  const size_t before = numbers.keys();
  const int32_t number = numbers.number(key, hash);
  if (numbers.keys() > before) {
    keys_++;
    bytes_ += key.size();
  }
  return number;
}

}  // namespace goka
