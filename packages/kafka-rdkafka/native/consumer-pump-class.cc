#include <cstdlib>
#include <cstring>

#include "consumer-pump.h"
#include "module.h"
#include "thread-class.h"

namespace goka {

using PumpClass = ThreadClass<ConsumerPump>;

namespace {

// new ConsumerPump(client, maxRecords, maxBytes, maxReady, numberKeys, onWake)
napi_value construct(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  uint32_t max_records;
  uint32_t max_bytes;
  uint32_t max_ready;
  bool number_keys;
  if (!call.constructing() || !call.count(1, 1, &max_records) || !call.count(2, 1, &max_bytes) ||
      !call.count(3, 1, &max_ready) || !call.flag(4, &number_keys)) {
    return nullptr;
  }
  const auto client = find_client(call, 0);
  if (client == nullptr) return nullptr;
  if (!client->claim()) {
    call.fail("the client has a pump already");
    return nullptr;
  }
  PumpClass::start(call, client, call.argument(5),
                   ConsumerPump::Limits{max_records, max_bytes, max_ready, number_keys});
  return nullptr;
}

void free_slab(napi_env, void *memory, void *) { std::free(memory); }

// take(): ArrayBuffer | undefined
napi_value take(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  ConsumerPump *pump = PumpClass::self(call);
  if (pump == nullptr) return nullptr;
  Slab slab = pump->take();
  if (slab.memory == nullptr) return nullptr;
  napi_value buffer = nullptr;
  if (napi_create_external_arraybuffer(env, slab.memory.get(), slab.size, free_slab, nullptr,
                                       &buffer) == napi_ok) {
    slab.memory.release();
    return buffer;
  }
  // A runtime that keeps all of JavaScript's memory in a cage of its own (Electron).
  void *copy = nullptr;
  if (napi_create_arraybuffer(env, slab.size, &copy, &buffer) != napi_ok) return nullptr;
  std::memcpy(copy, slab.memory.get(), slab.size);
  return buffer;
}

// topics(): string[]
napi_value topics(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  ConsumerPump *pump = PumpClass::self(call);
  return pump == nullptr ? nullptr : to_js(env, pump->topics().all());
}

// mark(): number
napi_value mark(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  ConsumerPump *pump = PumpClass::self(call);
  return pump == nullptr ? nullptr : to_js(env, pump->mark());
}

// settledMark(): number
napi_value settled_mark(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  ConsumerPump *pump = PumpClass::self(call);
  return pump == nullptr ? nullptr : to_js(env, pump->settled_mark());
}

}  // namespace

napi_status define_consumer_pump(napi_env env, napi_value exports) {
  return PumpClass::define(
      env, exports, "ConsumerPump", construct,
      {{"take", take}, {"topics", topics}, {"mark", mark}, {"settledMark", settled_mark}});
}

}  // namespace goka
