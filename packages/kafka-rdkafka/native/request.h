#pragma once

#include <string>
#include <vector>

#include "librdkafka.h"

namespace goka {

// What JavaScript asks of a client.
struct Request {
  // What JavaScript knows it by.
  double id;
  std::string kind;
  std::vector<std::string> arguments;
  int timeout_ms;
};

// The answer: the result as JSON, or the fault.
struct Answer {
  double id;
  rd_kafka_resp_err_t code;
  // JSON, or the fault's message.
  std::string text;
};

// Issues a request; its event comes to `queue`, with `opaque`. False: it will not come, and `*answer` says why.
//
// Arguments by kind ("offsets" stands for any number of topic, partition, offset):
//
//   topicConfig        topic                    {name: value}
//   alterTopicConfig   topic, (name, value)...
//   groupOffsets       group                    [[topic, partition, offset]]
//   alterGroupOffsets  group, offsets
//   deleteRecords      offsets
//   topics             topic...                 {topic: [id, partitions]}  (id "": the broker tells none)
//   offsets            isolation, offsets       [[topic, partition, offset]]  (-2: earliest, -1: latest)
//   commit             offsets
bool issue(const Librdkafka &api, rd_kafka_t *handle, const Request &request,
           rd_kafka_queue_t *queue, void *opaque, Answer *answer);

// Reads the event of a request.
void read_answer(const Librdkafka &api, rd_kafka_event_t *event, Answer *answer);

}  // namespace goka
