#include <cmath>
#include <cstring>

#include "module.h"
#include "producer-sink.h"
#include "thread-class.h"

namespace goka {

using SinkClass = ThreadClass<ProducerSink>;

namespace {

// new ProducerSink(client, onWake)
napi_value construct(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (!call.constructing()) return nullptr;
  const auto client = find_client(call, 0);
  if (client == nullptr) return nullptr;
  if (!client->settings().reports_errors_only) {
    // Else node-rdkafka keeps each report until somebody polls for it, and that many records wait in the queue.
    call.fail("the client must have delivery.report.only.error");
  } else if (!client->claim()) {
    call.fail("the client has a sink already");
  } else {
    SinkClass::start(call, client, call.argument(1));
  }
  return nullptr;
}

// send(id, topics, rows, length, bytes, byteLength, each): void
napi_value send(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  ProducerSink *sink = SinkClass::self(call);
  double id;
  std::vector<std::string> topics;
  const char *rows;
  size_t rows_size;
  uint32_t length;
  const char *bytes;
  size_t bytes_size;
  uint32_t byte_length;
  bool each;
  if (sink == nullptr || !call.number(0, &id) || !call.texts(1, &topics) ||
      !call.array_buffer(2, &rows, &rows_size) || !call.count(3, 1, &length) ||
      !call.byte_array(4, &bytes, &bytes_size) || !call.count(5, 0, &byte_length) ||
      !call.flag(6, &each)) {
    return nullptr;
  }
  if (size_t{length} * sizeof(ProduceRow) > rows_size || byte_length > bytes_size) {
    call.fail("the batch is shorter than it says");
    return nullptr;
  }
  if (length > DeliveryTracker::kMaxLength) {
    call.fail("the batch has more records than can be tracked");
    return nullptr;
  }
  auto delivery = std::make_unique<Delivery>();
  delivery->id = id;
  delivery->length = length;
  delivery->each = each;
  if (each) {
    delivery->offsets.assign(length, NAN);
    delivery->codes.assign(length, 0);
  }
  if (napi_create_reference(env, call.argument(2), 1, &delivery->memory[0]) != napi_ok ||
      napi_create_reference(env, call.argument(4), 1, &delivery->memory[1]) != napi_ok) {
    call.fail("the batch cannot be kept");
    return nullptr;
  }
  sink->send(std::move(delivery), ProduceRows(rows, length, bytes, byte_length),
             std::move(topics));
  return nullptr;
}

// [id, index of the first failure or -1, its code, (topic, partition, offset after the last record)...]
void write_batch(const Delivery &delivery, std::vector<double> *report) {
  const bool failed = delivery.failed_code != 0;
  *report = {delivery.id, failed ? static_cast<double>(delivery.failed_index) : -1.0,
             static_cast<double>(delivery.failed_code)};
  for (const Delivery::End &end : delivery.ends) {
    if (end.offset < 0) continue;
    report->push_back(end.topic);
    report->push_back(end.partition);
    report->push_back(static_cast<double>(end.offset + 1));
  }
}

// [id, (offset or NaN)..., (code)...]
void write_each(const Delivery &delivery, std::vector<double> *report) {
  report->push_back(delivery.id);
  report->insert(report->end(), delivery.offsets.begin(), delivery.offsets.end());
  report->insert(report->end(), delivery.codes.begin(), delivery.codes.end());
}

// take(): ArrayBuffer of doubles | undefined
napi_value take(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  ProducerSink *sink = SinkClass::self(call);
  if (sink == nullptr) return nullptr;
  const auto delivery = sink->take();
  if (delivery == nullptr) return nullptr;
  for (napi_ref reference : delivery->memory) napi_delete_reference(env, reference);
  std::vector<double> report;
  if (delivery->each) {
    write_each(*delivery, &report);
  } else {
    write_batch(*delivery, &report);
  }
  void *memory = nullptr;
  napi_value buffer = nullptr;
  const size_t size = report.size() * sizeof(double);
  if (napi_create_arraybuffer(env, size, &memory, &buffer) != napi_ok) return nullptr;
  std::memcpy(memory, report.data(), size);
  return buffer;
}

}  // namespace

napi_status define_producer_sink(napi_env env, napi_value exports) {
  return SinkClass::define(env, exports, "ProducerSink", construct, {{"send", send}, {"take", take}});
}

}  // namespace goka
