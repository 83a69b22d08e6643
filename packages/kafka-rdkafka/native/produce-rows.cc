#include "produce-rows.h"

#include <cmath>
#include <cstring>

namespace goka {

namespace {

// Number.MAX_SAFE_INTEGER
constexpr double kMaxSafe = 9007199254740991.0;

}  // namespace

ProduceRow ProduceRows::row(uint32_t index) const {
  ProduceRow row;
  std::memcpy(&row, rows_ + size_t{index} * sizeof row, sizeof row);
  return row;
}

bool ProduceRows::key(const ProduceRow &row, Part *key) const {
  return part(row.key_start, row.key_length, key);
}

bool ProduceRows::value(const ProduceRow &row, Part *value) const {
  return part(row.value_start, row.value_length, value);
}

bool ProduceRows::headers(const ProduceRow &row, Part *headers) const {
  if (row.headers_length != 0) {
    return row.headers_length > 0 && part(row.headers_start, row.headers_length, headers);
  }
  *headers = {nullptr, 0};
  return true;
}

bool ProduceRows::timestamp(const ProduceRow &row, int64_t *timestamp) {
  if (std::isnan(row.timestamp)) {
    *timestamp = 0;
    return true;
  }
  if (!(std::fabs(row.timestamp) <= kMaxSafe)) return false;
  *timestamp = static_cast<int64_t>(row.timestamp);
  return true;
}

bool ProduceRows::part(int32_t start, int32_t length, Part *part) const {
  if (length == -1) {
    *part = {nullptr, 0};
    return true;
  }
  if (length == 0) {
    *part = {"", 0};
    return true;
  }
  if (start < 0 || length < 0 || static_cast<size_t>(start) + static_cast<size_t>(length) > size_) {
    return false;
  }
  *part = {bytes_ + start, static_cast<size_t>(length)};
  return true;
}

}  // namespace goka
