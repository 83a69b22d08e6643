#pragma once

#include <node_api.h>

#include <functional>
#include <memory>
#include <mutex>

namespace goka {

// Calls a function of JavaScript, without arguments, soon after `wake`; several wakes may end in one call. Keeps the event
// loop alive until it is closed, or let go. Any thread may wake it at any time, also after the JavaScript side is gone.
class Waker {
 public:
  // `finished` is asked after each call; once true, the waker closes itself. `gone` is called when it is closed for
  // good, also when the environment ends first. Both run on the thread of JavaScript.
  static std::shared_ptr<Waker> create(napi_env env, napi_value callback);

  void on_call(std::function<bool()> finished, std::function<void()> gone);
  void wake();
  void close();
  // The event loop does not wait for it any more. On the thread of JavaScript.
  void unref(napi_env env);

 private:
  static void call(napi_env env, napi_value callback, void *context, void *data);
  static void finalize(napi_env env, void *data, void *hint);

  std::mutex mutex_;
  napi_threadsafe_function function_ = nullptr;
  bool pending_ = false;
  std::function<bool()> finished_;
  std::function<void()> gone_;
};

}  // namespace goka
