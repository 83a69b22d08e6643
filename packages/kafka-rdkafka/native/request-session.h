#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>

#include "client-thread.h"
#include "request.h"

namespace goka {

// Asks a client, on a thread and a queue of its own. Any number of requests may be under way; each is answered, at the
// latest when the session stops.
class RequestSession final : public ClientThread {
 public:
  RequestSession(std::shared_ptr<Client> client, std::shared_ptr<Waker> waker);

  void submit(Request request);
  // False: nothing has been answered.
  bool take(Answer *answer);
  // Of a consumer: the partitions that are being revoked are lost already.
  bool assignment_lost();

 protected:
  void run() override;
  void interrupt() override;

 private:
  void issue_waiting();
  void read_event(rd_kafka_event_t *event);
  void answer(Answer answer);

  // Of the thread alone: what is under way, by the opaque of its event.
  std::unordered_map<uintptr_t, double> under_way_;
  uintptr_t next_opaque_ = 1;
  // Guarded by `mutex_`.
  rd_kafka_queue_t *queue_ = nullptr;
  std::deque<Request> waiting_;
  std::deque<Answer> answers_;
};

}  // namespace goka
