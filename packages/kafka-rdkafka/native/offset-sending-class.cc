#include "module.h"
#include "offset-sending.h"
#include "thread-class.h"

namespace goka {

namespace {

void release(napi_env, void *data, void *) {
  delete static_cast<std::shared_ptr<OffsetSending> *>(data);
}

// new OffsetSending(producer, consumer, offsets, timeoutMs, onWake)
napi_value construct(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (!call.constructing()) return nullptr;
  std::vector<std::string> offsets;
  uint32_t timeout_ms;
  const auto producer = find_client(call, 0);
  if (producer == nullptr) return nullptr;
  const auto consumer = find_client(call, 1);
  if (consumer == nullptr || !call.texts(2, &offsets) || !call.count(3, 1, &timeout_ms)) {
    return nullptr;
  }
  const auto waker = make_waker(call, call.argument(4));
  if (waker == nullptr) return nullptr;
  auto sending = std::make_shared<OffsetSending>(producer, waker);
  auto *holder = new std::shared_ptr<OffsetSending>(sending);
  if (napi_wrap(env, call.self(), holder, release, nullptr, nullptr) != napi_ok) {
    delete holder;
    waker->close();
    call.fail("the object cannot be made");
  } else if (!sending->start(*consumer, offsets, static_cast<int>(timeout_ms))) {
    waker->close();
    call.fail("the consumer is not in a group");
  }
  return nullptr;
}

// take(): [code, text, fatal, retriable, requiresAbort] | undefined
napi_value take(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  auto *sending = unwrapped<OffsetSending>(call);
  OffsetSending::Outcome outcome;
  napi_value result = nullptr;
  if (sending == nullptr || !sending->take(&outcome) ||
      napi_create_array_with_length(env, 5, &result) != napi_ok) {
    return nullptr;
  }
  napi_set_element(env, result, 0, to_js(env, static_cast<double>(outcome.code)));
  napi_set_element(env, result, 1, to_js(env, outcome.text));
  napi_set_element(env, result, 2, to_js(env, outcome.fatal));
  napi_set_element(env, result, 3, to_js(env, outcome.retriable));
  napi_set_element(env, result, 4, to_js(env, outcome.requires_abort));
  return result;
}

// leave(): void
napi_value leave(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  auto *sending = unwrapped<OffsetSending>(call);
  if (sending != nullptr) sending->leave(env);
  return nullptr;
}

}  // namespace

napi_status define_offset_sending(napi_env env, napi_value exports) {
  const napi_property_descriptor properties[] = {
      {"take", nullptr, take, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"leave", nullptr, leave, nullptr, nullptr, nullptr, napi_default_method, nullptr},
  };
  napi_value constructor;
  const napi_status status =
      napi_define_class(env, "OffsetSending", NAPI_AUTO_LENGTH, construct, nullptr,
                        sizeof properties / sizeof *properties, properties, &constructor);
  return status == napi_ok ? napi_set_named_property(env, exports, "OffsetSending", constructor)
                           : status;
}

}  // namespace goka
