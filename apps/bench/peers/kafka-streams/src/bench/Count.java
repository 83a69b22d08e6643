package bench;

import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;

/** Counts the records of each key. */
final class Count {
  static void run(Job job) throws InterruptedException {
    Seen seen = new Seen(job.inputRecords());
    StreamsBuilder builder = new StreamsBuilder();
    builder.stream(job.text("input"), Consumed.with(Serdes.String(), Serdes.ByteArray()))
        .peek((key, value) -> seen.one())
        .groupByKey(Grouped.with(Serdes.String(), Serdes.ByteArray()))
        .count(Materialized.as("counts"));
    Application.run(job, builder.build());
  }
}
