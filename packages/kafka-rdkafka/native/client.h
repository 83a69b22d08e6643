#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "librdkafka.h"

namespace goka {

class ClientThread;
class DeliveryTracker;

// A client of librdkafka, as seen by the interceptors: from on_new until its configuration is destroyed, which is the
// last that librdkafka does with it. Its owner is node-rdkafka.
class Client {
 public:
  // What its configuration says.
  struct Settings {
    // delivery.report.only.error
    bool reports_errors_only;
    // A rebalance leaves some partitions as they are: group.protocol, partition.assignment.strategy.
    bool rebalances_in_part;
  };

  Client(rd_kafka_t *handle, const Librdkafka &api, Settings settings);
  ~Client();
  Client(const Client &) = delete;
  Client &operator=(const Client &) = delete;

  // The living client of this rd_kafka_name(); nullptr also when there are two, of different copies of librdkafka.
  static std::shared_ptr<Client> find(const std::string &name);
  static void add(const std::shared_ptr<Client> &client);
  static void remove(const Client *client);

  rd_kafka_t *handle() const { return handle_; }
  const Librdkafka &api() const { return api_; }
  const Settings &settings() const { return settings_; }
  DeliveryTracker &deliveries() { return *deliveries_; }

  // The handle may be used between attach and detach. False: the client is being destroyed.
  bool attach(ClientThread *thread);
  void detach(ClientThread *thread);
  // A client has one thread of a kind: two would steal from each other.
  bool claim();

  // The end of the client: stops the attached threads and waits until they have left.
  void retire();

 private:
  rd_kafka_t *const handle_;
  const Librdkafka &api_;
  const Settings settings_;
  const std::unique_ptr<DeliveryTracker> deliveries_;
  std::mutex mutex_;
  std::condition_variable detached_;
  bool retired_ = false;
  bool claimed_ = false;
  std::vector<ClientThread *> threads_;
};

}  // namespace goka
