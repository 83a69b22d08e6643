#pragma once

#include <memory>
#include <string>
#include <vector>

#include "librdkafka.h"

namespace goka {

using OffsetList =
    std::unique_ptr<rd_kafka_topic_partition_list_t, void (*)(rd_kafka_topic_partition_list_t *)>;

// The offsets that are told from `first` on: topic, partition, offset and so on.
OffsetList read_offsets(const Librdkafka &api, const std::vector<std::string> &told, size_t first);

}  // namespace goka
