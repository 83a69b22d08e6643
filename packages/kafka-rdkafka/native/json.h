#pragma once

#include <cstdint>
#include <string>

namespace goka {

// Writes JSON, one value after the other; puts the commas itself.
class JsonWriter {
 public:
  JsonWriter &begin_object() { return open('{'); }
  JsonWriter &end_object() { return close('}'); }
  JsonWriter &begin_array() { return open('['); }
  JsonWriter &end_array() { return close(']'); }
  // Names the value that follows.
  JsonWriter &key(const char *name);
  // UTF-8.
  JsonWriter &text(const char *value);
  JsonWriter &number(int64_t value);

  const std::string &json() const { return json_; }

 private:
  JsonWriter &open(char bracket);
  JsonWriter &close(char bracket);
  void separate();

  std::string json_;
  // A comma is due before the next value.
  bool due_ = false;
};

}  // namespace goka
