#include "delivery-tracker.h"

#include <utility>

namespace goka {

namespace {

// An opaque: mark, sequence number, index. The mark makes it an address that no 64-bit platform gives to programs.
static_assert(sizeof(void *) == 8, "the marks in message opaques need 64-bit pointers");
constexpr uint64_t kMark = 0x474b;
constexpr int kMarkShift = 48;
constexpr int kSequenceShift = 24;
constexpr uint64_t kFieldMask = DeliveryTracker::kMaxLength - 1;

}  // namespace

void DeliveryTracker::listen(std::shared_ptr<Waker> waker) {
  std::lock_guard<std::mutex> lock(mutex_);
  waker_ = std::move(waker);
}

uint32_t DeliveryTracker::open(std::unique_ptr<Delivery> delivery) {
  std::lock_guard<std::mutex> lock(mutex_);
  uint32_t sequence;
  do {
    sequence = next_sequence_;
    next_sequence_ = (next_sequence_ + 1) & kFieldMask;
  } while (open_.count(sequence) != 0);
  delivery->settled.assign(delivery->length, false);
  delivery->remaining = delivery->length;
  open_.emplace(sequence, std::move(delivery));
  return sequence;
}

Delivery *DeliveryTracker::find(uint32_t sequence) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = open_.find(sequence);
  return found == open_.end() ? nullptr : found->second.get();
}

void *DeliveryTracker::opaque(uint32_t sequence, uint32_t index) {
  return reinterpret_cast<void *>(kMark << kMarkShift | uint64_t{sequence} << kSequenceShift |
                                  index);
}

void DeliveryTracker::settle(void *opaque, rd_kafka_resp_err_t error, int64_t offset) {
  const auto bits = reinterpret_cast<uint64_t>(opaque);
  if (bits >> kMarkShift != kMark) return;
  std::shared_ptr<Waker> waker;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto sequence = static_cast<uint32_t>(bits >> kSequenceShift & kFieldMask);
    if (!settle_record(sequence, static_cast<uint32_t>(bits & kFieldMask), error, offset)) return;
    waker = waker_;
  }
  if (waker != nullptr) waker->wake();
}

void DeliveryTracker::refuse(uint32_t sequence, uint32_t index, rd_kafka_resp_err_t error) {
  settle(opaque(sequence, index), error, -1);
}

bool DeliveryTracker::settle_record(uint32_t sequence, uint32_t index, rd_kafka_resp_err_t error,
                                    int64_t offset) {
  if (sequence != recent_sequence_) {
    auto found = open_.find(sequence);
    if (found == open_.end()) return false;
    recent_sequence_ = sequence;
    recent_ = found->second.get();
  }
  if (!settle_in(recent_, index, error, offset)) return false;
  auto done = open_.find(sequence);
  complete_.push_back(std::move(done->second));
  open_.erase(done);
  forget_recent();
  return true;
}

bool DeliveryTracker::settle_in(Delivery *delivery, uint32_t index, rd_kafka_resp_err_t error,
                                int64_t offset) {
  if (index >= delivery->length || delivery->settled[index]) return false;
  delivery->settled[index] = true;
  if (delivery->each) {
    delivery->codes[index] = error;
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR && offset >= 0) {
      delivery->offsets[index] = static_cast<double>(offset);
    }
  } else if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (index < delivery->failed_index) {
      delivery->failed_index = index;
      delivery->failed_code = error;
    }
  } else {
    Delivery::End &end = delivery->ends[delivery->end_of[index]];
    if (offset > end.offset) end.offset = offset;
  }
  return --delivery->remaining == 0;
}

void DeliveryTracker::forget_recent() {
  recent_sequence_ = UINT32_MAX;
  recent_ = nullptr;
}

void DeliveryTracker::settle_all(rd_kafka_resp_err_t error) {
  std::shared_ptr<Waker> waker;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    for (auto &open : open_) {
      Delivery *delivery = open.second.get();
      for (uint32_t i = 0; i < delivery->length; i++) settle_in(delivery, i, error, -1);
      complete_.push_back(std::move(open.second));
    }
    open_.clear();
    forget_recent();
    waker = waker_;
  }
  if (waker != nullptr) waker->wake();
}

std::unique_ptr<Delivery> DeliveryTracker::take() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (complete_.empty()) return nullptr;
  auto delivery = std::move(complete_.front());
  complete_.pop_front();
  return delivery;
}

bool DeliveryTracker::busy() {
  std::lock_guard<std::mutex> lock(mutex_);
  return !open_.empty();
}

bool DeliveryTracker::idle() {
  std::lock_guard<std::mutex> lock(mutex_);
  return open_.empty() && complete_.empty();
}

}  // namespace goka
