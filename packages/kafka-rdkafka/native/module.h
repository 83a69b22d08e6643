#pragma once

#include <node_api.h>

namespace goka {

// Each adds a class to the exports.
napi_status define_consumer_pump(napi_env env, napi_value exports);
napi_status define_producer_sink(napi_env env, napi_value exports);
napi_status define_offset_sending(napi_env env, napi_value exports);
napi_status define_request_session(napi_env env, napi_value exports);

}  // namespace goka
