package bench;

import java.util.Collection;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.StateRestoreListener;
import org.apache.kafka.streams.processor.internals.DefaultKafkaClientSupplier;

/** Runs a topology from the word to begin until it is told to stop, and says what it has read of its changelogs. */
final class Application {
  static Properties settings(Job job) {
    Properties settings = new Properties();
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, job.text("brokers"));
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, job.text("group"));
    settings.put(StreamsConfig.STATE_DIR_CONFIG, job.text("state"));
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, job.has("threads") ? job.number("threads") : 1);
    if (job.has("guarantee")) {
      boolean exactly = job.text("guarantee").equals("exactly-once");
      settings.put(
          StreamsConfig.PROCESSING_GUARANTEE_CONFIG,
          exactly ? StreamsConfig.EXACTLY_ONCE_V2 : StreamsConfig.AT_LEAST_ONCE);
    }
    if (job.has("sessionTimeoutMs")) {
      settings.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, job.number("sessionTimeoutMs"));
    }
    return settings;
  }

  static void run(Job job, Topology topology) throws InterruptedException {
    AtomicLong restored = new AtomicLong();
    job.begin();
    KafkaStreams streams = new KafkaStreams(topology, settings(job), new Clients());
    streams.setGlobalStateRestoreListener(new Restored(restored));
    streams.setUncaughtExceptionHandler(
        error -> {
          error.printStackTrace();
          return StreamThreadExceptionResponse.SHUTDOWN_APPLICATION;
        });
    streams.setStateListener(
        (now, before) -> {
          if (now == KafkaStreams.State.ERROR) Runtime.getRuntime().halt(1);
        });
    streams.start();
    Thread reporter = new Thread(() -> report(job, restored));
    reporter.setDaemon(true);
    reporter.start();
    job.await("stop");
    streams.close();
    Runtime.getRuntime().halt(0);
  }

  private static void report(Job job, AtomicLong restored) {
    try {
      job.await("report");
      Job.say("report records=" + restored.get());
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
    }
  }

  private record Restored(AtomicLong records) implements StateRestoreListener {
    @Override
    public void onRestoreStart(TopicPartition partition, String store, long start, long end) {}

    @Override
    public void onBatchRestored(TopicPartition partition, String store, long end, long restored) {
      records.addAndGet(restored);
    }

    @Override
    public void onRestoreEnd(TopicPartition partition, String store, long total) {}
  }

  /** The clients that Kafka Streams makes itself; the group's says when it is given partitions. */
  private static final class Clients extends DefaultKafkaClientSupplier {
    @Override
    public Consumer<byte[], byte[]> getConsumer(Map<String, Object> config) {
      return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer()) {
        @Override
        public void subscribe(Collection<String> topics, ConsumerRebalanceListener listener) {
          super.subscribe(topics, new Assigned(listener));
        }
      };
    }
  }

  private record Assigned(ConsumerRebalanceListener listener) implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      if (!partitions.isEmpty()) Job.say("assigned");
      listener.onPartitionsAssigned(partitions);
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      listener.onPartitionsRevoked(partitions);
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      listener.onPartitionsLost(partitions);
    }
  }
}
