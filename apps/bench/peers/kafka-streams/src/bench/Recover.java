package bench;

import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** Counts the records of each key, and says when each partition has its first and its last. */
final class Recover {
  static void run(Job job) throws InterruptedException {
    String[] ends = job.text("ends").split(",");
    StreamsBuilder builder = new StreamsBuilder();
    builder.addStateStore(
        Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore("counts"), Serdes.String(), Serdes.Long()));
    builder.stream(job.text("input"), Consumed.with(Serdes.String(), Serdes.ByteArray()))
        .process(() -> new Step(ends), "counts");
    Application.run(job, builder.build());
  }

  /** One for each partition. */
  private static final class Step extends ContextualProcessor<String, byte[], Void, Void> {
    private final String[] ends;
    private boolean started;

    Step(String[] ends) {
      this.ends = ends;
    }

    @Override
    public void process(Record<String, byte[]> message) {
      KeyValueStore<String, Long> counts = context().getStateStore("counts");
      Long count = counts.get(message.key());
      counts.put(message.key(), count == null ? 1 : count + 1);
      RecordMetadata metadata = context().recordMetadata().orElseThrow();
      int partition = metadata.partition();
      if (!started) {
        started = true;
        Job.say("first partition=" + partition);
      }
      if (metadata.offset() == Long.parseLong(ends[partition]) - 1) Job.say("end partition=" + partition);
    }
  }
}
