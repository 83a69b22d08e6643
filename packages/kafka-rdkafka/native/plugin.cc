// What librdkafka calls: the plugin's entry point and the interceptors. See "plugin.library.paths" in librdkafka's
// CONFIGURATION.md and "Interceptors" in rdkafka.h.

#include <cstdio>
#include <memory>
#include <string>

#include "client.h"
#include "delivery-tracker.h"
#include "librdkafka.h"

namespace goka {

namespace {

constexpr const char *kName = "goka";

// One configuration, and the client that was made of it.
struct Configuration {
  const Librdkafka &api;
  std::shared_ptr<Client> client;
};

rd_kafka_resp_err_t on_acknowledgement(rd_kafka_t *, rd_kafka_message_t *message, void *opaque) {
  static_cast<Client *>(opaque)->deliveries().settle(message->_private, message->err,
                                                     message->offset);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t on_destroy(rd_kafka_t *, void *opaque) {
  static_cast<Client *>(opaque)->retire();
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

std::string setting(const Librdkafka &api, const rd_kafka_conf_t *conf, const char *name) {
  char value[256] = "";
  size_t size = sizeof value;
  return api.conf_get(conf, name, value, &size) == RD_KAFKA_CONF_OK ? value : "";
}

rd_kafka_resp_err_t on_new(rd_kafka_t *handle, const rd_kafka_conf_t *conf, void *opaque, char *,
                           size_t) {
  auto *configuration = static_cast<Configuration *>(opaque);
  const Librdkafka &api = configuration->api;
  const Client::Settings settings = {
      setting(api, conf, "delivery.report.only.error") == "true",
      setting(api, conf, "group.protocol") == "consumer" ||
          setting(api, conf, "partition.assignment.strategy").find("cooperative") !=
              std::string::npos,
  };
  auto client = std::make_shared<Client>(handle, api, settings);
  rd_kafka_resp_err_t error =
      api.interceptor_add_on_destroy(handle, kName, on_destroy, client.get());
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    error = api.interceptor_add_on_acknowledgement(handle, kName, on_acknowledgement, client.get());
  }
  configuration->client = client;
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) Client::add(client);
  return error;
}

// librdkafka's threads have ended when this is called for a client's configuration.
rd_kafka_resp_err_t on_conf_destroy(void *opaque) {
  std::unique_ptr<Configuration> configuration(static_cast<Configuration *>(opaque));
  if (configuration->client != nullptr) {
    Client::remove(configuration->client.get());
    configuration->client->deliveries().settle_all(RD_KAFKA_RESP_ERR__DESTROY);
  }
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace

}  // namespace goka

extern "C" __attribute__((visibility("default"))) rd_kafka_resp_err_t conf_init(
    rd_kafka_conf_t *conf, void **, char *errstr, size_t errstr_size) {
  std::string reason;
  const auto *api = goka::Librdkafka::containing(__builtin_return_address(0), &reason);
  if (api == nullptr) {
    snprintf(errstr, errstr_size, "goka: %s", reason.c_str());
    return RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED;
  }
  auto configuration =
      std::unique_ptr<goka::Configuration>(new goka::Configuration{*api, nullptr});
  rd_kafka_resp_err_t error =
      api->conf_interceptor_add_on_new(conf, goka::kName, goka::on_new, configuration.get());
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    error = api->conf_interceptor_add_on_conf_destroy(conf, goka::kName, goka::on_conf_destroy,
                                                      configuration.get());
    // On failure of the second the first keeps the pointer: better leaked than dangling.
    configuration.release();
  }
  return error;
}
