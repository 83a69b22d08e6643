import { join } from 'node:path'

/** One broker that is its own controller, on two ports of the loopback interface. */
export interface ServerAddress {
  readonly port: number
  readonly controllerPort: number
  /** The broker's folder; data and metadata are in folders of their own below it. */
  readonly path: string
}

/** What a test wants and a production broker would not have. */
const testDefaults: Readonly<Record<string, string>> = {
  // A topic that nobody made is a mistake to be seen.
  'auto.create.topics.enable': 'false',
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '4',
  // A transaction that a killed producer left open is aborted soon after its time-out, not up to ten seconds later.
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '200',
  // Groups settle at once, and members may choose short time-outs.
  'group.initial.rebalance.delay.ms': '0',
  'group.min.session.timeout.ms': '100',
  // The same for the protocol of KIP-848, where the broker dictates both; a group can be given its own values with
  // `consumer.session.timeout.ms` and `consumer.heartbeat.interval.ms`.
  'group.consumer.min.session.timeout.ms': '100',
  'group.consumer.min.heartbeat.interval.ms': '50',
  'group.consumer.heartbeat.interval.ms': '500',
  'group.consumer.session.timeout.ms': '10000',
  'group.consumer.assignment.interval.ms': '0',
  // After a crash the controller waits until the old broker's session is over: the default is nine seconds.
  'broker.session.timeout.ms': '3000',
  'broker.heartbeat.interval.ms': '250',
  // Compaction can be provoked: a closed segment of a topic with a low `min.cleanable.dirty.ratio` is cleaned at once.
  'log.cleaner.backoff.ms': '100',
  'log.cleaner.threads': '1',
  // The default, 128 MB, would be a quarter of the heap.
  'log.cleaner.dedupe.buffer.size': '16777216',
}

/** The text of a `server.properties`; `config` wins over every default. */
export function serverProperties(
  address: ServerAddress,
  config: Readonly<Record<string, string>>,
): string {
  const client = `127.0.0.1:${address.port}`
  const controller = `127.0.0.1:${address.controllerPort}`
  const entries = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    listeners: `CLIENT://${client},CONTROLLER://${controller}`,
    'advertised.listeners': `CLIENT://${client}`,
    'listener.security.protocol.map': 'CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'CLIENT',
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.voters': `1@${controller}`,
    'log.dirs': join(address.path, 'data'),
    // Apart from the data, because only then Kafka locks it before it opens it. Otherwise a second broker that is started
    // on the folder fails at the lock of the data, and has cut the first one's metadata log by then.
    'metadata.log.dir': join(address.path, 'metadata'),
    ...testDefaults,
    ...config,
  }
  return Object.entries(entries)
    .map(([name, value]) => `${name}=${escaped(value)}\n`)
    .join('')
}

/** Java reads a backslash as an escape, a line's end as the value's end, and drops leading blanks. */
function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replace(/^ /, '\\ ')
}
