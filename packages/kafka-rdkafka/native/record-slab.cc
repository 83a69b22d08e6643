#include "record-slab.h"

#include <algorithm>
#include <cstring>

#include "packed-headers.h"

namespace goka {

namespace {

// Number.MAX_SAFE_INTEGER - 1: the next offset must be safe too.
constexpr int64_t kMaxOffset = (int64_t{1} << 53) - 2;
// Starts are i32. A slab of several messages stays below half of that; a single one has the rest to itself.
constexpr size_t kMaxSlab = INT32_MAX / 2;
constexpr size_t kMaxMessage = INT32_MAX - 65536;

std::string_view key_of(const rd_kafka_message_t *message) {
  return {static_cast<const char *>(message->key), message->key_len};
}

}  // namespace

size_t TopicNames::index(const char *name) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) found = names_.insert(found, name);
  return static_cast<size_t>(found - names_.begin());
}

std::vector<std::string> TopicNames::all() {
  std::lock_guard<std::mutex> lock(mutex_);
  return names_;
}

size_t SlabPacker::pack(rd_kafka_message_t **messages, size_t count, size_t max_bytes, double mark,
                        Slab *slab) {
  const size_t packed = plan(messages, count, std::min(max_bytes, kMaxSlab));
  if (numbers_ != nullptr) fetch_numbers(messages, packed);
  const size_t size = bytes_start() + bytes_;
  slab->memory.reset(std::malloc(size));
  if (slab->memory == nullptr) std::abort();
  auto *base = static_cast<char *>(slab->memory.get());
  char *at = write_entries(base, mark);
  auto *rows = reinterpret_cast<RecordRow *>(base + rows_start());
  auto *numbers = reinterpret_cast<int32_t *>(base + numbers_start());
  for (size_t i = 0; i < packed; i++) {
    if (entry_of_[i] != kNoEntry) {
      const rd_kafka_message_t *message = messages[i];
      const size_t row = entries_[entry_of_[i]].row++;
      at = write_record(base, at, message, headers_[i], &rows[row]);
      if (numbers_ != nullptr) {
        numbers[row] = message->key == nullptr
                           ? -1
                           : numbers_->number(message->partition, key_of(message), hashes_[i]);
      }
    }
    api_.message_destroy(messages[i]);
  }
  slab->size = static_cast<size_t>(at - base);
  return packed;
}

size_t SlabPacker::plan(rd_kafka_message_t **messages, size_t count, size_t max_bytes) {
  entries_.clear();
  entry_of_.clear();
  headers_.clear();
  rows_ = 0;
  bytes_ = 0;
  size_t i = 0;
  for (; i < count; i++) {
    rd_kafka_headers_t *headers = nullptr;
    const size_t size = size_of(messages[i], &headers);
    if (i > 0 && bytes_ + (rows_ + 1) * sizeof(RecordRow) + size > max_bytes) break;
    place(messages[i], size);
    headers_.push_back(headers);
    bytes_ += size;
  }
  return i;
}

size_t SlabPacker::size_of(const rd_kafka_message_t *message, rd_kafka_headers_t **headers) const {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) return message->len;
  size_t size = message->key_len + message->len;
  if (api_.message_headers(message, headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    size += packed_headers_size(api_, *headers);
  } else {
    *headers = nullptr;
  }
  return size;
}

// Brings what the numbering of the keys will look at into the processor's cache.
void SlabPacker::fetch_numbers(rd_kafka_message_t **messages, size_t count) {
  numbers_->make_room(rows_);
  hashes_.assign(count, 0);
  for (size_t i = 0; i < count; i++) {
    if (entry_of_[i] == kNoEntry || messages[i]->key == nullptr) continue;
    hashes_[i] = KeyNumbers::hash(key_of(messages[i]));
    numbers_->of(messages[i]->partition).fetch_slot(hashes_[i]);
  }
  for (size_t i = 0; i < count; i++) {
    if (entry_of_[i] == kNoEntry || messages[i]->key == nullptr) continue;
    numbers_->of(messages[i]->partition).fetch_entry(hashes_[i]);
  }
}

size_t SlabPacker::rows_start() const {
  return sizeof(SlabHeader) + entries_.size() * sizeof(SlabEntry);
}

size_t SlabPacker::bytes_start() const {
  return numbers_start() + (numbers_ == nullptr ? 0 : rows_ * sizeof(int32_t));
}

// Decides which entry a message belongs to.
void SlabPacker::place(const rd_kafka_message_t *message, size_t size) {
  Entry *open = find_open(message);
  uint32_t entry_of = kNoEntry;
  if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    if (open == nullptr) open = add_entry(message);
    open->offset = message->offset;
    open->at_end = true;
    open->closed = true;
  } else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (open != nullptr) open->closed = true;
    Entry *fault = add_entry(message);
    fault->code = message->err;
    fault->text = static_cast<const char *>(message->payload);
    fault->length = message->payload == nullptr ? 0 : message->len;
    fault->closed = true;
  } else if (message->offset > kMaxOffset || size > kMaxMessage) {
    if (open != nullptr) open->closed = true;
    Entry *fault = add_entry(message);
    fault->code = RD_KAFKA_RESP_ERR__BAD_MSG;
    fault->closed = true;
  } else {
    if (open == nullptr) open = add_entry(message);
    open->offset = message->offset + 1;
    open->length++;
    rows_++;
    entry_of = static_cast<uint32_t>(open - entries_.data());
  }
  entry_of_.push_back(entry_of);
}

SlabPacker::Entry *SlabPacker::find_open(const rd_kafka_message_t *message) {
  for (size_t i = entries_.size(); i-- > 0;) {
    Entry &entry = entries_[i];
    if (entry.topic == message->rkt && entry.partition == message->partition) {
      return entry.closed ? nullptr : &entry;
    }
  }
  return nullptr;
}

SlabPacker::Entry *SlabPacker::add_entry(const rd_kafka_message_t *message) {
  entries_.push_back({message->rkt, message->partition, RD_KAFKA_RESP_ERR_NO_ERROR, nullptr, false,
                      false, message->offset, 0, 0});
  return &entries_.back();
}

// Returns where the bytes of the records start.
char *SlabPacker::write_entries(char *base, double mark) {
  *reinterpret_cast<SlabHeader *>(base) = {static_cast<double>(entries_.size()), mark,
                                           numbers_ == nullptr ? 0.0 : numbers_->epoch()};
  auto *entry = reinterpret_cast<SlabEntry *>(base + sizeof(SlabHeader));
  char *at = base + bytes_start();
  size_t row = 0;
  for (Entry &from : entries_) {
    const bool batch = from.code == RD_KAFKA_RESP_ERR_NO_ERROR;
    const size_t start =
        batch ? rows_start() + row * sizeof(RecordRow) : static_cast<size_t>(at - base);
    const bool named = from.topic != nullptr;
    *entry++ = {named ? static_cast<double>(topics_->index(api_.topic_name(from.topic))) : -1.0,
                named ? static_cast<double>(from.partition) : -1.0,
                static_cast<double>(start),
                static_cast<double>(from.length),
                static_cast<double>(from.offset),
                from.at_end ? 1.0 : 0.0,
                static_cast<double>(from.code),
                static_cast<double>(numbers_start() + row * sizeof(int32_t))};
    if (batch) {
      from.row = row;
      row += from.length;
    } else if (from.length > 0) {
      std::memcpy(at, from.text, from.length);
      at += from.length;
    }
  }
  return at;
}

char *SlabPacker::write_record(char *base, char *at, const rd_kafka_message_t *message,
                               const rd_kafka_headers_t *headers, RecordRow *row) const {
  const auto position = [base](const char *where) { return static_cast<int32_t>(where - base); };
  rd_kafka_timestamp_type_t type;
  row->offset = static_cast<double>(message->offset);
  row->timestamp = static_cast<double>(api_.message_timestamp(message, &type));
  row->key_start = position(at);
  row->key_length = message->key == nullptr ? -1 : static_cast<int32_t>(message->key_len);
  if (row->key_length > 0) {
    std::memcpy(at, message->key, message->key_len);
    at += message->key_len;
  }
  row->value_start = position(at);
  row->value_length = message->payload == nullptr ? -1 : static_cast<int32_t>(message->len);
  if (row->value_length > 0) {
    std::memcpy(at, message->payload, message->len);
    at += message->len;
  }
  row->headers_start = position(at);
  if (headers != nullptr) at = write_packed_headers(api_, headers, at);
  row->headers_length = position(at) - row->headers_start;
  return at;
}

}  // namespace goka
