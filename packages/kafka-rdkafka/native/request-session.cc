#include "request-session.h"

#include <utility>

namespace goka {

namespace {

// An upper bound only: submit() and stop() interrupt the wait.
constexpr int kWaitMs = 1000;

Answer destroyed(double id) {
  return {id, RD_KAFKA_RESP_ERR__DESTROY, "the client is closed"};
}

}  // namespace

RequestSession::RequestSession(std::shared_ptr<Client> client, std::shared_ptr<Waker> waker)
    : ClientThread(std::move(client), std::move(waker)) {}

void RequestSession::submit(Request request) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (stopping_) {
    answers_.push_back(destroyed(request.id));
    return;
  }
  waiting_.push_back(std::move(request));
  interrupt();
}

bool RequestSession::take(Answer *answer) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (answers_.empty()) return false;
  *answer = std::move(answers_.front());
  answers_.pop_front();
  return true;
}

bool RequestSession::assignment_lost() {
  std::lock_guard<std::mutex> lock(mutex_);
  // Without the queue the client may be gone.
  return queue_ != nullptr && api_.assignment_lost(client_->handle()) != 0;
}

void RequestSession::run() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    queue_ = api_.queue_new(client_->handle());
  }
  for (;;) {
    issue_waiting();
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (stopping_) break;
    }
    rd_kafka_event_t *event = api_.queue_poll(queue_, kWaitMs);
    if (event != nullptr) read_event(event);
  }
  std::lock_guard<std::mutex> lock(mutex_);
  for (const auto &entry : under_way_) answers_.push_back(destroyed(entry.second));
  for (const Request &request : waiting_) answers_.push_back(destroyed(request.id));
  waiting_.clear();
  api_.queue_destroy(queue_);
  queue_ = nullptr;
}

void RequestSession::interrupt() {
  if (queue_ != nullptr) api_.queue_yield(queue_);
}

void RequestSession::issue_waiting() {
  for (;;) {
    Request request;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (waiting_.empty() || stopping_) return;
      request = std::move(waiting_.front());
      waiting_.pop_front();
    }
    const uintptr_t opaque = next_opaque_++;
    Answer failure{request.id, RD_KAFKA_RESP_ERR_NO_ERROR, ""};
    if (issue(api_, client_->handle(), request, queue_, reinterpret_cast<void *>(opaque),
              &failure)) {
      under_way_.emplace(opaque, request.id);
    } else {
      answer(std::move(failure));
    }
  }
}

void RequestSession::read_event(rd_kafka_event_t *event) {
  const auto found = under_way_.find(reinterpret_cast<uintptr_t>(api_.event_opaque(event)));
  if (found != under_way_.end()) {
    Answer result{found->second, RD_KAFKA_RESP_ERR_NO_ERROR, ""};
    under_way_.erase(found);
    read_answer(api_, event, &result);
    answer(std::move(result));
  }
  api_.event_destroy(event);
}

void RequestSession::answer(Answer answer) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    answers_.push_back(std::move(answer));
  }
  waker_->wake();
}

}  // namespace goka
