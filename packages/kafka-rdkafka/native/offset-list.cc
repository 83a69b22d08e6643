#include "offset-list.h"

#include <cstdlib>

namespace goka {

OffsetList read_offsets(const Librdkafka &api, const std::vector<std::string> &told, size_t first) {
  OffsetList list(api.topic_partition_list_new(0), api.topic_partition_list_destroy);
  for (size_t i = first; i + 2 < told.size(); i += 3) {
    const auto partition = static_cast<int32_t>(std::strtol(told[i + 1].c_str(), nullptr, 10));
    api.topic_partition_list_add(list.get(), told[i].c_str(), partition)->offset =
        std::strtoll(told[i + 2].c_str(), nullptr, 10);
  }
  return list;
}

}  // namespace goka
