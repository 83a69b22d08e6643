package bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** What the program was told, and what it says and hears: see src/programs.ts. */
final class Job {
  private final Map<String, String> values = new HashMap<>();
  private final Map<String, CountDownLatch> told =
      Map.of("go", new CountDownLatch(1), "report", new CountDownLatch(1), "stop", new CountDownLatch(1));

  Job(String[] arguments) {
    for (int index = 1; index < arguments.length; index++) {
      String[] pair = arguments[index].split("=", 2);
      values.put(pair[0], pair[1]);
    }
    Thread ears = new Thread(this::hear);
    ears.setDaemon(true);
    ears.start();
  }

  private void hear() {
    try (BufferedReader lines = new BufferedReader(new InputStreamReader(System.in))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) told.get(line).countDown();
    } catch (IOException error) {
      error.printStackTrace();
    }
    Runtime.getRuntime().halt(1); // Whoever has started it is gone.
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  String text(String name) {
    String value = values.get(name);
    if (value == null) throw new IllegalArgumentException(name + "= is missing");
    return value;
  }

  int number(String name) {
    return Integer.parseInt(text(name));
  }

  /** How many records the input has. */
  long inputRecords() {
    long sum = 0;
    for (String end : text("ends").split(",")) sum += Long.parseLong(end);
    return sum;
  }

  static void say(String line) {
    System.out.println("bench: " + line);
  }

  void await(String line) throws InterruptedException {
    told.get(line).await();
  }

  void begin() throws InterruptedException {
    say("ready");
    await("go");
  }
}
