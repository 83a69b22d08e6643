package bench;

import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;

/** Joins orders with the profiles of their users and sends out bills. */
final class Pipeline {
  record Order(int order, String user, int amount, String note) {}

  record Profile(String name, int rate) {}

  record Bill(int order, String user, String name, int total) {}

  static void run(Job job) throws InterruptedException {
    Seen seen = new Seen(job.inputRecords());
    Serde<Order> orders = new JsonSerde<>(Order.class);
    Serde<Profile> profiles = new JsonSerde<>(Profile.class);
    StreamsBuilder builder = new StreamsBuilder();
    KTable<String, Profile> table =
        builder.table(
            job.text("table"),
            Consumed.with(Serdes.String(), profiles),
            Materialized.as("profiles"));
    builder.stream(job.text("input"), Consumed.with(Serdes.String(), orders))
        .peek((key, value) -> seen.one())
        .join(
            table,
            (order, profile) ->
                new Bill(order.order(), order.user(), profile.name(), order.amount() * profile.rate()),
            Joined.with(Serdes.String(), orders, profiles))
        .to(job.text("output"), Produced.with(Serdes.String(), new JsonSerde<>(Bill.class)));
    Application.run(job, builder.build());
  }
}
