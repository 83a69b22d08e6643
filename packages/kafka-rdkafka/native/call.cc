#include "call.h"

#include <cmath>

namespace goka {

Call::Call(napi_env env, napi_callback_info info) : env_(env), info_(info) {
  size_t count = kMost;
  // What is missing reads as undefined.
  napi_get_cb_info(env, info, &count, arguments_, &self_, nullptr);
}

bool Call::text(size_t index, std::string *value) const {
  return read_text(env_, arguments_[index], value) || wrong(index, "a string");
}

bool Call::texts(size_t index, std::vector<std::string> *value) const {
  uint32_t length = 0;
  bool array = false;
  if (napi_is_array(env_, arguments_[index], &array) != napi_ok || !array ||
      napi_get_array_length(env_, arguments_[index], &length) != napi_ok) {
    return wrong(index, "an array of strings");
  }
  value->resize(length);
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    if (napi_get_element(env_, arguments_[index], i, &element) != napi_ok ||
        !read_text(env_, element, &(*value)[i])) {
      return wrong(index, "an array of strings");
    }
  }
  return true;
}

bool Call::count(size_t index, uint32_t least, uint32_t *value) const {
  double number = -1;
  if (napi_get_value_double(env_, arguments_[index], &number) != napi_ok || number < least ||
      number > UINT32_MAX || number != std::floor(number)) {
    return wrong(index, least == 0 ? "a whole number" : "a positive whole number");
  }
  *value = static_cast<uint32_t>(number);
  return true;
}

bool Call::number(size_t index, double *value) const {
  return napi_get_value_double(env_, arguments_[index], value) == napi_ok ||
         wrong(index, "a number");
}

bool Call::flag(size_t index, bool *value) const {
  return napi_get_value_bool(env_, arguments_[index], value) == napi_ok ||
         wrong(index, "a boolean");
}

bool Call::array_buffer(size_t index, const char **start, size_t *size) const {
  bool right = false;
  void *data = nullptr;
  if (napi_is_arraybuffer(env_, arguments_[index], &right) != napi_ok || !right ||
      napi_get_arraybuffer_info(env_, arguments_[index], &data, size) != napi_ok) {
    return wrong(index, "an ArrayBuffer");
  }
  *start = static_cast<const char *>(data);
  return true;
}

bool Call::byte_array(size_t index, const char **start, size_t *size) const {
  bool right = false;
  napi_typedarray_type type = napi_int8_array;
  void *data = nullptr;
  if (napi_is_typedarray(env_, arguments_[index], &right) != napi_ok || !right ||
      napi_get_typedarray_info(env_, arguments_[index], &type, size, &data, nullptr, nullptr) !=
          napi_ok ||
      type != napi_uint8_array) {
    return wrong(index, "a Uint8Array");
  }
  *start = static_cast<const char *>(data);
  return true;
}

bool Call::constructing() const {
  napi_value target = nullptr;
  return (napi_get_new_target(env_, info_, &target) == napi_ok && target != nullptr) ||
         fail("the class must be called with new");
}

bool Call::fail(const char *message) const {
  napi_throw_error(env_, nullptr, message);
  return false;
}

bool Call::wrong(size_t index, const char *expected) const {
  const std::string message =
      "argument " + std::to_string(index + 1) + " must be " + std::string(expected);
  napi_throw_type_error(env_, nullptr, message.c_str());
  return false;
}

bool Call::read_text(napi_env env, napi_value from, std::string *value) {
  size_t size = 0;
  if (napi_get_value_string_utf8(env, from, nullptr, 0, &size) != napi_ok) return false;
  value->resize(size);
  return napi_get_value_string_utf8(env, from, value->data(), size + 1, &size) == napi_ok;
}

napi_value to_js(napi_env env, double number) {
  napi_value value = nullptr;
  napi_create_double(env, number, &value);
  return value;
}

napi_value to_js(napi_env env, bool flag) {
  napi_value value = nullptr;
  napi_get_boolean(env, flag, &value);
  return value;
}

napi_value to_js(napi_env env, const std::string &text) {
  napi_value value = nullptr;
  napi_create_string_utf8(env, text.data(), text.size(), &value);
  return value;
}

napi_value to_js(napi_env env, const std::vector<std::string> &texts) {
  napi_value array = nullptr;
  napi_create_array_with_length(env, texts.size(), &array);
  for (size_t i = 0; i < texts.size(); i++) {
    napi_set_element(env, array, static_cast<uint32_t>(i), to_js(env, texts[i]));
  }
  return array;
}

}  // namespace goka
