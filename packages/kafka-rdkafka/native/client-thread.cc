#include "client-thread.h"

#include <thread>
#include <utility>

namespace goka {

ClientThread::ClientThread(std::shared_ptr<Client> client, std::shared_ptr<Waker> waker)
    : client_(std::move(client)), waker_(std::move(waker)), api_(client_->api()) {}

bool ClientThread::start() {
  if (!client_->attach(this)) return false;
  waker_->on_call([this] { return finished(); },
                  [self = shared_from_this()] {
                    self->stop();
                    // JavaScript's memory goes next.
                    self->join();
                  });
  std::thread([self = shared_from_this()] {
    self->run();
    self->client_->detach(self.get());
    {
      std::lock_guard<std::mutex> lock(self->mutex_);
      self->stopped_ = true;
      self->changed_.notify_all();
    }
    self->waker_->wake();
  }).detach();
  return true;
}

void ClientThread::stop() {
  std::lock_guard<std::mutex> lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  interrupt();
}

void ClientThread::join() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return stopped_.load(); });
}

}  // namespace goka
