{
  "targets": [
    {
      "target_name": "goka_rdkafka",
      "sources": [
        "answer.cc",
        "call.cc",
        "client.cc",
        "client-thread.cc",
        "consumer-pump.cc",
        "consumer-pump-class.cc",
        "delivery-tracker.cc",
        "json.cc",
        "key-numbers.cc",
        "librdkafka.cc",
        "module.cc",
        "offset-list.cc",
        "offset-sending.cc",
        "offset-sending-class.cc",
        "packed-headers.cc",
        "plugin.cc",
        "produce-rows.cc",
        "producer-sink.cc",
        "producer-sink-class.cc",
        "record-slab.cc",
        "request.cc",
        "request-session.cc",
        "request-session-class.cc",
        "waker.cc"
      ],
      "defines": ["NAPI_VERSION=8"],
      "cflags": ["-fvisibility=hidden", "-Wall", "-Wextra", "-Wno-ignored-qualifiers"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
      "cflags_cc": ["-std=c++17", "-O2"],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "MACOSX_DEPLOYMENT_TARGET": "11.0"
      },
      "conditions": [["OS=='linux'", { "libraries": ["-ldl", "-lpthread"] }]]
    }
  ]
}
