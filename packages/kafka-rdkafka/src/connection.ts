import { type ClientContext, GokaError } from '@goka/interface'
import rdkafka from 'node-rdkafka'
import { call, within } from './call.ts'
import type { ClientConfig } from './client-config.ts'
import { type ClientFault, faultCodes, toFault } from './client-fault.ts'
import { ConnectionWatch } from './connection-watch.ts'
import { transportError } from './errors.ts'
import { type AnyClient, forwardLog } from './librdkafka-log.ts'
import { invalid } from './rdkafka-options.ts'

type Client = rdkafka.KafkaConsumer | rdkafka.Producer
/** A callback of node-rdkafka that is given as a setting. */
type Callbacks = Readonly<Record<string, boolean | ((...args: never[]) => void)>>

/** How long a client may take to be torn down before its close goes on without it. */
const closeLimitMs = 10_000

/** One client of node-rdkafka, from its first contact with a broker to its end. */
export class Connection<C extends Client> {
  readonly client: C
  /** librdkafka's name of the client, unique in the process: `rdkafka#consumer-1`. */
  readonly name: string
  readonly #context: ClientContext
  readonly #watch: ConnectionWatch
  #closing: Promise<void> | undefined

  private constructor(client: C, name: string, context: ClientContext, watch: ConnectionWatch) {
    this.client = client
    this.name = name
    this.#context = context
    this.#watch = watch
  }

  static async consumer(
    config: ClientConfig,
    context: ClientContext,
    brokers: readonly string[],
    callbacks: Callbacks = {},
  ): Promise<Connection<rdkafka.KafkaConsumer>> {
    return await connect(
      () => new rdkafka.KafkaConsumer({ ...config.global, ...callbacks }, { ...config.topic }),
      context,
      brokers,
    )
  }

  static async producer(
    config: ClientConfig,
    context: ClientContext,
    brokers: readonly string[],
    callbacks: Callbacks = {},
  ): Promise<Connection<rdkafka.Producer>> {
    return await connect(
      () => new rdkafka.Producer({ ...config.global, ...callbacks }, { ...config.topic }),
      context,
      brokers,
    )
  }

  /** @internal Wraps a client that has reached a broker. */
  static wrap<C extends Client>(client: C, name: string, context: ClientContext): Connection<C> {
    return new Connection(client, name, context, new ConnectionWatch(client, context))
  }

  /** Called with faults of the client that no call tells, but for those of single connections. */
  onFault(listener: (fault: ClientFault) => void): void {
    this.#watch.onFault(listener)
  }

  /**
   * Disconnects, once, and waits at most a bound for it. Nothing may be popping from the client any more, and no call may
   * follow: node-rdkafka would block or never answer.
   */
  async close(): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #close(): Promise<void> {
    this.#watch.stop()
    const { clock, log } = this.#context
    if ((await within(clock, closeLimitMs, disconnect(this.client))) === undefined) {
      log.warn(
        { client: this.name, limitMs: closeLimitMs },
        'the kafka client was not torn down in time and goes on in the background',
      )
    }
  }
}

async function connect<C extends Client>(
  make: () => C,
  context: ClientContext,
  brokers: readonly string[],
): Promise<Connection<C>> {
  const client = construct(make)
  forwardLog(client, context.log)
  let last: ClientFault | undefined
  const refused = new Promise<never>((_, reject) => {
    const events: AnyClient = client
    events.on('event.error', (error) => {
      last = toFault(error)
      if (last.code === faultCodes.ERR__AUTHENTICATION) reject(last as ClientFault & Error)
    })
  })
  const timeoutMs = context.connectTimeoutMs
  const connected = call((done) => {
    client.connect({ allTopics: false, timeout: timeoutMs }, done)
  })
  try {
    // A client that reaches nobody is torn down by node-rdkafka before it calls back, which may take longer than it should.
    const metadata = await within(
      context.clock,
      timeoutMs + 100,
      Promise.race([connected, refused]),
    )
    if (metadata === undefined) throw new Error('timed out')
    return Connection.wrap(client, nameOf(client), context)
  } catch (error) {
    connected.then(
      () => disconnect(client),
      () => undefined,
    )
    const fault = last ?? toFault(error)
    if (fault.code === faultCodes.ERR__AUTHENTICATION) {
      throw transportError(fault, { operation: 'connect', writes: false })
    }
    throw new GokaError(
      'GOKA_TRANSPORT_UNREACHABLE',
      `no broker of ${brokers.join(', ')} answered within ${timeoutMs} ms (${fault.message}); check the addresses and that one is up`,
      { brokers: brokers.join(','), timeoutMs },
      { cause: error },
    )
  }
}

/** librdkafka knows best which settings there are. */
function construct<C>(make: () => C): C {
  try {
    return make()
  } catch (error) {
    throw invalid('librdkafka', 'settings that librdkafka takes', toFault(error).message)
  }
}

function nameOf(client: Client): string {
  return (client as unknown as { readonly name: string }).name
}

async function disconnect(client: Client): Promise<true> {
  await call((done) => {
    if (client instanceof rdkafka.Producer) client.disconnect(1, done)
    else client.disconnect(done)
  })
  return true
}
