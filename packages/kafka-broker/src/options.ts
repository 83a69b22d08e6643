import { GokaError } from '@goka/interface'

/** What a broker can be told. */
export interface BrokerOptions {
  /**
   * The broker's folder: data, configuration and, by default, log. It is made if need be, kept, and can be started on
   * again. Default: a temporary folder, removed when the broker stops.
   */
  readonly dataPath?: string
  /** Port on 127.0.0.1. Default: a free one. */
  readonly port?: number
  /** File that the broker's log is appended to. Default: `broker.log` in the broker's folder. */
  readonly logPath?: string
  /** Entries of `server.properties`; they win over the defaults, which are in `server-properties.ts`. */
  readonly config?: Readonly<Record<string, string>>
  /** Most memory for the Java heap, in megabytes. Default: 512. */
  readonly heapMb?: number
}

/** Where a broker of a cluster is. */
export interface BrokerPlace {
  /** `node.id`, from 1 on. */
  readonly id: number
  /** `host:port` of its listener `CLIENT`. */
  readonly client: string
  /** `host:port` of its listener `CONTROLLER`. */
  readonly controller: string
}

/** What a cluster can be told. */
export interface ClusterOptions {
  /** How many brokers it has, 1 to 9. Each is a controller too. Default: 3. */
  readonly brokers?: number
  /** Entries of `server.properties` of each broker; they win over the defaults. */
  readonly config?: Readonly<Record<string, string>>
  /** Entries for one broker; they win over `config`. */
  readonly configOf?: (place: BrokerPlace) => Readonly<Record<string, string>>
  /** Most memory for the Java heap of each broker, in megabytes. Default: 256. */
  readonly heapMb?: number
}

/** @throws GokaError `GOKA_OPTION_INVALID` */
export function checkClusterOptions(options: ClusterOptions): void {
  checkInteger('brokers', options.brokers, 1, 9)
}

/** @throws GokaError `GOKA_OPTION_INVALID` */
export function checkOptions(options: BrokerOptions): void {
  checkInteger('port', options.port, 1, 65_535)
  checkInteger('heapMb', options.heapMb, 128, 65_536)
  checkPath('dataPath', options.dataPath)
  checkPath('logPath', options.logPath)
  for (const [name, value] of Object.entries(options.config ?? {})) {
    if (typeof value !== 'string') throw invalid(`config["${name}"]`, 'a string', value)
  }
}

function checkInteger(option: string, value: number | undefined, from: number, to: number): void {
  if (value === undefined) return
  if (Number.isInteger(value) && value >= from && value <= to) return
  throw invalid(option, `an integer from ${from} to ${to}`, value)
}

function checkPath(option: string, value: string | undefined): void {
  if (value === undefined || (typeof value === 'string' && value !== '')) return
  throw invalid(option, 'a path', value)
}

function invalid(option: string, expected: string, value: unknown): GokaError {
  const received = typeof value === 'string' ? `"${value}"` : String(value)
  return new GokaError(
    'GOKA_OPTION_INVALID',
    `option ${option} must be ${expected}, received ${received}`,
    { option, expected, received },
  )
}
