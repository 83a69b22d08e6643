#include "waker.h"

#include <utility>

namespace goka {

namespace {

// What a callback has thrown ends in `uncaughtException`, as from any other callback; Node would only warn. A worker that
// is being terminated has thrown nothing.
void rethrow(napi_env env) {
  bool pending = false;
  napi_value exception;
  if (napi_is_exception_pending(env, &pending) == napi_ok && pending &&
      napi_get_and_clear_last_exception(env, &exception) == napi_ok) {
    napi_fatal_exception(env, exception);
  }
}

}  // namespace

std::shared_ptr<Waker> Waker::create(napi_env env, napi_value callback) {
  auto waker = std::make_shared<Waker>();
  napi_value name;
  if (napi_create_string_utf8(env, "goka", NAPI_AUTO_LENGTH, &name) != napi_ok) return nullptr;
  auto *self = new std::shared_ptr<Waker>(waker);
  if (napi_create_threadsafe_function(env, callback, nullptr, name, 0, 1, self, finalize, self, call,
                                      &waker->function_) != napi_ok) {
    delete self;
    return nullptr;
  }
  return waker;
}

void Waker::on_call(std::function<bool()> finished, std::function<void()> gone) {
  finished_ = std::move(finished);
  gone_ = std::move(gone);
}

void Waker::wake() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (function_ == nullptr || pending_) return;
  pending_ = true;
  if (napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking) == napi_closing) {
    function_ = nullptr;
  }
}

void Waker::close() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (function_ == nullptr) return;
  napi_release_threadsafe_function(function_, napi_tsfn_release);
  function_ = nullptr;
}

void Waker::unref(napi_env env) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (function_ != nullptr) napi_unref_threadsafe_function(env, function_);
}

void Waker::call(napi_env env, napi_value callback, void *context, void *) {
  // The environment ends and `finalize` was called already: the context is gone.
  if (env == nullptr) return;
  auto waker = *static_cast<std::shared_ptr<Waker> *>(context);
  {
    std::lock_guard<std::mutex> lock(waker->mutex_);
    waker->pending_ = false;
  }
  napi_value receiver;
  if (napi_get_undefined(env, &receiver) != napi_ok) return;
  napi_call_function(env, receiver, callback, 0, nullptr, nullptr);
  rethrow(env);
  if (waker->finished_ && waker->finished_()) waker->close();
}

void Waker::finalize(napi_env, void *data, void *) {
  auto *self = static_cast<std::shared_ptr<Waker> *>(data);
  auto waker = *self;
  delete self;
  {
    std::lock_guard<std::mutex> lock(waker->mutex_);
    waker->function_ = nullptr;
  }
  if (waker->gone_) waker->gone_();
  // They hold the thread that holds this waker.
  waker->finished_ = nullptr;
  waker->gone_ = nullptr;
}

}  // namespace goka
