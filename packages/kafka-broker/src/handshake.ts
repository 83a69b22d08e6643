import { connect } from 'node:net'

/** Who answers at an address. */
export interface Handshake {
  readonly clusterId: string
  /** The ports of the brokers that clients are sent to. Empty while the broker is still fenced. */
  readonly brokerPorts: readonly number[]
}

// https://kafka.apache.org/protocol
const apiVersionsKey = 18
const metadataKey = 3
const clientId = 'kafka-broker'

/**
 * Asks a broker for its API versions and then for its cluster, as a client does.
 * Rejects when nothing listens there, the answer is not Kafka's, or it takes longer than `timeoutMs`.
 */
export function handshake(port: number, timeoutMs: number): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer in ${timeoutMs} ms`)))
    socket.on('error', reject)
    socket.on('close', () => {
      reject(new Error('the connection was closed'))
    })
    socket.on('connect', () => {
      // Version 0: no tagged fields. Metadata version 2: the first with a cluster id. No topics are asked for.
      socket.write(request(apiVersionsKey, 0, 1, Buffer.alloc(0)))
      socket.write(request(metadataKey, 2, 2, Buffer.from([0, 0, 0, 0])))
    })
    let received: Buffer = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      const answers = frames(received)
      if (answers.length < 2) return
      try {
        checkApiVersions(answers[0] as Buffer)
        resolve(readMetadata(answers[1] as Buffer))
        socket.destroy()
      } catch (error) {
        socket.destroy(error as Error)
      }
    })
  })
}

function request(apiKey: number, version: number, correlationId: number, body: Buffer): Buffer {
  const header = Buffer.alloc(14)
  header.writeInt32BE(10 + clientId.length + body.length, 0)
  header.writeInt16BE(apiKey, 4)
  header.writeInt16BE(version, 6)
  header.writeInt32BE(correlationId, 8)
  header.writeInt16BE(clientId.length, 12)
  return Buffer.concat([header, Buffer.from(clientId), body])
}

/** The complete answers in `bytes`, without their lengths. */
function frames(bytes: Buffer): Buffer[] {
  const complete: Buffer[] = []
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readInt32BE(at)
    if (end > bytes.length) break
    complete.push(bytes.subarray(at + 4, end))
    at = end
  }
  return complete
}

function checkApiVersions(answer: Buffer): void {
  const fields = new Fields(answer)
  const correlationId = fields.int32()
  const errorCode = fields.int16()
  if (correlationId !== 1 || errorCode !== 0) throw new Error(`api versions: error ${errorCode}`)
}

function readMetadata(answer: Buffer): Handshake {
  const fields = new Fields(answer)
  if (fields.int32() !== 2) throw new Error('metadata: not the answer to the request')
  const brokerPorts: number[] = []
  for (let brokers = fields.int32(); brokers > 0; brokers--) {
    fields.int32() // node id
    fields.string() // host
    brokerPorts.push(fields.int32())
    fields.string() // rack
  }
  return { clusterId: fields.string() ?? '', brokerPorts }
}

/** Reads Kafka's primitive types one after the other; throws a RangeError past the end. */
class Fields {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  int16(): number {
    this.#at += 2
    return this.#bytes.readInt16BE(this.#at - 2)
  }

  int32(): number {
    this.#at += 4
    return this.#bytes.readInt32BE(this.#at - 4)
  }

  string(): string | undefined {
    const length = this.int16()
    if (length < 0) return undefined
    this.#at += length
    return this.#bytes.toString('utf8', this.#at - length, this.#at)
  }
}
