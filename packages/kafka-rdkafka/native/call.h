#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace goka {

// A call from JavaScript: its arguments, checked. A getter that returns false has thrown.
class Call {
 public:
  Call(napi_env env, napi_callback_info info);

  napi_env env() const { return env_; }
  napi_value self() const { return self_; }
  napi_value argument(size_t index) const { return arguments_[index]; }

  bool text(size_t index, std::string *value) const;
  bool texts(size_t index, std::vector<std::string> *value) const;
  // A whole number from `least` on.
  bool count(size_t index, uint32_t least, uint32_t *value) const;
  bool number(size_t index, double *value) const;
  bool flag(size_t index, bool *value) const;
  // Memory that JavaScript must keep alive.
  bool array_buffer(size_t index, const char **start, size_t *size) const;
  bool byte_array(size_t index, const char **start, size_t *size) const;
  // Of a constructor: whether it was called with `new`.
  bool constructing() const;

  // Throws; always false.
  bool fail(const char *message) const;

 private:
  static constexpr size_t kMost = 8;
  bool wrong(size_t index, const char *expected) const;
  static bool read_text(napi_env env, napi_value from, std::string *value);

  napi_env env_;
  napi_callback_info info_;
  napi_value self_ = nullptr;
  napi_value arguments_[kMost];
};

napi_value to_js(napi_env env, double number);
napi_value to_js(napi_env env, bool flag);
napi_value to_js(napi_env env, const std::string &text);
napi_value to_js(napi_env env, const std::vector<std::string> &texts);

}  // namespace goka
