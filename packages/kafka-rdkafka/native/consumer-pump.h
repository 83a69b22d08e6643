#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "client-thread.h"
#include "record-slab.h"

namespace goka {

// Pops records on a thread of its own and keeps a few slabs of them ready. When those are not taken it pops no more, and
// its client fetches no more: that is the back-pressure.
//
// While it pops it also drives the client's callbacks. Nothing may pop while a consumer is being closed (the close would
// hang), so it must have stopped before.
class ConsumerPump final : public ClientThread {
 public:
  struct Limits {
    size_t max_records;
    size_t max_bytes;
    size_t max_ready;
    bool number_keys;
  };

  ConsumerPump(std::shared_ptr<Client> client, std::shared_ptr<Waker> waker, Limits limits);

  // The next slab, or one without memory.
  Slab take();
  // Draws a line: once `settled_mark` has reached the returned number, what is popped carries it (or a higher one).
  double mark();
  double settled_mark();
  TopicNames &topics() { return topics_; }

 protected:
  void run() override;
  void interrupt() override;

 private:
  bool wait_for_room();
  void pop();
  // Both wait for a message, then take what is there.
  void pop_in_batches();
  void pop_one_by_one();
  void end_pop();
  void pack_held();
  void drop_held();

  const Limits limits_;
  const bool one_by_one_;
  TopicNames topics_;
  PartitionKeyNumbers numbers_;
  SlabPacker packer_;
  // Of the thread alone: popped messages that are not packed yet, from `held_next_` on.
  std::vector<rd_kafka_message_t *> held_;
  size_t held_next_ = 0;
  double held_mark_ = 0;
  // Guarded by `mutex_`.
  rd_kafka_queue_t *queue_ = nullptr;
  std::deque<Slab> ready_;
  bool popping_ = false;
  double mark_ = 0;
  double settled_mark_ = 0;
};

}  // namespace goka
