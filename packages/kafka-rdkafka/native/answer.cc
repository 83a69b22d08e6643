#include "json.h"
#include "request.h"

namespace goka {

namespace {

void fail(Answer *answer, rd_kafka_resp_err_t code, const char *message) {
  answer->code = code;
  answer->text = message;
}

// The fault of the first partition that has one. True: there was none.
bool check_partitions(const Librdkafka &api, const rd_kafka_topic_partition_list_t *partitions,
                      Answer *answer) {
  for (int i = 0; partitions != nullptr && i < partitions->cnt; i++) {
    const rd_kafka_topic_partition_t &at = partitions->elems[i];
    if (at.err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    const std::string message = std::string(at.topic) + "/" + std::to_string(at.partition) + ": " +
                                api.err2str(at.err);
    fail(answer, at.err, message.c_str());
    return false;
  }
  return true;
}

void write_offset(const rd_kafka_topic_partition_t &at, JsonWriter *json) {
  json->begin_array().text(at.topic).number(at.partition).number(at.offset).end_array();
}

// True: the first of the resources is as it should be.
bool check_resource(const Librdkafka &api, const rd_kafka_ConfigResource_t **resources,
                    size_t count, Answer *answer) {
  if (count == 0) {
    fail(answer, RD_KAFKA_RESP_ERR__BAD_MSG, "the broker's answer is empty");
    return false;
  }
  const rd_kafka_resp_err_t code = api.ConfigResource_error(resources[0]);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
  const char *message = api.ConfigResource_error_string(resources[0]);
  fail(answer, code, message == nullptr ? api.err2str(code) : message);
  return false;
}

void read_topic_config(const Librdkafka &api, const rd_kafka_DescribeConfigs_result_t *result,
                       Answer *answer) {
  size_t count = 0;
  const auto **resources = api.DescribeConfigs_result_resources(result, &count);
  if (!check_resource(api, resources, count, answer)) return;
  JsonWriter json;
  json.begin_object();
  const auto **entries = api.ConfigResource_configs(resources[0], &count);
  for (size_t i = 0; i < count; i++) {
    const char *value = api.ConfigEntry_value(entries[i]);
    if (value != nullptr) json.key(api.ConfigEntry_name(entries[i])).text(value);
  }
  answer->text = json.end_object().json();
}

void read_alter_config(const Librdkafka &api,
                       const rd_kafka_IncrementalAlterConfigs_result_t *result, Answer *answer) {
  size_t count = 0;
  const auto **resources = api.IncrementalAlterConfigs_result_resources(result, &count);
  check_resource(api, resources, count, answer);
}

// The partitions of a group, or nullptr: failed.
const rd_kafka_topic_partition_list_t *check_group(const Librdkafka &api,
                                                   const rd_kafka_group_result_t **groups,
                                                   size_t count, Answer *answer) {
  if (count == 0) {
    fail(answer, RD_KAFKA_RESP_ERR__BAD_MSG, "the broker's answer is empty");
    return nullptr;
  }
  const rd_kafka_error_t *error = api.group_result_error(groups[0]);
  if (error != nullptr) {
    fail(answer, api.error_code(error), api.error_string(error));
    return nullptr;
  }
  const auto *partitions = api.group_result_partitions(groups[0]);
  return check_partitions(api, partitions, answer) ? partitions : nullptr;
}

void read_group_offsets(const Librdkafka &api,
                        const rd_kafka_ListConsumerGroupOffsets_result_t *result, Answer *answer) {
  size_t count = 0;
  const auto **groups = api.ListConsumerGroupOffsets_result_groups(result, &count);
  const auto *partitions = check_group(api, groups, count, answer);
  if (answer->code != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  JsonWriter json;
  json.begin_array();
  for (int i = 0; partitions != nullptr && i < partitions->cnt; i++) {
    if (partitions->elems[i].offset >= 0) write_offset(partitions->elems[i], &json);
  }
  answer->text = json.end_array().json();
}

void read_alter_group_offsets(const Librdkafka &api,
                              const rd_kafka_AlterConsumerGroupOffsets_result_t *result,
                              Answer *answer) {
  size_t count = 0;
  const auto **groups = api.AlterConsumerGroupOffsets_result_groups(result, &count);
  check_group(api, groups, count, answer);
}

void read_topics(const Librdkafka &api, const rd_kafka_DescribeTopics_result_t *result,
                    Answer *answer) {
  size_t count = 0;
  const auto **topics = api.DescribeTopics_result_topics(result, &count);
  JsonWriter json;
  json.begin_object();
  for (size_t i = 0; i < count; i++) {
    const rd_kafka_error_t *error = api.TopicDescription_error(topics[i]);
    if (error != nullptr) {
      if (api.error_code(error) == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) continue;
      fail(answer, api.error_code(error), api.error_string(error));
      return;
    }
    const rd_kafka_Uuid_t *id = api.TopicDescription_topic_id(topics[i]);
    const bool known = id != nullptr && (api.Uuid_most_significant_bits(id) != 0 ||
                                         api.Uuid_least_significant_bits(id) != 0);
    size_t partitions = 0;
    api.TopicDescription_partitions(topics[i], &partitions);
    json.key(api.TopicDescription_name(topics[i])).begin_array();
    json.text(known ? api.Uuid_base64str(id) : "").number(static_cast<int64_t>(partitions));
    json.end_array();
  }
  answer->text = json.end_object().json();
}

void read_offsets(const Librdkafka &api, const rd_kafka_ListOffsets_result_t *result,
                  Answer *answer) {
  size_t count = 0;
  const auto **infos = api.ListOffsets_result_infos(result, &count);
  JsonWriter json;
  json.begin_array();
  for (size_t i = 0; i < count; i++) {
    const auto *at = api.ListOffsetsResultInfo_topic_partition(infos[i]);
    const rd_kafka_topic_partition_list_t one = {1, 1,
                                                 const_cast<rd_kafka_topic_partition_t *>(at)};
    if (!check_partitions(api, &one, answer)) return;
    write_offset(*at, &json);
  }
  answer->text = json.end_array().json();
}

}  // namespace

void read_answer(const Librdkafka &api, rd_kafka_event_t *event, Answer *answer) {
  answer->text = "null";
  const rd_kafka_resp_err_t code = api.event_error(event);
  const rd_kafka_event_type_t type = api.event_type(event);
  if (type == RD_KAFKA_EVENT_OFFSET_COMMIT) {
    // The fault of a partition says more than the one of the request.
    if (check_partitions(api, api.event_topic_partition_list(event), answer) &&
        code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      fail(answer, code, api.event_error_string(event));
    }
    return;
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    fail(answer, code, api.event_error_string(event));
    return;
  }
  switch (type) {
    case RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT:
      return read_topic_config(api, api.event_DescribeConfigs_result(event), answer);
    case RD_KAFKA_EVENT_INCREMENTALALTERCONFIGS_RESULT:
      return read_alter_config(api, api.event_IncrementalAlterConfigs_result(event), answer);
    case RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT:
      return read_group_offsets(api, api.event_ListConsumerGroupOffsets_result(event), answer);
    case RD_KAFKA_EVENT_ALTERCONSUMERGROUPOFFSETS_RESULT:
      return read_alter_group_offsets(api, api.event_AlterConsumerGroupOffsets_result(event),
                                      answer);
    case RD_KAFKA_EVENT_DELETERECORDS_RESULT:
      check_partitions(api, api.DeleteRecords_result_offsets(api.event_DeleteRecords_result(event)),
                       answer);
      return;
    case RD_KAFKA_EVENT_DESCRIBETOPICS_RESULT:
      return read_topics(api, api.event_DescribeTopics_result(event), answer);
    case RD_KAFKA_EVENT_LISTOFFSETS_RESULT:
      return read_offsets(api, api.event_ListOffsets_result(event), answer);
    default:
      return fail(answer, RD_KAFKA_RESP_ERR__UNKNOWN_PROTOCOL, "an event of another kind came");
  }
}

}  // namespace goka
