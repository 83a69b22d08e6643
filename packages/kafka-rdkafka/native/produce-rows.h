#pragma once

#include <cstddef>
#include <cstdint>

#include "librdkafka.h"

namespace goka {

// One row of a ProduceBatch of @goka/interface.
struct ProduceRow {
  double timestamp;
  int32_t topic;
  int32_t partition;
  int32_t key_start;
  int32_t key_length;
  int32_t value_start;
  int32_t value_length;
  int32_t headers_start;
  int32_t headers_length;
};
static_assert(sizeof(ProduceRow) == 40, "the layout is agreed with JavaScript");

// Part of a record's bytes. `start` is nullptr where the record has no such part, and only there.
struct Part {
  const char *start;
  size_t size;
};

// Reads the rows of a batch. They come from outside: whatever is in them, nothing is read but rows and bytes.
class ProduceRows {
 public:
  ProduceRows(const char *rows, uint32_t length, const char *bytes, size_t size)
      : rows_(rows), length_(length), bytes_(bytes), size_(size) {}

  uint32_t length() const { return length_; }
  ProduceRow row(uint32_t index) const;
  // False: out of range.
  bool key(const ProduceRow &row, Part *key) const;
  bool value(const ProduceRow &row, Part *value) const;
  bool headers(const ProduceRow &row, Part *headers) const;
  // In librdkafka's terms: 0 is now. False: not a timestamp.
  static bool timestamp(const ProduceRow &row, int64_t *timestamp);

 private:
  bool part(int32_t start, int32_t length, Part *part) const;

  const char *rows_;
  uint32_t length_;
  const char *bytes_;
  size_t size_;
};

}  // namespace goka
