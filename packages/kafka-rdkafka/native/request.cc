#include "request.h"

#include <map>
#include <memory>

#include "offset-list.h"

namespace goka {

namespace {

template <typename T>
using Owned = std::unique_ptr<T, void (*)(T *)>;

using Options = Owned<rd_kafka_AdminOptions_t>;

// What is needed to issue one request.
struct Issuing {
  const Librdkafka &api;
  rd_kafka_t *handle;
  const Request &request;
  rd_kafka_queue_t *queue;
  void *opaque;

  size_t count() const { return request.arguments.size(); }
  const char *text(size_t index) const { return request.arguments[index].c_str(); }

  // The offsets that are the arguments from `first` on.
  OffsetList partitions(size_t first) const { return read_offsets(api, request.arguments, first); }

  Options options(rd_kafka_admin_op_t operation) const {
    Options options(api.AdminOptions_new(handle, operation), api.AdminOptions_destroy);
    char reason[256];
    api.AdminOptions_set_request_timeout(options.get(), request.timeout_ms, reason, sizeof reason);
    api.AdminOptions_set_opaque(options.get(), opaque);
    return options;
  }

  Owned<rd_kafka_ConfigResource_t> topic_resource() const {
    return {api.ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, text(0)), api.ConfigResource_destroy};
  }
};

// The code of a failure that is nobody's event.
using Issue = rd_kafka_resp_err_t (*)(const Issuing &);

constexpr rd_kafka_resp_err_t kIssued = RD_KAFKA_RESP_ERR_NO_ERROR;

rd_kafka_resp_err_t topic_config(const Issuing &call) {
  const auto resource = call.topic_resource();
  const auto options = call.options(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
  auto *one = resource.get();
  call.api.DescribeConfigs(call.handle, &one, 1, options.get(), call.queue);
  return kIssued;
}

rd_kafka_resp_err_t alter_topic_config(const Issuing &call) {
  const auto resource = call.topic_resource();
  for (size_t i = 1; i + 1 < call.count(); i += 2) {
    rd_kafka_error_t *error = call.api.ConfigResource_add_incremental_config(
        resource.get(), call.text(i), RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET, call.text(i + 1));
    if (error == nullptr) continue;
    call.api.error_destroy(error);
    return RD_KAFKA_RESP_ERR__INVALID_ARG;
  }
  const auto options = call.options(RD_KAFKA_ADMIN_OP_INCREMENTALALTERCONFIGS);
  auto *one = resource.get();
  call.api.IncrementalAlterConfigs(call.handle, &one, 1, options.get(), call.queue);
  return kIssued;
}

rd_kafka_resp_err_t group_offsets(const Issuing &call) {
  Owned<rd_kafka_ListConsumerGroupOffsets_t> group(
      call.api.ListConsumerGroupOffsets_new(call.text(0), nullptr),
      call.api.ListConsumerGroupOffsets_destroy);
  const auto options = call.options(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
  // Not what a transaction may still take back.
  rd_kafka_error_t *error = call.api.AdminOptions_set_require_stable_offsets(options.get(), 1);
  if (error != nullptr) call.api.error_destroy(error);
  auto *one = group.get();
  call.api.ListConsumerGroupOffsets(call.handle, &one, 1, options.get(), call.queue);
  return kIssued;
}

rd_kafka_resp_err_t alter_group_offsets(const Issuing &call) {
  const auto partitions = call.partitions(1);
  Owned<rd_kafka_AlterConsumerGroupOffsets_t> group(
      call.api.AlterConsumerGroupOffsets_new(call.text(0), partitions.get()),
      call.api.AlterConsumerGroupOffsets_destroy);
  const auto options = call.options(RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS);
  auto *one = group.get();
  call.api.AlterConsumerGroupOffsets(call.handle, &one, 1, options.get(), call.queue);
  return kIssued;
}

rd_kafka_resp_err_t delete_records(const Issuing &call) {
  const auto partitions = call.partitions(0);
  Owned<rd_kafka_DeleteRecords_t> records(call.api.DeleteRecords_new(partitions.get()),
                                          call.api.DeleteRecords_destroy);
  const auto options = call.options(RD_KAFKA_ADMIN_OP_DELETERECORDS);
  auto *one = records.get();
  call.api.DeleteRecords(call.handle, &one, 1, options.get(), call.queue);
  return kIssued;
}

rd_kafka_resp_err_t topics(const Issuing &call) {
  std::vector<const char *> names;
  for (const std::string &name : call.request.arguments) names.push_back(name.c_str());
  Owned<rd_kafka_TopicCollection_t> collection(
      call.api.TopicCollection_of_topic_names(names.data(), names.size()),
      call.api.TopicCollection_destroy);
  const auto options = call.options(RD_KAFKA_ADMIN_OP_DESCRIBETOPICS);
  call.api.DescribeTopics(call.handle, collection.get(), options.get(), call.queue);
  return kIssued;
}

rd_kafka_resp_err_t offsets(const Issuing &call) {
  const auto partitions = call.partitions(1);
  const auto options = call.options(RD_KAFKA_ADMIN_OP_LISTOFFSETS);
  rd_kafka_error_t *error = call.api.AdminOptions_set_isolation_level(
      options.get(), call.request.arguments[0] == "read_committed"
                         ? RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED
                         : RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED);
  if (error != nullptr) call.api.error_destroy(error);
  call.api.ListOffsets(call.handle, partitions.get(), options.get(), call.queue);
  return kIssued;
}

rd_kafka_resp_err_t commit(const Issuing &call) {
  const auto partitions = call.partitions(0);
  return call.api.commit_queue(call.handle, partitions.get(), call.queue, nullptr, call.opaque);
}

struct Kind {
  Issue issue;
  size_t least_arguments;
};

const Kind *find_kind(const std::string &name) {
  static const auto *kinds = new std::map<std::string, Kind>{
      {"topicConfig", {topic_config, 1}},
      {"alterTopicConfig", {alter_topic_config, 3}},
      {"groupOffsets", {group_offsets, 1}},
      {"alterGroupOffsets", {alter_group_offsets, 4}},
      {"deleteRecords", {delete_records, 3}},
      {"topics", {topics, 1}},
      {"offsets", {offsets, 4}},
      {"commit", {commit, 3}},
  };
  auto found = kinds->find(name);
  return found == kinds->end() ? nullptr : &found->second;
}

}  // namespace

bool issue(const Librdkafka &api, rd_kafka_t *handle, const Request &request,
           rd_kafka_queue_t *queue, void *opaque, Answer *answer) {
  const Kind *kind = find_kind(request.kind);
  answer->code = kind == nullptr || request.arguments.size() < kind->least_arguments
                     ? RD_KAFKA_RESP_ERR__INVALID_ARG
                     : kind->issue({api, handle, request, queue, opaque});
  if (answer->code == kIssued) return true;
  answer->text = api.err2str(answer->code);
  return false;
}

}  // namespace goka
