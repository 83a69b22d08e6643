import { exchange, type Fields, text } from './wire.ts'

/** What is looked after by a coordinator: a group by its id, a transactional producer by its. */
export type CoordinatorKind = 'group' | 'transaction'

const kinds: readonly CoordinatorKind[] = ['group', 'transaction']

/**
 * Asks a broker which one coordinates a group or a transactional id; resolves to that one's port. Rejects as long as the
 * coordinator is not available, and as {@link exchange} does.
 */
export async function coordinatorPort(
  port: number,
  kind: CoordinatorKind,
  id: string,
  timeoutMs: number,
): Promise<number> {
  const body = Buffer.concat([text(id), Buffer.from([kinds.indexOf(kind)])])
  const request = { apiKey: 10, version: 1, body }
  const [answer] = (await exchange(port, [request], timeoutMs)) as [Fields]
  answer.int32() // throttle time
  const errorCode = answer.int16()
  answer.string() // error message
  if (errorCode !== 0) throw new Error(`coordinator of ${id}: error ${errorCode}`)
  answer.int32() // node id
  answer.string() // host
  return answer.int32()
}

/** Asks a broker whether every partition of every topic has all its replicas in sync; rejects as {@link exchange} does. */
export async function isInSync(port: number, timeoutMs: number): Promise<boolean> {
  // No list of topics: all of them.
  const request = { apiKey: 3, version: 2, body: Buffer.from([0xff, 0xff, 0xff, 0xff]) }
  const [answer] = (await exchange(port, [request], timeoutMs)) as [Fields]
  answer.array(() => {
    answer.int32() // node id
    answer.string() // host
    answer.int32() // port
    answer.string() // rack
  })
  answer.string() // cluster id
  answer.int32() // controller
  const topics = answer.array(() => {
    answer.int16() // error
    answer.string() // name
    answer.int8() // whether it is internal
    const partitions = answer.array(() => {
      answer.int16() // error
      answer.int32() // partition
      answer.int32() // leader
      const replicas = answer.int32s()
      return answer.int32s().length === replicas.length
    })
    return partitions.every((inSync) => inSync)
  })
  return topics.every((inSync) => inSync)
}
