#include "producer-sink.h"

#include <chrono>
#include <utility>

#include "packed-headers.h"

namespace goka {

namespace {

// The client does not tell when its queue has room again.
constexpr std::chrono::milliseconds kRoomCheck{1};

// How often a fatal fault is looked for while records are under way.
constexpr std::chrono::milliseconds kFaultCheck{100};

// Index in Delivery::ends of a record that goes nowhere.
constexpr uint32_t kNowhere = UINT32_MAX;

}  // namespace

ProducerSink::ProducerSink(std::shared_ptr<Client> client, std::shared_ptr<Waker> waker)
    : ClientThread(std::move(client), std::move(waker)) {
  client_->deliveries().listen(waker_);
}

void ProducerSink::send(std::unique_ptr<Delivery> delivery, ProduceRows rows,
                        std::vector<std::string> topics) {
  const uint32_t sequence = client_->deliveries().open(std::move(delivery));
  Batch batch{sequence, rows, std::move(topics), {}};
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!stopping_) {
      waiting_.push_back(std::move(batch));
      changed_.notify_all();
      return;
    }
  }
  refuse_from(batch, 0);
}

void ProducerSink::run() {
  for (;;) {
    std::unique_lock<std::mutex> lock(mutex_);
    wait_for_batch(&lock);
    if (waiting_.empty()) break;
    Batch batch = std::move(waiting_.front());
    waiting_.pop_front();
    const bool stopping = stopping_;
    lock.unlock();
    if (stopping) {
      refuse_from(batch, 0);
    } else {
      produce(batch);
    }
  }
  for (const auto &topic : topics_) api_.topic_destroy(topic.second);
}

// Returns with a batch, or when there will be none.
void ProducerSink::wait_for_batch(std::unique_lock<std::mutex> *lock) {
  const auto is_due = [this] { return stopping_ || !waiting_.empty(); };
  while (!is_due()) {
    if (!client_->deliveries().busy()) {
      // A new one comes by send(), which notifies.
      changed_.wait(*lock, is_due);
    } else if (!changed_.wait_for(*lock, kFaultCheck, is_due)) {
      lock->unlock();
      purge_after_fault();
      lock->lock();
    }
  }
}

// librdkafka purges its queue when the fault comes. A record that slips in behind that would wait for its time-out.
void ProducerSink::purge_after_fault() {
  char reason[8];
  if (api_.fatal_error(client_->handle(), reason, sizeof reason) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    api_.purge(client_->handle(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_NON_BLOCKING);
  }
}

void ProducerSink::produce(Batch &batch) {
  DeliveryTracker &deliveries = client_->deliveries();
  Delivery *delivery = deliveries.find(batch.sequence);
  if (delivery == nullptr) return;
  for (const std::string &name : batch.topics) batch.handles.push_back(topic(name));
  place(batch, delivery);
  for (uint32_t i = 0; i < batch.rows.length(); i++) {
    // The delivery lives as long as a record of it is not settled, and this one is not.
    const uint32_t end = delivery->end_of[i];
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR__INVALID_ARG;
    if (end != kNowhere) {
      while ((error = produce_record(batch, i, delivery->ends[end])) ==
             RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        if (!wait_for_room()) {
          refuse_from(batch, i);
          return;
        }
      }
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) deliveries.refuse(batch.sequence, i, error);
  }
}

void ProducerSink::place(const Batch &batch, Delivery *delivery) {
  const uint32_t length = batch.rows.length();
  delivery->end_of.assign(length, kNowhere);
  std::unordered_map<uint64_t, uint32_t> known;
  uint32_t recent = kNowhere;
  for (uint32_t i = 0; i < length; i++) {
    const ProduceRow row = batch.rows.row(i);
    if (row.topic < 0 || static_cast<size_t>(row.topic) >= batch.handles.size() ||
        batch.handles[static_cast<size_t>(row.topic)] == nullptr || row.partition < 0) {
      continue;
    }
    if (recent == kNowhere || delivery->ends[recent].topic != row.topic ||
        delivery->ends[recent].partition != row.partition) {
      const uint64_t key = uint64_t{static_cast<uint32_t>(row.topic)} << 32 |
                           static_cast<uint32_t>(row.partition);
      recent = known.emplace(key, static_cast<uint32_t>(delivery->ends.size())).first->second;
      if (recent == delivery->ends.size()) {
        delivery->ends.push_back({row.topic, row.partition, -1});
      }
    }
    delivery->end_of[i] = recent;
  }
}

rd_kafka_resp_err_t ProducerSink::produce_record(const Batch &batch, uint32_t index,
                                                 const Delivery::End &end) {
  const ProduceRow row = batch.rows.row(index);
  Part key;
  Part value;
  Part packed;
  int64_t timestamp;
  if (!batch.rows.key(row, &key) || !batch.rows.value(row, &value) ||
      !batch.rows.headers(row, &packed) || !ProduceRows::timestamp(row, &timestamp)) {
    return RD_KAFKA_RESP_ERR__INVALID_ARG;
  }
  rd_kafka_headers_t *headers = nullptr;
  if (packed.size > 0) {
    headers = read_packed_headers(api_, packed.start, packed.size);
    if (headers == nullptr) return RD_KAFKA_RESP_ERR__INVALID_ARG;
  }
  rd_kafka_vu_t arguments[8];
  size_t count = 0;
  const auto next = [&arguments, &count](rd_kafka_vtype_t type) -> auto & {
    arguments[count].vtype = type;
    return arguments[count++].u;
  };
  next(RD_KAFKA_VTYPE_RKT).rkt = batch.handles[static_cast<size_t>(end.topic)];
  next(RD_KAFKA_VTYPE_PARTITION).i32 = end.partition;
  next(RD_KAFKA_VTYPE_MSGFLAGS).i = RD_KAFKA_MSG_F_COPY;
  next(RD_KAFKA_VTYPE_OPAQUE).ptr = DeliveryTracker::opaque(batch.sequence, index);
  next(RD_KAFKA_VTYPE_KEY).mem = {const_cast<char *>(key.start), key.size};
  next(RD_KAFKA_VTYPE_VALUE).mem = {const_cast<char *>(value.start), value.size};
  next(RD_KAFKA_VTYPE_TIMESTAMP).i64 = timestamp;
  // Taken over by librdkafka, unless it fails.
  if (headers != nullptr) next(RD_KAFKA_VTYPE_HEADERS).headers = headers;
  rd_kafka_error_t *error = api_.produceva(client_->handle(), arguments, count);
  if (error == nullptr) return RD_KAFKA_RESP_ERR_NO_ERROR;
  if (headers != nullptr) api_.headers_destroy(headers);
  const rd_kafka_resp_err_t code = api_.error_code(error);
  api_.error_destroy(error);
  return code;
}

rd_kafka_topic_t *ProducerSink::topic(const std::string &name) {
  auto found = topics_.find(name);
  if (found != topics_.end()) return found->second;
  rd_kafka_topic_t *handle = api_.topic_new(client_->handle(), name.c_str(), nullptr);
  if (handle != nullptr) topics_.emplace(name, handle);
  return handle;
}

// False: stop.
bool ProducerSink::wait_for_room() {
  std::unique_lock<std::mutex> lock(mutex_);
  return !changed_.wait_for(lock, kRoomCheck, [this] { return stopping_; });
}

void ProducerSink::refuse_from(const Batch &batch, uint32_t index) {
  for (uint32_t i = index; i < batch.rows.length(); i++) {
    client_->deliveries().refuse(batch.sequence, i, RD_KAFKA_RESP_ERR__DESTROY);
  }
}

}  // namespace goka
