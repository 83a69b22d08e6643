#include "consumer-pump.h"

#include <algorithm>
#include <utility>

namespace goka {

namespace {

// An upper bound only: stop() and mark() interrupt the wait.
constexpr int kWaitMs = 1000;
// The first release where an end of partition or a fault that is popped in a batch leaves the partition's position alone.
// Before, the position ends up one too far (github.com/confluentinc/librdkafka/issues/4844), and a record is lost when
// librdkafka pauses and resumes the partition from there: it does, for those that stay, in a rebalance in parts.
constexpr int kBatchesKeepPositions = 0x020d02ff;
// Messages popped in one go, so that large ones do not add up far beyond the byte limit.
constexpr size_t kChunk = 256;

}  // namespace

ConsumerPump::ConsumerPump(std::shared_ptr<Client> client, std::shared_ptr<Waker> waker,
                           Limits limits)
    : ClientThread(std::move(client), std::move(waker)),
      limits_(limits),
      one_by_one_(client_->settings().rebalances_in_part && api_.version() < kBatchesKeepPositions),
      packer_(api_, &topics_, limits.number_keys ? &numbers_ : nullptr) {
  held_.reserve(limits.max_records);
}

Slab ConsumerPump::take() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (ready_.empty()) return {};
  Slab slab = std::move(ready_.front());
  ready_.pop_front();
  changed_.notify_all();
  return slab;
}

double ConsumerPump::mark() {
  std::lock_guard<std::mutex> lock(mutex_);
  mark_++;
  if (popping_) {
    interrupt();
  } else {
    settled_mark_ = mark_;
  }
  return mark_;
}

double ConsumerPump::settled_mark() {
  std::lock_guard<std::mutex> lock(mutex_);
  return settled_mark_;
}

void ConsumerPump::run() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    queue_ = api_.queue_get_consumer(client_->handle());
  }
  while (queue_ != nullptr && wait_for_room()) {
    if (held_next_ == held_.size()) pop();
    if (held_next_ < held_.size()) pack_held();
  }
  drop_held();
  std::lock_guard<std::mutex> lock(mutex_);
  if (queue_ != nullptr) api_.queue_destroy(queue_);
  queue_ = nullptr;
  ready_.clear();
}

void ConsumerPump::interrupt() {
  if (queue_ != nullptr) api_.queue_yield(queue_);
}

// False: stop. Else a slab can be made, and if nothing is held a pop begins.
bool ConsumerPump::wait_for_room() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || ready_.size() < limits_.max_ready; });
  if (stopping_) return false;
  if (held_next_ == held_.size()) {
    popping_ = true;
    held_mark_ = settled_mark_;
  }
  return true;
}

void ConsumerPump::pop() {
  held_.clear();
  held_next_ = 0;
  if (one_by_one_) {
    pop_one_by_one();
  } else {
    pop_in_batches();
  }
  end_pop();
}

void ConsumerPump::pop_in_batches() {
  size_t bytes = 0;
  size_t chunk = 1;
  while (chunk > 0) {
    const size_t before = held_.size();
    held_.resize(before + chunk);
    const ssize_t popped = api_.consume_batch_queue(queue_, before == 0 ? kWaitMs : 0,
                                                    held_.data() + before, chunk);
    held_.resize(before + static_cast<size_t>(std::max<ssize_t>(popped, 0)));
    for (size_t i = before; i < held_.size(); i++) bytes += held_[i]->len + held_[i]->key_len;
    if (held_.size() - before < chunk || bytes >= limits_.max_bytes) break;
    const size_t average = bytes / held_.size() + 1;
    chunk = std::min({kChunk, limits_.max_records - held_.size(),
                      (limits_.max_bytes - bytes) / average + 1});
  }
}

void ConsumerPump::pop_one_by_one() {
  size_t bytes = 0;
  while (held_.size() < limits_.max_records && bytes < limits_.max_bytes) {
    rd_kafka_message_t *message = api_.consume_queue(queue_, held_.empty() ? kWaitMs : 0);
    if (message == nullptr) break;
    held_.push_back(message);
    bytes += message->len + message->key_len;
  }
}

void ConsumerPump::end_pop() {
  std::unique_lock<std::mutex> lock(mutex_);
  popping_ = false;
  if (settled_mark_ == mark_) return;
  settled_mark_ = mark_;
  lock.unlock();
  waker_->wake();
}

void ConsumerPump::pack_held() {
  Slab slab;
  held_next_ += packer_.pack(held_.data() + held_next_, held_.size() - held_next_,
                             limits_.max_bytes, held_mark_, &slab);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ready_.push_back(std::move(slab));
  }
  waker_->wake();
}

void ConsumerPump::drop_held() {
  for (; held_next_ < held_.size(); held_next_++) api_.message_destroy(held_[held_next_]);
}

}  // namespace goka
