package bench;

import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** Counts the records of each key and sends each on. */
final class Copy {
  static void run(Job job) throws InterruptedException {
    StreamsBuilder builder = new StreamsBuilder();
    builder.addStateStore(
        Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore("counts"), Serdes.String(), Serdes.Long()));
    builder.stream(job.text("input"), Consumed.with(Serdes.String(), Serdes.ByteArray()))
        .process(Step::new, "counts")
        .to(job.text("output"), Produced.with(Serdes.String(), Serdes.ByteArray()));
    Application.run(job, builder.build());
  }

  private static final class Step extends ContextualProcessor<String, byte[], String, byte[]> {
    @Override
    public void process(Record<String, byte[]> message) {
      KeyValueStore<String, Long> counts = context().getStateStore("counts");
      Long count = counts.get(message.key());
      counts.put(message.key(), count == null ? 1 : count + 1);
      context().forward(message);
    }
  }
}
