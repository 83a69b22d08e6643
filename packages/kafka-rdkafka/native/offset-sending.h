#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "client.h"
#include "waker.h"

namespace goka {

// A commit of a member's offsets to the transaction of a producer. librdkafka may keep its caller beyond the time-out, as
// long as it finds no coordinator of the group, and at worst for ever. So the caller is a thread that nothing waits for: no
// thread of Node's pool, no client of the member, not the end of the process.
//
// The producer must not be destroyed before the call has returned.
class OffsetSending final : public std::enable_shared_from_this<OffsetSending> {
 public:
  struct Outcome {
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    std::string text;
    bool fatal = false;
    bool retriable = false;
    bool requires_abort = false;
  };

  OffsetSending(std::shared_ptr<Client> producer, std::shared_ptr<Waker> waker);

  // Takes what is known of the member now. `offsets`: topic, partition, offset and so on. False: it is no member.
  bool start(const Client &consumer, const std::vector<std::string> &offsets, int timeout_ms);
  // False: the call has not returned.
  bool take(Outcome *outcome);
  bool returned();
  // The event loop need not wait for the call.
  void leave(napi_env env) { waker_->unref(env); }

 private:
  void finish(rd_kafka_error_t *error);

  const std::shared_ptr<Client> producer_;
  const std::shared_ptr<Waker> waker_;
  const Librdkafka &api_;
  std::mutex mutex_;
  bool returned_ = false;
  Outcome outcome_;
};

}  // namespace goka
