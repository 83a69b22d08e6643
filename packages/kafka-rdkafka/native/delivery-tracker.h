#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "rdkafka.h"
#include "waker.h"

namespace goka {

// A batch on its way to the broker, and then what became of it.
struct Delivery {
  // A partition in the batch, and the highest offset that one of its records got (-1: none that is known).
  struct End {
    int32_t topic;
    int32_t partition;
    int64_t offset;
  };

  // What JavaScript knows it by, and what keeps its memory there (of use on its thread only).
  double id = 0;
  std::array<napi_ref, 2> memory{};
  uint32_t length = 0;
  // Which records are settled, and how many are not.
  std::vector<bool> settled;
  uint32_t remaining = 0;
  // Whether the fate of each record is asked for, or that of the batch.
  bool each = false;

  // Of the batch: where each record goes (an index in `ends`), and the first record that failed.
  std::vector<uint32_t> end_of;
  std::vector<End> ends;
  uint32_t failed_index = UINT32_MAX;
  int32_t failed_code = 0;

  // Of each record.
  std::vector<double> offsets;
  std::vector<int32_t> codes;
};

// Knows which records are under way and gathers their delivery reports. A record is recognised by its message opaque: a
// number that cannot be a pointer, so a report that is not ours is left alone. (Order would not do: a batch that is retried
// may be reported after a later one.)
class DeliveryTracker {
 public:
  // The most records of a batch.
  static constexpr uint32_t kMaxLength = 1u << 24;

  // `wake` is called when a delivery is complete.
  void listen(std::shared_ptr<Waker> waker);
  // Begins to track a batch of at most kMaxLength records; returns its sequence number.
  uint32_t open(std::unique_ptr<Delivery> delivery);
  // The batch, until its last record is settled.
  Delivery *find(uint32_t sequence);
  static void *opaque(uint32_t sequence, uint32_t index);
  // A delivery report, from a thread of librdkafka. Only the first one of a record counts.
  void settle(void *opaque, rd_kafka_resp_err_t error, int64_t offset);
  // A record that librdkafka did not take. (For an unknown partition it has sent a report by itself.)
  void refuse(uint32_t sequence, uint32_t index, rd_kafka_resp_err_t error);
  // Whatever is open has failed.
  void settle_all(rd_kafka_resp_err_t error);
  // A complete one, or nullptr.
  std::unique_ptr<Delivery> take();
  // Records are under way.
  bool busy();
  // Nothing is under way, and all that is complete was taken.
  bool idle();

 private:
  // The following need `mutex_`. True: that was the last record.
  bool settle_record(uint32_t sequence, uint32_t index, rd_kafka_resp_err_t error, int64_t offset);
  static bool settle_in(Delivery *delivery, uint32_t index, rd_kafka_resp_err_t error,
                        int64_t offset);
  void forget_recent();

  std::mutex mutex_;
  std::shared_ptr<Waker> waker_;
  std::unordered_map<uint32_t, std::unique_ptr<Delivery>> open_;
  std::deque<std::unique_ptr<Delivery>> complete_;
  uint32_t next_sequence_ = 0;
  // The last one that was looked up: reports come in runs.
  uint32_t recent_sequence_ = UINT32_MAX;
  Delivery *recent_ = nullptr;
};

}  // namespace goka
