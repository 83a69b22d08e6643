package bench;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/** Reads pseudo-random keys of a global table, from one thread or several. */
final class View {
  static void run(Job job) throws InterruptedException {
    StreamsBuilder builder = new StreamsBuilder();
    builder.globalTable(
        job.text("table"), Consumed.with(Serdes.String(), Serdes.String()), Materialized.as("view"));
    job.begin();
    KafkaStreams streams = new KafkaStreams(builder.build(), Application.settings(job));
    CountDownLatch running = new CountDownLatch(1);
    streams.setStateListener(
        (now, before) -> {
          if (now == KafkaStreams.State.RUNNING) running.countDown();
        });
    streams.start();
    running.await();
    ReadOnlyKeyValueStore<String, String> store =
        streams.store(StoreQueryParameters.fromNameAndType("view", QueryableStoreTypes.keyValueStore()));
    int gets = job.number("records");
    int keys = job.number("keys");
    int count = job.number("threads");
    AtomicLong sum = new AtomicLong();
    Thread[] threads = new Thread[count];
    long start = System.nanoTime();
    for (int number = 0; number < count; number++) {
      int first = number;
      threads[number] =
          new Thread(
              () -> {
                long own = 0;
                for (int get = first; get < gets; get += count) {
                  own += Long.parseLong(store.get("user-" + keyOfRecord(get, keys)));
                }
                sum.addAndGet(own);
              });
      threads[number].start();
    }
    for (Thread thread : threads) thread.join();
    Job.say("done seconds=" + (System.nanoTime() - start) / 1e9 + " sum=" + sum.get());
    job.await("stop");
    streams.close();
    Runtime.getRuntime().halt(0);
  }

  /** As keyOfRecord in src/keys.ts. */
  private static int keyOfRecord(int record, int keys) {
    int hash = (record + 1) * 0x9e3779b1;
    hash = (hash ^ (hash >>> 16)) * 0x85ebca6b;
    hash = (hash ^ (hash >>> 13)) * 0xc2b2ae35;
    return Integer.remainderUnsigned(hash ^ (hash >>> 16), keys);
  }
}
