#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "client-thread.h"
#include "delivery-tracker.h"
#include "produce-rows.h"

namespace goka {

// Hands batches to the client, strictly in the order of `send`, on a thread of its own that waits when the client's queue
// is full. What becomes of them is known by the client's DeliveryTracker, also after the thread has ended.
class ProducerSink final : public ClientThread {
 public:
  ProducerSink(std::shared_ptr<Client> client, std::shared_ptr<Waker> waker);

  // The memory of `rows` must stay until the delivery is complete or the thread has stopped.
  void send(std::unique_ptr<Delivery> delivery, ProduceRows rows, std::vector<std::string> topics);
  // A complete one, or nullptr.
  std::unique_ptr<Delivery> take() { return client_->deliveries().take(); }
  bool finished() override { return stopped() && client_->deliveries().idle(); }

 protected:
  void run() override;
  void interrupt() override {}

 private:
  struct Batch {
    uint32_t sequence;
    ProduceRows rows;
    std::vector<std::string> topics;
    // By index in `topics`, once the thread is at it; nullptr: not a topic.
    std::vector<rd_kafka_topic_t *> handles;
  };

  void wait_for_batch(std::unique_lock<std::mutex> *lock);
  // After a fatal fault nothing is sent any more.
  void purge_after_fault();
  void produce(Batch &batch);
  // Where each record goes; those that go nowhere are refused.
  void place(const Batch &batch, Delivery *delivery);
  rd_kafka_resp_err_t produce_record(const Batch &batch, uint32_t index, const Delivery::End &end);
  rd_kafka_topic_t *topic(const std::string &name);
  bool wait_for_room();
  void refuse_from(const Batch &batch, uint32_t index);

  // Of the thread alone.
  std::unordered_map<std::string, rd_kafka_topic_t *> topics_;
  // Guarded by `mutex_`.
  std::deque<Batch> waiting_;
};

}  // namespace goka
