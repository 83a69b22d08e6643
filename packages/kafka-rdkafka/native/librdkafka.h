#pragma once

#include <string>

#include "rdkafka.h"  // types and prototypes only; never linked

// Every function of librdkafka that is called here. All are public and documented.
#define GOKA_LIBRDKAFKA_FUNCTIONS(X)         \
  X(version)                                 \
  X(name)                                    \
  X(err2str)                                 \
  X(error_code)                              \
  X(error_string)                            \
  X(error_destroy)                           \
  X(error_is_fatal)                          \
  X(error_is_retriable)                      \
  X(error_txn_requires_abort)                \
  X(conf_get)                                \
  X(conf_interceptor_add_on_new)             \
  X(conf_interceptor_add_on_conf_destroy)    \
  X(interceptor_add_on_destroy)              \
  X(interceptor_add_on_acknowledgement)      \
  X(queue_new)                               \
  X(queue_destroy)                           \
  X(queue_yield)                             \
  X(queue_poll)                              \
  X(queue_get_consumer)                      \
  X(consume_queue)                           \
  X(consume_batch_queue)                     \
  X(message_destroy)                         \
  X(message_timestamp)                       \
  X(message_headers)                         \
  X(headers_new)                             \
  X(headers_destroy)                         \
  X(header_add)                              \
  X(header_get_all)                          \
  X(topic_new)                               \
  X(topic_name)                              \
  X(topic_destroy)                           \
  X(produceva)                               \
  X(purge)                                   \
  X(fatal_error)                             \
  X(event_type)                              \
  X(event_opaque)                            \
  X(event_error)                             \
  X(event_error_string)                      \
  X(event_destroy)                           \
  X(event_topic_partition_list)              \
  X(assignment_lost)                         \
  X(commit_queue)                            \
  X(consumer_group_metadata)                 \
  X(consumer_group_metadata_destroy)         \
  X(send_offsets_to_transaction)             \
  X(AdminOptions_new)                        \
  X(AdminOptions_destroy)                    \
  X(AdminOptions_set_request_timeout)        \
  X(AdminOptions_set_isolation_level)        \
  X(AdminOptions_set_require_stable_offsets) \
  X(AdminOptions_set_opaque)                 \
  X(ConfigResource_new)                      \
  X(ConfigResource_destroy)                  \
  X(ConfigResource_add_incremental_config)   \
  X(ConfigResource_configs)                  \
  X(ConfigResource_error)                    \
  X(ConfigResource_error_string)             \
  X(ConfigEntry_name)                        \
  X(ConfigEntry_value)                       \
  X(DescribeConfigs)                         \
  X(event_DescribeConfigs_result)            \
  X(DescribeConfigs_result_resources)        \
  X(IncrementalAlterConfigs)                 \
  X(event_IncrementalAlterConfigs_result)    \
  X(IncrementalAlterConfigs_result_resources) \
  X(topic_partition_list_new)                \
  X(topic_partition_list_add)                \
  X(topic_partition_list_destroy)            \
  X(ListConsumerGroupOffsets_new)            \
  X(ListConsumerGroupOffsets_destroy)        \
  X(ListConsumerGroupOffsets)                \
  X(event_ListConsumerGroupOffsets_result)   \
  X(ListConsumerGroupOffsets_result_groups)  \
  X(AlterConsumerGroupOffsets_new)           \
  X(AlterConsumerGroupOffsets_destroy)       \
  X(AlterConsumerGroupOffsets)               \
  X(event_AlterConsumerGroupOffsets_result)  \
  X(AlterConsumerGroupOffsets_result_groups) \
  X(group_result_error)                      \
  X(group_result_partitions)                 \
  X(DeleteRecords_new)                       \
  X(DeleteRecords_destroy)                   \
  X(DeleteRecords)                           \
  X(event_DeleteRecords_result)              \
  X(DeleteRecords_result_offsets)            \
  X(TopicCollection_of_topic_names)          \
  X(TopicCollection_destroy)                 \
  X(DescribeTopics)                          \
  X(event_DescribeTopics_result)             \
  X(DescribeTopics_result_topics)            \
  X(TopicDescription_name)                   \
  X(TopicDescription_topic_id)               \
  X(TopicDescription_partitions)             \
  X(TopicDescription_error)                  \
  X(Uuid_base64str)                          \
  X(Uuid_most_significant_bits)              \
  X(Uuid_least_significant_bits)             \
  X(ListOffsets)                             \
  X(event_ListOffsets_result)                \
  X(ListOffsets_result_infos)                \
  X(ListOffsetsResultInfo_topic_partition)

namespace goka {

// The functions of one loaded librdkafka.
struct Librdkafka {
#define GOKA_DECLARE(function) decltype(&::rd_kafka_##function) function = nullptr;
  GOKA_LIBRDKAFKA_FUNCTIONS(GOKA_DECLARE)
#undef GOKA_DECLARE

  // The library that `address` lies in, or nullptr and why it cannot be used. Good until the process ends.
  static const Librdkafka *containing(void *address, std::string *reason);
};

}  // namespace goka
