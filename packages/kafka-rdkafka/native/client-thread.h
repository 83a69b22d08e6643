#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "client.h"
#include "waker.h"

namespace goka {

// A thread of ours at work on a client. It ends when it is stopped, when the client is destroyed, or with the environment
// of the JavaScript that started it; `wake` is called then a last time.
class ClientThread : public std::enable_shared_from_this<ClientThread> {
 public:
  ClientThread(std::shared_ptr<Client> client, std::shared_ptr<Waker> waker);
  virtual ~ClientThread() = default;
  ClientThread(const ClientThread &) = delete;
  ClientThread &operator=(const ClientThread &) = delete;

  // False: the client is being destroyed.
  bool start();
  // Asks the thread to end; does not wait.
  void stop();
  // The thread has ended: it touches neither the client nor memory of JavaScript any more.
  bool stopped() const { return stopped_; }
  // Waits for that.
  void join();
  // Nothing will ever wake JavaScript again.
  virtual bool finished() { return stopped(); }

 protected:
  // The work: returns when `stopping_`. Runs on the thread.
  virtual void run() = 0;
  // Gets `run` out of a wait inside librdkafka. `mutex_` is held.
  virtual void interrupt() = 0;

  const std::shared_ptr<Client> client_;
  const std::shared_ptr<Waker> waker_;
  const Librdkafka &api_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;

 private:
  std::atomic<bool> stopped_{false};
};

}  // namespace goka
