import { connect } from 'node:net'

/** A request of the Kafka protocol, https://kafka.apache.org/protocol. */
export interface Request {
  readonly apiKey: number
  readonly version: number
  readonly body: Buffer
}

const clientId = 'kafka-broker'

/**
 * Sends requests over a connection of their own and resolves to their answers, in order.
 * Rejects when nothing listens there, the answer is not Kafka's, or it takes longer than `timeoutMs`.
 */
export function exchange(
  port: number,
  requests: readonly Request[],
  timeoutMs: number,
): Promise<readonly Fields[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer in ${timeoutMs} ms`)))
    socket.on('error', reject)
    socket.on('close', () => {
      reject(new Error('the connection was closed'))
    })
    socket.on('connect', () => {
      for (const [index, request] of requests.entries()) socket.write(framed(request, index + 1))
    })
    let received: Buffer = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      const answers = frames(received)
      if (answers.length < requests.length) return
      try {
        resolve(answers.map((answer, index) => answerTo(answer, index + 1)))
        socket.destroy()
      } catch (error) {
        socket.destroy(error as Error)
      }
    })
  })
}

/** A text as requests carry it: its length before it. */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(2)
  length.writeInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}

function framed({ apiKey, version, body }: Request, correlationId: number): Buffer {
  const header = Buffer.alloc(12)
  header.writeInt32BE(10 + clientId.length + body.length, 0)
  header.writeInt16BE(apiKey, 4)
  header.writeInt16BE(version, 6)
  header.writeInt32BE(correlationId, 8)
  return Buffer.concat([header, text(clientId), body])
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

function answerTo(answer: Buffer, correlationId: number): Fields {
  const fields = new Fields(answer)
  if (fields.int32() !== correlationId) throw new Error('not the answer to the request')
  return fields
}

/** Reads Kafka's primitive types one after the other; throws a RangeError past the end. */
export class Fields {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  int8(): number {
    this.#at += 1
    return this.#bytes.readInt8(this.#at - 1)
  }

  int16(): number {
    this.#at += 2
    return this.#bytes.readInt16BE(this.#at - 2)
  }

  int32(): number {
    this.#at += 4
    return this.#bytes.readInt32BE(this.#at - 4)
  }

  int32s(): readonly number[] {
    return this.array(() => this.int32())
  }

  array<T>(element: () => T): T[] {
    return Array.from({ length: Math.max(0, this.int32()) }, element)
  }

  string(): string | undefined {
    const length = this.int16()
    if (length < 0) return undefined
    this.#at += length
    return this.#bytes.toString('utf8', this.#at - length, this.#at)
  }
}
