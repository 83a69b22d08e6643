import { type ClientContext, GokaError, type Timer } from '@goka/interface'
import rdkafka from 'node-rdkafka'
import { invalid } from '../check-options.ts'
import type { ClientConfig } from '../client-config.ts'
import { type ClientFault, faultCodes, faultName, toFault } from '../client-fault.ts'
import { transportError } from '../errors.ts'
import { call, delay, within } from './call.ts'
import { ConnectionWatch } from './connection-watch.ts'
import { type AnyClient, forwardLog } from './librdkafka-log.ts'

type Client = rdkafka.KafkaConsumer | rdkafka.Producer
/** A callback of node-rdkafka that is given as a setting. */
type Callbacks = Readonly<Record<string, boolean | ((...args: never[]) => void)>>

/** How long a client may take to be torn down before its close goes on without it. */
const closeLimitMs = 10_000

/** How often events are served while a client connects, and how long it pauses between two questions. */
const servePauseMs = 20
/** Questions to a broker that may not be there take longer and longer: each holds a thread of Node's pool. */
const firstAskMs = 100
const longestAskMs = 1_000

/** One client of node-rdkafka, from its first contact with a broker to its end. */
export class Connection<C extends Client> {
  readonly client: C
  /** librdkafka's name of the client, unique in the process: `rdkafka#consumer-1`. */
  readonly name: string
  readonly #context: ClientContext
  readonly #watch: ConnectionWatch
  /** Resolve when calls that are under way have returned. */
  readonly #calls = new Set<Promise<void>>()
  #left = false
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
   * The client is not disconnected before `called`, a call that holds it in a thread of Node's pool, has returned. node-rdkafka
   * frees a client under whoever is in it. librdkafka does not answer a transactional call that is under way when the client
   * is torn down, and then waits for its caller: neither would ever end, nor could the process.
   */
  async during<T>(called: Promise<T>): Promise<T> {
    const returned = called.then(nothing, nothing)
    this.#calls.add(returned)
    try {
      return await called
    } finally {
      this.#calls.delete(returned)
    }
  }

  /** Whether a call holds the client. */
  get isBusy(): boolean {
    return this.#calls.size > 0
  }

  /** A call that holds the client will not return: `close` goes on without it at once. */
  leave(): void {
    this.#left = true
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
    const limitMs = this.#left ? 0 : closeLimitMs
    if ((await within(clock, limitMs, this.#disconnect())) === undefined) {
      log.warn(
        { client: this.name, limitMs },
        'the kafka client was not torn down in time and goes on in the background',
      )
    }
  }

  async #disconnect(): Promise<true> {
    while (this.#calls.size > 0) await Promise.all(this.#calls)
    return await disconnect(this.client)
  }
}

async function connect<C extends Client>(
  make: () => C,
  context: ClientContext,
  brokers: readonly string[],
): Promise<Connection<C>> {
  const { clock, connectTimeoutMs, log } = context
  const client = construct(make)
  forwardLog(client, log)
  let last: ClientFault | undefined
  let refusal: ClientFault | undefined
  const events: AnyClient = client
  events.on('event.error', (error) => {
    last = toFault(error)
    if (last.code === faultCodes.ERR__AUTHENTICATION) refusal = last
  })
  await createHandle(client)
  const serving = serveEvents(client, context)
  const deadline = clock.now() + connectTimeoutMs
  try {
    let limitMs = firstAskMs
    while (!(await answers(client, Math.min(limitMs, Math.max(1, deadline - clock.now()))))) {
      if (refusal !== undefined) {
        throw transportError(refusal, { operation: 'connect', writes: false })
      }
      if (clock.now() >= deadline) throw unreachable(brokers, connectTimeoutMs, last)
      await delay(clock, servePauseMs)
      limitMs = Math.min(limitMs * 2, longestAskMs)
    }
    return Connection.wrap(client, nameOf(client), context)
  } catch (error) {
    void disconnect(client)
    throw error
  } finally {
    serving.stop()
  }
}

/**
 * Makes librdkafka's client. node-rdkafka would ask for metadata in the same call, for as long as the whole time-out in a
 * thread of Node's pool, of which there are four; so it is answered in the place of a broker, and asked in small steps later.
 */
async function createHandle(client: Client): Promise<void> {
  client.getMetadata = (_options, answer) => {
    answer?.(null as never, {} as rdkafka.Metadata)
  }
  await call((done) => {
    client.connect({}, done)
  })
  Reflect.deleteProperty(client, 'getMetadata')
}

async function answers(client: Client, timeout: number): Promise<boolean> {
  try {
    await call((done) => {
      client.getMetadata({ allTopics: false, timeout }, done)
    })
    return true
  } catch {
    return false
  }
}

function unreachable(
  brokers: readonly string[],
  timeoutMs: number,
  fault: ClientFault | undefined,
): GokaError {
  const last = fault === undefined ? '' : ` (${faultName(fault.code)})`
  return new GokaError(
    'GOKA_TRANSPORT_UNREACHABLE',
    `no broker of ${brokers.join(', ')} answered within ${timeoutMs} ms${last}; check the addresses and that one is up`,
    { brokers: brokers.join(','), timeoutMs },
    { cause: fault },
  )
}

/** Events come only while somebody polls, which nobody does before a client is connected. */
function serveEvents(client: Client, { clock }: ClientContext): { stop(): void } {
  if (client instanceof rdkafka.KafkaConsumer) client.setDefaultConsumeTimeout(0)
  let timer: Timer
  const serve = (): void => {
    if (client.isConnected()) {
      if (client instanceof rdkafka.Producer) client.poll()
      else client.consume(1, () => undefined)
    }
    timer = clock.setTimeout(serve, servePauseMs)
  }
  timer = clock.setTimeout(serve, servePauseMs)
  return {
    stop: () => {
      clock.clearTimeout(timer)
    },
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

function nothing(): void {}

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
