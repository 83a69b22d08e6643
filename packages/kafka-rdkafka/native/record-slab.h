#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "key-numbers.h"
#include "librdkafka.h"

namespace goka {

struct Free {
  void operator()(void *memory) const { std::free(memory); }
};

// What one pop gave, in one piece of memory that JavaScript gets as an ArrayBuffer:
//
//   SlabHeader
//   SlabEntry for each batch and fault, in order
//   RecordRow for each record, those of a batch together
//   int32_t for each record, in the same order: the number of its key, where keys are numbered
//   the bytes that rows and faults refer to
//
// Numbers are f64 where JavaScript reads them once a batch. Starts count from the beginning of the slab.
struct Slab {
  std::unique_ptr<void, Free> memory;
  size_t size = 0;
};

struct SlabHeader {
  double entries;
  // The mark (see ConsumerPump) that was in force when the pop began.
  double mark;
  // Of the numbers of keys; 0: keys are not numbered.
  double key_epoch;
};

struct SlabEntry {
  // Index in TopicNames; -1: of no topic.
  double topic;
  // -1: of no partition.
  double partition;
  // A batch's rows, or a fault's message: where it starts, how many rows or bytes.
  double start;
  double length;
  // A batch's next offset, or the offset that a fault is about (-1: none).
  double offset;
  double at_end;
  // 0: a batch, else a fault with librdkafka's code.
  double code;
  // Where the numbers of a batch's keys start.
  double numbers_start;
};

// As in RecordBatch of @goka/interface.
struct RecordRow {
  double offset;
  double timestamp;
  int32_t key_start;
  int32_t key_length;
  int32_t value_start;
  int32_t value_length;
  int32_t headers_start;
  int32_t headers_length;
};
static_assert(sizeof(RecordRow) == 40, "the layout is agreed with JavaScript");
static_assert(sizeof(SlabHeader) % 8 == 0 && sizeof(SlabEntry) % 8 == 0, "rows are aligned");

// The topics that slabs refer to, by index. Only grows.
class TopicNames {
 public:
  size_t index(const char *name);
  std::vector<std::string> all();

 private:
  std::mutex mutex_;
  std::vector<std::string> names_;
};

// Packs messages. Keeps its working memory from one slab to the next.
class SlabPacker {
 public:
  // With `numbers`, which may be nullptr, keys are numbered.
  SlabPacker(const Librdkafka &api, TopicNames *topics, PartitionKeyNumbers *numbers)
      : api_(api), topics_(topics), numbers_(numbers) {}

  // Packs messages up to about `max_bytes` (at least one), and destroys those.
  // Returns how many; `*slab` has them.
  size_t pack(rd_kafka_message_t **messages, size_t count, size_t max_bytes, double mark,
              Slab *slab);

 private:
  struct Entry {
    const rd_kafka_topic_t *topic;
    int32_t partition;
    // 0: a batch.
    rd_kafka_resp_err_t code;
    // Of a fault; maybe nullptr.
    const char *text;
    // Nothing more is added: what follows in its partition makes another entry.
    bool closed;
    bool at_end;
    int64_t offset;
    size_t length;
    // Of a batch: the next of its rows to be written.
    size_t row;
  };

  size_t plan(rd_kafka_message_t **messages, size_t count, size_t max_bytes);
  // Upper bound of what a message adds to the bytes.
  size_t size_of(const rd_kafka_message_t *message, rd_kafka_headers_t **headers) const;
  void place(const rd_kafka_message_t *message, size_t size);
  Entry *find_open(const rd_kafka_message_t *message);
  Entry *add_entry(const rd_kafka_message_t *message);
  char *write_entries(char *base, double mark);
  char *write_record(char *base, char *at, const rd_kafka_message_t *message,
                     const rd_kafka_headers_t *headers, RecordRow *row) const;
  void fetch_numbers(rd_kafka_message_t **messages, size_t count);
  size_t rows_start() const;
  // Of all records; as long as nothing when keys are not numbered.
  size_t numbers_start() const { return rows_start() + rows_ * sizeof(RecordRow); }
  size_t bytes_start() const;

  const Librdkafka &api_;
  TopicNames *const topics_;
  PartitionKeyNumbers *const numbers_;
  std::vector<Entry> entries_;
  // By message: its entry (kNoEntry: it is not a record) and its headers.
  static constexpr uint32_t kNoEntry = UINT32_MAX;
  std::vector<uint32_t> entry_of_;
  std::vector<rd_kafka_headers_t *> headers_;
  // By message: of its key, where keys are numbered.
  std::vector<uint32_t> hashes_;
  size_t rows_ = 0;
  size_t bytes_ = 0;
};

}  // namespace goka
