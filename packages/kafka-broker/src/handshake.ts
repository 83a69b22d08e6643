import { exchange, type Fields } from './wire.ts'

/** Who answers at an address. */
export interface Handshake {
  readonly clusterId: string
  /** The ports of the brokers that clients are sent to. Empty while the broker is still fenced. */
  readonly brokerPorts: readonly number[]
}

// Version 0: no tagged fields.
const apiVersions = { apiKey: 18, version: 0, body: Buffer.alloc(0) }
// Version 2: the first with a cluster id. No topics are asked for.
const metadata = { apiKey: 3, version: 2, body: Buffer.alloc(4) }

/**
 * Asks a broker for its API versions and then for its cluster, as a client does.
 * Rejects when nothing listens there, the answer is not Kafka's, or it takes longer than `timeoutMs`.
 */
export async function handshake(port: number, timeoutMs: number): Promise<Handshake> {
  const answers = await exchange(port, [apiVersions, metadata], timeoutMs)
  const [versions, cluster] = answers as [Fields, Fields]
  const errorCode = versions.int16()
  if (errorCode !== 0) throw new Error(`api versions: error ${errorCode}`)
  const brokerPorts = cluster.array(() => {
    cluster.int32() // node id
    cluster.string() // host
    const brokerPort = cluster.int32()
    cluster.string() // rack
    return brokerPort
  })
  return { clusterId: cluster.string() ?? '', brokerPorts }
}
