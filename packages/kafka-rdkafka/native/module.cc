#include "module.h"

#include <dlfcn.h>

namespace {

// Threads and interceptors outlive the environment that loaded the addon, so it must never be unloaded.
void keep_loaded() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void *>(keep_loaded), &info) != 0) {
    dlopen(info.dli_fname, RTLD_NOW | RTLD_NODELETE);
  }
}

}  // namespace

NAPI_MODULE_INIT() {
  keep_loaded();
  if (goka::define_consumer_pump(env, exports) != napi_ok ||
      goka::define_producer_sink(env, exports) != napi_ok ||
      goka::define_offset_sending(env, exports) != napi_ok ||
      goka::define_request_session(env, exports) != napi_ok) {
    napi_throw_error(env, nullptr, "the addon cannot be set up");
    return nullptr;
  }
  return exports;
}
