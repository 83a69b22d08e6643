#include "librdkafka.h"

#include <dlfcn.h>

#include <map>
#include <mutex>

namespace goka {

namespace {

// The first release whose batch consume keeps its order over pause, resume and seek.
constexpr int kOldestVersion = 0x020100ff;

bool resolve(void *library, Librdkafka *functions, std::string *reason) {
#define GOKA_RESOLVE(function)                                                            \
  functions->function =                                                                   \
      reinterpret_cast<decltype(functions->function)>(dlsym(library, "rd_kafka_" #function)); \
  if (functions->function == nullptr) {                                                   \
    *reason = "librdkafka has no rd_kafka_" #function;                                    \
    return false;                                                                         \
  }
  GOKA_LIBRDKAFKA_FUNCTIONS(GOKA_RESOLVE)
#undef GOKA_RESOLVE
  if (functions->version() < kOldestVersion) {
    *reason = "librdkafka is older than 2.1.0";
    return false;
  }
  return true;
}

}  // namespace

const Librdkafka *Librdkafka::containing(void *address, std::string *reason) {
  // Never freed: librdkafka's threads may call in while the process ends.
  static auto *mutex = new std::mutex;
  static auto *libraries = new std::map<std::string, Librdkafka>;
  Dl_info info;
  if (dladdr(address, &info) == 0 || info.dli_fname == nullptr) {
    *reason = "the library that asks cannot be found";
    return nullptr;
  }
  std::lock_guard<std::mutex> lock(*mutex);
  auto known = libraries->find(info.dli_fname);
  if (known != libraries->end()) return &known->second;
  void *library = dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD);
  if (library == nullptr) {
    *reason = std::string(info.dli_fname) + " is not a shared library";
    return nullptr;
  }
  Librdkafka functions;
  if (!resolve(library, &functions, reason)) {
    dlclose(library);
    return nullptr;
  }
  return &libraries->emplace(info.dli_fname, functions).first->second;
}

}  // namespace goka
