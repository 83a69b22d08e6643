package bench;

import java.util.concurrent.atomic.LongAdder;

/** Says when the first record is processed, and when all are: it looks every two milliseconds, at no cost for each record. */
final class Seen {
  private final LongAdder records = new LongAdder();
  private volatile boolean started;

  Seen(long all) {
    if (all == 0) return;
    Thread watch = new Thread(() -> watch(all));
    watch.setDaemon(true);
    watch.start();
  }

  void one() {
    if (!started) start();
    records.increment();
  }

  private synchronized void start() {
    if (started) return;
    started = true;
    Job.say("first");
  }

  private void watch(long all) {
    try {
      while (records.sum() < all) Thread.sleep(2);
      Job.say("end partition=all");
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
    }
  }
}
