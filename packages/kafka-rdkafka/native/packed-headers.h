#pragma once

#include <cstddef>

#include "librdkafka.h"

namespace goka {

// The headers of one record as in packed-headers.ts of @goka/interface. A name ends at its first NUL: librdkafka does not
// tell its length.

size_t packed_headers_size(const Librdkafka &api, const rd_kafka_headers_t *headers);
// Writes at `at`; returns where they end.
char *write_packed_headers(const Librdkafka &api, const rd_kafka_headers_t *headers, char *at);
// nullptr: what is packed is damaged. The caller owns the headers.
rd_kafka_headers_t *read_packed_headers(const Librdkafka &api, const char *packed, size_t size);

}  // namespace goka
