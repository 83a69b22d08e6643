#include "module.h"
#include "request-session.h"
#include "thread-class.h"

namespace goka {

using SessionClass = ThreadClass<RequestSession>;

namespace {

// new RequestSession(client, onWake)
napi_value construct(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (!call.constructing()) return nullptr;
  const auto client = find_client(call, 0);
  if (client != nullptr) SessionClass::start(call, client, call.argument(1));
  return nullptr;
}

// submit(id, kind, args, timeoutMs): void
napi_value submit(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  RequestSession *session = SessionClass::self(call);
  Request request;
  uint32_t timeout_ms;
  if (session == nullptr || !call.number(0, &request.id) || !call.text(1, &request.kind) ||
      !call.texts(2, &request.arguments) || !call.count(3, 1, &timeout_ms)) {
    return nullptr;
  }
  request.timeout_ms = static_cast<int>(timeout_ms);
  session->submit(std::move(request));
  return nullptr;
}

// take(): [id, code, text] | undefined
napi_value take(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  RequestSession *session = SessionClass::self(call);
  Answer answer;
  if (session == nullptr || !session->take(&answer)) return nullptr;
  napi_value result = nullptr;
  if (napi_create_array_with_length(env, 3, &result) != napi_ok) return nullptr;
  napi_set_element(env, result, 0, to_js(env, answer.id));
  napi_set_element(env, result, 1, to_js(env, static_cast<double>(answer.code)));
  napi_set_element(env, result, 2, to_js(env, answer.text));
  return result;
}

// assignmentLost(): boolean
napi_value assignment_lost(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  RequestSession *session = SessionClass::self(call);
  return session == nullptr ? nullptr : to_js(env, session->assignment_lost());
}

}  // namespace

napi_status define_request_session(napi_env env, napi_value exports) {
  return SessionClass::define(
      env, exports, "RequestSession", construct,
      {{"submit", submit}, {"take", take}, {"assignmentLost", assignment_lost}});
}

}  // namespace goka
