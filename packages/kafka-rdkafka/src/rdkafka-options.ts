/** How to reach Kafka, and as what. */
export interface RdkafkaOptions {
  /** `host:port` of some brokers; the others are found through them. */
  readonly brokers: readonly string[]
  /**
   * How the members of a group agree on their partitions. `'classic'` (default) works with every broker and stops the whole
   * group while partitions move. `'consumer'` (KIP-848, brokers from 4.0) moves partitions one by one.
   */
  readonly groupProtocol?: 'classic' | 'consumer'
  /**
   * After how many milliseconds of silence a member of a group is taken for dead. Default 45000, Kafka's
   * `session.timeout.ms`. With `groupProtocol: 'consumer'` the broker decides, and this is refused.
   */
  readonly sessionTimeoutMs?: number
  /** How long a member of a group may go without a poll. Default 300000, Kafka's `max.poll.interval.ms`. */
  readonly maxPollIntervalMs?: number
  /**
   * How long a record may take to be acknowledged before its fate is called indefinite. Default 120000. Also how long brokers
   * are asked for a topic that was not sent to before: then it fails with a `GOKA_TRANSPORT_FAILED` that is retriable.
   */
  readonly deliveryTimeoutMs?: number
  /**
   * After how many milliseconds the broker aborts a transaction that its producer does not end. Default 10000; also Kafka's
   * `transaction.timeout.ms`. A delivery takes no longer than this in a transaction.
   */
  readonly transactionTimeoutMs?: number
  /** Encrypts the connections: `true` with the system's certificate authorities. Default `false`. */
  readonly tls?: boolean | TlsOptions
  /** Authenticates with a name and a password. Default: not at all. */
  readonly sasl?: SaslOptions
  /** Whether the native short cut for records is used when it is installed. Default `true`. */
  readonly nativeFastPath?: boolean
  /**
   * Settings of librdkafka by their own names, for each client. They win over the adapter's defaults. Refused are settings
   * that one of the options above, or a contract of the library, decides.
   */
  readonly librdkafka?: Readonly<Record<string, string | number | boolean>>
}

export interface TlsOptions {
  /** Certificate authorities to trust, PEM. Default: the system's. */
  readonly ca?: string
  /** Certificate of this client, PEM. */
  readonly cert?: string
  /** Private key of this client, PEM. */
  readonly key?: string
  /** Password of `key`. */
  readonly passphrase?: string
  /** Whether a broker's certificate must be valid for its host. Default `true`. */
  readonly rejectUnauthorized?: boolean
}

export interface SaslOptions {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  readonly username: string
  readonly password: string
}
