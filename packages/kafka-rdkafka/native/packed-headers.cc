#include "packed-headers.h"

#include <cstdint>
#include <cstring>

namespace goka {

namespace {

void put_length(char **at, int32_t length) {
  const auto bits = static_cast<uint32_t>(length);
  for (int i = 0; i < 4; i++) (*at)[i] = static_cast<char>(bits >> (8 * i));
  *at += 4;
}

// Reads forward; never past the end.
struct Reader {
  const char *at;
  size_t left;

  bool length(int32_t *value) {
    if (left < 4) return false;
    uint32_t bits = 0;
    for (int i = 0; i < 4; i++) bits |= uint32_t{static_cast<unsigned char>(at[i])} << (8 * i);
    std::memcpy(value, &bits, 4);
    at += 4;
    left -= 4;
    return true;
  }

  bool bytes(int32_t size, const char **start) {
    if (size < 0 || static_cast<size_t>(size) > left) return false;
    *start = at;
    at += size;
    left -= static_cast<size_t>(size);
    return true;
  }
};

template <typename Visit>
void each_header(const Librdkafka &api, const rd_kafka_headers_t *headers, Visit visit) {
  const char *name;
  const void *value;
  size_t size;
  for (size_t i = 0;
       api.header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
    visit(name, static_cast<const char *>(value), size);
  }
}

}  // namespace

size_t packed_headers_size(const Librdkafka &api, const rd_kafka_headers_t *headers) {
  size_t total = 0;
  each_header(api, headers, [&total](const char *name, const char *value, size_t size) {
    total += 8 + std::strlen(name) + (value == nullptr ? 0 : size);
  });
  return total;
}

char *write_packed_headers(const Librdkafka &api, const rd_kafka_headers_t *headers, char *at) {
  each_header(api, headers, [&at](const char *name, const char *value, size_t size) {
    const size_t name_length = std::strlen(name);
    put_length(&at, static_cast<int32_t>(name_length));
    std::memcpy(at, name, name_length);
    at += name_length;
    put_length(&at, value == nullptr ? -1 : static_cast<int32_t>(size));
    if (value != nullptr && size > 0) {
      std::memcpy(at, value, size);
      at += size;
    }
  });
  return at;
}

rd_kafka_headers_t *read_packed_headers(const Librdkafka &api, const char *packed, size_t size) {
  rd_kafka_headers_t *headers = api.headers_new(8);
  Reader reader{packed, size};
  while (reader.left > 0) {
    int32_t name_length;
    int32_t value_length;
    const char *name;
    const char *value = nullptr;
    if (!reader.length(&name_length) || !reader.bytes(name_length, &name) ||
        !reader.length(&value_length) || value_length < -1 ||
        (value_length >= 0 && !reader.bytes(value_length, &value)) ||
        api.header_add(headers, name, name_length, value, value_length < 0 ? 0 : value_length) !=
            RD_KAFKA_RESP_ERR_NO_ERROR) {
      api.headers_destroy(headers);
      return nullptr;
    }
  }
  return headers;
}

}  // namespace goka
