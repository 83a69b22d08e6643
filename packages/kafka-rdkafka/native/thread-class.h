#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "call.h"
#include "client-thread.h"

namespace goka {

// Wakes the function that is `onWake`. nullptr: thrown.
inline std::shared_ptr<Waker> make_waker(const Call &call, napi_value on_wake) {
  napi_valuetype type = napi_undefined;
  napi_typeof(call.env(), on_wake, &type);
  if (type != napi_function) {
    call.fail("onWake must be a function");
    return nullptr;
  }
  auto waker = Waker::create(call.env(), on_wake);
  if (waker == nullptr) call.fail("the thread cannot be connected to the event loop");
  return waker;
}

// The object behind `this`, which is of the class: V8 has checked that. nullptr: thrown.
template <typename T>
T *unwrapped(const Call &call) {
  void *holder = nullptr;
  if (napi_unwrap(call.env(), call.self(), &holder) != napi_ok) {
    call.fail("the object was never made");
    return nullptr;
  }
  return static_cast<std::shared_ptr<T> *>(holder)->get();
}

// The JavaScript class of a ClientThread: `new T(client, ..., onWake)`, `stop()`, `stopped()`.
template <typename T>
class ThreadClass {
 public:
  struct Method {
    const char *name;
    napi_callback function;
  };

  static napi_status define(napi_env env, napi_value exports, const char *name,
                            napi_callback constructor, std::vector<Method> methods) {
    methods.push_back({"stop", stop});
    methods.push_back({"stopped", stopped});
    std::vector<napi_property_descriptor> properties;
    for (const Method &method : methods) {
      properties.push_back({method.name, nullptr, method.function, nullptr, nullptr, nullptr,
                            napi_default_method, nullptr});
    }
    napi_value constructor_function;
    const napi_status status =
        napi_define_class(env, name, NAPI_AUTO_LENGTH, constructor, nullptr, properties.size(),
                          properties.data(), &constructor_function);
    return status == napi_ok ? napi_set_named_property(env, exports, name, constructor_function)
                             : status;
  }

  // Makes the object behind `this` and starts its thread. False: thrown.
  template <typename... Rest>
  static bool start(const Call &call, const std::shared_ptr<Client> &client,
                    napi_value on_wake, Rest... rest) {
    auto waker = make_waker(call, on_wake);
    if (waker == nullptr) return false;
    auto thread = std::make_shared<T>(client, waker, rest...);
    auto *holder = new std::shared_ptr<T>(thread);
    if (napi_wrap(call.env(), call.self(), holder, release, nullptr, nullptr) != napi_ok) {
      delete holder;
      waker->close();
      return call.fail("the object cannot be made");
    }
    if (thread->start()) return true;
    waker->close();
    return call.fail("the client is closed");
  }

  // The object behind `this`. nullptr: thrown.
  static T *self(const Call &call) { return unwrapped<T>(call); }

 private:
  static napi_value stop(napi_env env, napi_callback_info info) {
    const Call call(env, info);
    T *thread = self(call);
    if (thread != nullptr) thread->stop();
    return nullptr;
  }

  static napi_value stopped(napi_env env, napi_callback_info info) {
    const Call call(env, info);
    T *thread = self(call);
    return thread == nullptr ? nullptr : to_js(env, thread->stopped());
  }

  static void release(napi_env, void *data, void *) {
    auto *holder = static_cast<std::shared_ptr<T> *>(data);
    (*holder)->stop();
    delete holder;
  }
};

// The client of this name. nullptr: thrown.
inline std::shared_ptr<Client> find_client(const Call &call, size_t index) {
  std::string name;
  if (!call.text(index, &name)) return nullptr;
  auto client = Client::find(name);
  if (client == nullptr) call.fail("there is no connected client, or more than one, of this name with the plugin");
  return client;
}

}  // namespace goka
