package bench;

/** What is measured of Kafka Streams: one program with its name as the first argument and its job as name=value after it. */
public final class Main {
  public static void main(String[] arguments) throws Exception {
    Job job = new Job(arguments);
    switch (arguments[0]) {
      case "count" -> Count.run(job);
      case "recover" -> Recover.run(job);
      case "copy" -> Copy.run(job);
      case "pipeline" -> Pipeline.run(job);
      case "view" -> View.run(job);
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }
}
