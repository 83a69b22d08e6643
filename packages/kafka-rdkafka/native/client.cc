#include "client.h"

#include <algorithm>

#include "client-thread.h"
#include "delivery-tracker.h"

namespace goka {

namespace {

struct Registry {
  std::mutex mutex;
  std::vector<std::shared_ptr<Client>> clients;
};

// Never freed: librdkafka's threads may call in while the process ends.
Registry &registry() {
  static auto *instance = new Registry;
  return *instance;
}

}  // namespace

Client::Client(rd_kafka_t *handle, const Librdkafka &api, Settings settings)
    : handle_(handle),
      api_(api),
      settings_(settings),
      deliveries_(std::make_unique<DeliveryTracker>()) {}

Client::~Client() = default;

std::shared_ptr<Client> Client::find(const std::string &name) {
  Registry &known = registry();
  std::lock_guard<std::mutex> lock(known.mutex);
  std::shared_ptr<Client> found;
  for (const auto &client : known.clients) {
    // A client that is in the registry has not passed retire(), which waits for the registry's lock.
    if (name != client->api_.name(client->handle_)) continue;
    if (found != nullptr) return nullptr;
    found = client;
  }
  return found;
}

void Client::add(const std::shared_ptr<Client> &client) {
  Registry &known = registry();
  std::lock_guard<std::mutex> lock(known.mutex);
  known.clients.push_back(client);
}

void Client::remove(const Client *client) {
  Registry &known = registry();
  std::lock_guard<std::mutex> lock(known.mutex);
  auto &clients = known.clients;
  clients.erase(std::remove_if(clients.begin(), clients.end(),
                               [client](const auto &other) { return other.get() == client; }),
                clients.end());
}

bool Client::attach(ClientThread *thread) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (retired_) return false;
  threads_.push_back(thread);
  return true;
}

void Client::detach(ClientThread *thread) {
  std::lock_guard<std::mutex> lock(mutex_);
  threads_.erase(std::remove(threads_.begin(), threads_.end(), thread), threads_.end());
  detached_.notify_all();
}

bool Client::claim() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (retired_ || claimed_) return false;
  claimed_ = true;
  return true;
}

void Client::retire() {
  remove(this);
  std::unique_lock<std::mutex> lock(mutex_);
  retired_ = true;
  for (ClientThread *thread : threads_) thread->stop();
  detached_.wait(lock, [this] { return threads_.empty(); });
}

}  // namespace goka
