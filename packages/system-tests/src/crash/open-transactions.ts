import { once } from 'node:events'
import { connect } from 'node:net'

/** A transaction that a partition waits for: readers of committed data see nothing after its first record. */
export interface OpenTransaction {
  readonly topic: string
  readonly partition: number
  readonly firstOffset: number
}

// DescribeProducers, https://kafka.apache.org/protocol#The_Messages_DescribeProducers: what `kafka-transactions.sh` asks.
const describeProducers = 61
const correlationId = 1
const timeoutMs = 5_000

/**
 * Asks a broker, which leads all of these partitions, for the transactions that are open in them. One that hangs is among
 * them even when the coordinator of transactions has forgotten it.
 */
export async function openTransactions(
  brokers: string,
  topics: readonly string[],
  partitions: number,
): Promise<readonly OpenTransaction[]> {
  const answer = new Answer(await ask(brokers, request(topics, partitions)))
  answer.int32() // throttle time
  return answer
    .array(() => {
      const topic = answer.string()
      const found = answer.array(() => {
        const partition = answer.int32()
        const code = answer.int16()
        const message = answer.string()
        if (code !== 0) throw new Error(`producers of ${topic}/${partition}: ${code} ${message}`)
        const firstOffsets = answer.array(() => {
          answer.skip(8 + 4 + 4 + 8 + 4) // producer id and epoch, last sequence and time, coordinator epoch
          const firstOffset = answer.int64()
          answer.tags()
          return firstOffset
        })
        answer.tags()
        return firstOffsets
          .filter((firstOffset) => firstOffset >= 0)
          .map((firstOffset) => ({ topic, partition, firstOffset }))
      })
      answer.tags()
      return found.flat()
    })
    .flat()
}

function request(topics: readonly string[], partitions: number): Buffer {
  const header = Buffer.alloc(11)
  header.writeInt16BE(describeProducers, 0)
  header.writeInt32BE(correlationId, 4)
  header.writeInt16BE(-1, 8) // no client id
  const indexes = Buffer.alloc(4 * partitions)
  for (let partition = 0; partition < partitions; partition++) {
    indexes.writeInt32BE(partition, 4 * partition)
  }
  const asked = topics.map((topic) =>
    Buffer.concat([length(topic.length), Buffer.from(topic), length(partitions), indexes, noTags]),
  )
  return Buffer.concat([header, length(topics.length), ...asked, noTags])
}

const noTags = Buffer.from([0])

/** Of a string or an array, as flexible versions of requests carry it; these are all short. */
function length(count: number): Buffer {
  if (count > 126) throw new RangeError(`a length of ${count} has more than one byte`)
  return Buffer.from([count + 1])
}

/** Sends a request and resolves to the answer, from after its header on. */
async function ask(brokers: string, asked: Buffer): Promise<Buffer> {
  const [host, port] = brokers.split(',')[0]?.split(':') as [string, string]
  const socket = connect(Number(port), host)
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer in ${timeoutMs} ms`)))
  try {
    await once(socket, 'connect')
    const size = Buffer.alloc(4)
    size.writeInt32BE(asked.length)
    socket.write(Buffer.concat([size, asked]))
    let received: Buffer = Buffer.alloc(0)
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      received = Buffer.concat([received, chunk])
      // Size, correlation id, no tags.
      if (received.length < 4) continue
      if (received.length >= 4 + received.readInt32BE(0)) return received.subarray(9)
    }
    throw new Error('the connection was closed')
  } finally {
    socket.destroy()
  }
}

/** Reads the types of flexible versions one after the other. */
class Answer {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  skip(count: number): void {
    this.#at += count
  }

  int16(): number {
    this.skip(2)
    return this.#bytes.readInt16BE(this.#at - 2)
  }

  int32(): number {
    this.skip(4)
    return this.#bytes.readInt32BE(this.#at - 4)
  }

  int64(): number {
    this.skip(8)
    return Number(this.#bytes.readBigInt64BE(this.#at - 8))
  }

  string(): string {
    const count = Math.max(0, this.#varint() - 1)
    this.skip(count)
    return this.#bytes.toString('utf8', this.#at - count, this.#at)
  }

  array<T>(element: () => T): T[] {
    return Array.from({ length: Math.max(0, this.#varint() - 1) }, element)
  }

  tags(): void {
    for (let count = this.#varint(); count > 0; count--) {
      this.#varint()
      this.skip(this.#varint())
    }
  }

  #varint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      this.skip(1)
      const byte = this.#bytes[this.#at - 1] as number
      value += (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
}
