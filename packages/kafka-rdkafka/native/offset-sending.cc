#include "offset-sending.h"

#include <thread>
#include <utility>

#include "offset-list.h"

namespace goka {

OffsetSending::OffsetSending(std::shared_ptr<Client> producer, std::shared_ptr<Waker> waker)
    : producer_(std::move(producer)), waker_(std::move(waker)), api_(producer_->api()) {}

bool OffsetSending::start(const Client &consumer, const std::vector<std::string> &offsets,
                          int timeout_ms) {
  rd_kafka_consumer_group_metadata_t *member = api_.consumer_group_metadata(consumer.handle());
  if (member == nullptr) return false;
  waker_->on_call([self = shared_from_this()] { return self->returned(); }, [] {});
  std::thread([self = shared_from_this(), member, timeout_ms,
               list = read_offsets(api_, offsets, 0).release()] {
    const Librdkafka &api = self->api_;
    self->finish(
        api.send_offsets_to_transaction(self->producer_->handle(), list, member, timeout_ms));
    api.topic_partition_list_destroy(list);
    api.consumer_group_metadata_destroy(member);
  }).detach();
  return true;
}

bool OffsetSending::take(Outcome *outcome) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (returned_) *outcome = outcome_;
  return returned_;
}

bool OffsetSending::returned() {
  std::lock_guard<std::mutex> lock(mutex_);
  return returned_;
}

void OffsetSending::finish(rd_kafka_error_t *error) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (error != nullptr) {
      outcome_.code = api_.error_code(error);
      outcome_.text = api_.error_string(error);
      outcome_.fatal = api_.error_is_fatal(error) != 0;
      outcome_.retriable = api_.error_is_retriable(error) != 0;
      outcome_.requires_abort = api_.error_txn_requires_abort(error) != 0;
      api_.error_destroy(error);
    }
    returned_ = true;
  }
  waker_->wake();
}

}  // namespace goka
