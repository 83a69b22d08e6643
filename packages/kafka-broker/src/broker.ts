import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { GokaError } from '@goka/interface'
import { kafkaDistribution } from './distribution.ts'
import type {} from './errors.ts'
import { freePort, isFree } from './free-port.ts'
import { findJava } from './java.ts'
import type { JvmExit } from './jvm.ts'
import { type Launched, launch, type Site } from './launch.ts'
import { type BrokerOptions, checkOptions } from './options.ts'

/** A real Apache Kafka in a process of its own: one broker that is its own controller. It never outlives this process. */
export interface Broker extends AsyncDisposable {
  /** `127.0.0.1:port`, the same for the broker's whole life. */
  readonly brokers: string
  /** Process id of the broker; changes with a restart. */
  readonly pid: number
  /** Resolves when the present process has ended, whether it was stopped, killed or crashed. */
  readonly exited: Promise<JvmExit>
  /**
   * Sends a signal: SIGKILL for a crash, SIGSTOP and SIGCONT for a broker that hangs. Nothing happens when the process
   * has ended.
   */
  kill(signal: NodeJS.Signals): void
  /**
   * Starts the broker again on the same port and data; resolves when it serves. It is stopped in order first, unless
   * it has ended already: `kill('SIGKILL')` and then `restart()` is a crash.
   * @throws GokaError `KAFKA_BROKER_START_FAILED`, `KAFKA_BROKER_STOPPED`
   */
  restart(): Promise<void>
  /** Ends the process in order, by force after ten seconds; `restart` starts it again. */
  end(): Promise<void>
  /** Stops the broker in order, by force after ten seconds, and removes its folder if that is temporary. */
  stop(): Promise<void>
}

const stopTimeoutMs = 10_000

/**
 * Starts a broker and resolves when it serves clients. Apache Kafka itself is fetched the first time.
 *
 * ```ts
 * await using broker = await startBroker()
 * const transport = rdkafka({ brokers: [broker.brokers] })
 * ```
 *
 * @throws GokaError `GOKA_OPTION_INVALID`, `KAFKA_BROKER_TOOL_MISSING`, `KAFKA_BROKER_FETCH_FAILED`,
 * `KAFKA_BROKER_START_FAILED`
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  return await startNode(options)
}

/** Starts a broker as {@link startBroker} does; `clusterId`: of the cluster that it is part of by its configuration. */
export async function startNode(options: BrokerOptions, clusterId?: string): Promise<Broker> {
  checkOptions(options)
  const { port } = options
  if (port !== undefined && !(await isFree(port))) {
    throw new GokaError(
      'GOKA_OPTION_INVALID',
      `port ${port} is in use: stop what listens there or choose another port`,
      { option: 'port', expected: 'a free port', received: String(port) },
    )
  }
  const [java, jarsPath] = await Promise.all([findJava(), kafkaDistribution()])
  const isTemporary = options.dataPath === undefined
  const path =
    options.dataPath === undefined
      ? await mkdtemp(join(tmpdir(), 'kafka-broker-'))
      : resolve(options.dataPath)
  await mkdir(path, { recursive: true })
  const site: Site = {
    java,
    jarsPath,
    path,
    isTemporary,
    logPath: resolve(options.logPath ?? join(path, 'broker.log')),
    config: options.config ?? {},
    heapMb: options.heapMb ?? 512,
    ...(clusterId !== undefined && { clusterId }),
  }
  try {
    return new KafkaBroker(site, await launch(site, async () => port ?? (await freePort())))
  } catch (error) {
    if (isTemporary) await rm(path, { recursive: true, force: true })
    throw error
  }
}

class KafkaBroker implements Broker {
  readonly brokers: string
  readonly #site: Site
  #launched: Launched
  #isStopped = false
  /** Restarts and stops, one after the other. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(site: Site, launched: Launched) {
    this.brokers = `127.0.0.1:${launched.port}`
    this.#site = site
    this.#launched = launched
  }

  get pid(): number {
    return this.#launched.jvm.pid
  }

  get exited(): Promise<JvmExit> {
    return this.#launched.jvm.exited
  }

  kill(signal: NodeJS.Signals): void {
    this.#launched.jvm.kill(signal)
  }

  restart(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isStopped) {
        throw new GokaError(
          'KAFKA_BROKER_STOPPED',
          `the broker on ${this.brokers} was stopped for good: start a new one`,
          { brokers: this.brokers },
        )
      }
      await this.#end()
      const { port } = this.#launched
      this.#launched = await launch(this.#site, async () => port)
    })
  }

  end(): Promise<void> {
    return this.#inTurn(() => this.#end())
  }

  stop(): Promise<void> {
    return this.#inTurn(async () => {
      this.#isStopped = true
      await this.#end()
      if (this.#site.isTemporary) await rm(this.#site.path, { recursive: true, force: true })
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #inTurn(step: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(step)
    this.#turn = done.catch(() => undefined)
    return done
  }

  async #end(): Promise<void> {
    const { jvm } = this.#launched
    jvm.kill('SIGTERM')
    // A process that was stopped by SIGSTOP does not see SIGTERM before it runs on.
    jvm.kill('SIGCONT')
    const timer = new AbortController()
    const overdue = delay(stopTimeoutMs, undefined, { signal: timer.signal }).then(
      () => {
        jvm.kill('SIGKILL')
      },
      () => undefined,
    )
    await jvm.exited
    timer.abort()
    await overdue
  }
}
