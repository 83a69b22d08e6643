#include "json.h"

#include <cstdio>

namespace goka {

JsonWriter &JsonWriter::key(const char *name) {
  text(name);
  json_ += ':';
  due_ = false;
  return *this;
}

JsonWriter &JsonWriter::text(const char *value) {
  separate();
  json_ += '"';
  for (const char *at = value; *at != '\0'; at++) {
    const auto byte = static_cast<unsigned char>(*at);
    if (byte == '"' || byte == '\\') {
      json_ += '\\';
      json_ += *at;
    } else if (byte < 0x20) {
      char escape[8];
      snprintf(escape, sizeof escape, "\\u%04x", byte);
      json_ += escape;
    } else {
      json_ += *at;
    }
  }
  json_ += '"';
  return *this;
}

JsonWriter &JsonWriter::number(int64_t value) {
  separate();
  json_ += std::to_string(value);
  return *this;
}

JsonWriter &JsonWriter::open(char bracket) {
  separate();
  json_ += bracket;
  due_ = false;
  return *this;
}

JsonWriter &JsonWriter::close(char bracket) {
  json_ += bracket;
  due_ = true;
  return *this;
}

void JsonWriter::separate() {
  if (due_) json_ += ',';
  due_ = true;
}

}  // namespace goka
