import { failed } from './failures.ts'

/**
 * The entries of a topic configuration with their defaults (Kafka 3.9, `TopicConfig` and the broker's defaults). The
 * embedded broker acts on `cleanup.policy`, `delete.retention.ms`, `max.message.bytes`, `message.timestamp.type`,
 * `retention.bytes` and `retention.ms`, and keeps the others as they are given.
 */
const DEFAULTS: Readonly<Record<string, string>> = {
  'cleanup.policy': 'delete',
  'compression.type': 'producer',
  'delete.retention.ms': '86400000',
  'file.delete.delay.ms': '60000',
  'flush.messages': '9223372036854775807',
  'flush.ms': '9223372036854775807',
  'index.interval.bytes': '4096',
  'max.compaction.lag.ms': '9223372036854775807',
  'max.message.bytes': '1048588',
  'message.timestamp.after.max.ms': '9223372036854775807',
  'message.timestamp.before.max.ms': '9223372036854775807',
  'message.timestamp.type': 'CreateTime',
  'min.cleanable.dirty.ratio': '0.5',
  'min.compaction.lag.ms': '0',
  'min.insync.replicas': '1',
  preallocate: 'false',
  'retention.bytes': '-1',
  'retention.ms': '604800000',
  'segment.bytes': '1073741824',
  'segment.index.bytes': '10485760',
  'segment.jitter.ms': '0',
  'segment.ms': '604800000',
  'unclean.leader.election.enable': 'false',
}

const POLICIES = ['delete', 'compact', 'compact,delete', 'delete,compact']
const NUMBERS = [
  'delete.retention.ms',
  'max.message.bytes',
  'retention.bytes',
  'retention.ms',
  'segment.ms',
]

/** The configuration of a topic: the entries that were given over the defaults. */
export class TopicConfig {
  readonly given: Readonly<Record<string, string>>
  readonly maxMessageBytes: number
  readonly isCompacted: boolean
  readonly isDeleted: boolean
  readonly deleteRetentionMs: number
  /** Infinity: no bound. */
  readonly retentionMs: number
  /** Infinity: no bound. */
  readonly retentionBytes: number
  /** Whether records get the time of their arrival instead of their own. */
  readonly isLogAppendTime: boolean

  /** @throws GokaError `GOKA_TRANSPORT_FAILED` when an entry is unknown or not as Kafka takes it. */
  constructor(given: Readonly<Record<string, string>>) {
    for (const [name, value] of Object.entries(given)) checkEntry(name, value)
    this.given = { ...given }
    const policy = this.#value('cleanup.policy')
    this.isCompacted = policy.includes('compact')
    this.isDeleted = policy.includes('delete')
    this.maxMessageBytes = Number(this.#value('max.message.bytes'))
    this.deleteRetentionMs = Number(this.#value('delete.retention.ms'))
    this.retentionMs = bound(this.#value('retention.ms'))
    this.retentionBytes = bound(this.#value('retention.bytes'))
    this.isLogAppendTime = this.#value('message.timestamp.type') === 'LogAppendTime'
  }

  /** All entries in force. */
  entries(): Readonly<Record<string, string>> {
    return { ...DEFAULTS, ...this.given }
  }

  with(entries: Readonly<Record<string, string>>): TopicConfig {
    return new TopicConfig({ ...this.given, ...entries })
  }

  #value(name: string): string {
    return this.given[name] ?? (DEFAULTS[name] as string)
  }
}

function bound(value: string): number {
  return Number(value) < 0 ? Infinity : Number(value)
}

function checkEntry(name: string, value: string): void {
  const isGood =
    name === 'cleanup.policy'
      ? POLICIES.includes(value)
      : name === 'message.timestamp.type'
        ? value === 'CreateTime' || value === 'LogAppendTime'
        : !NUMBERS.includes(name) || /^(-1|\d+)$/.test(value)
  if (!Object.hasOwn(DEFAULTS, name) || typeof value !== 'string' || !isGood) {
    throw failed(
      'admin',
      'INVALID_CONFIG',
      `a topic cannot have the configuration ${name}=${value}: see the topic configs of Kafka`,
    )
  }
}
