import { EventEmitter } from 'node:events'
import type { TopicPartitionOffset } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import type rdkafka from 'node-rdkafka'
import { faultCodes, faultOf } from '../../src/client-fault.ts'
import { OffsetCommits } from '../../src/consume/offset-commits.ts'
import { clientContext } from '../client-context.ts'
import { until } from '../until.ts'

const limitMs = 10_000

/** A client that answers commits when it is told to. */
class FakeClient extends EventEmitter {
  readonly asked: TopicPartitionOffset[][] = []
  fault: Error | undefined

  commit(offsets: TopicPartitionOffset[]): void {
    if (this.fault !== undefined) throw this.fault
    this.asked.push(offsets)
  }

  answer(offsets: readonly TopicPartitionOffset[], error?: unknown): void {
    this.emit('offset.commit', error, offsets)
  }
}

function made() {
  const client = new FakeClient()
  const served: Promise<unknown>[] = []
  const commits = new OffsetCommits(
    client as unknown as rdkafka.KafkaConsumer,
    clientContext('member').clock,
    async (work) => {
      served.push(work)
    },
  )
  return { client, commits, served }
}

const at = (offset: number): TopicPartitionOffset[] => [{ topic: 'in', partition: 0, offset }]

describe('commits by node-rdkafka', () => {
  it('resolve with their answer, and have callbacks served until then', async () => {
    const { client, commits, served } = made()
    const done = commits.commit(at(5), limitMs)
    await until(() => client.asked.length === 1)
    let settled = false
    const serving = served[0]?.then(() => {
      settled = true
    })
    await until(() => served.length === 1)
    expect(settled).toBe(false)
    client.answer(at(5))
    await done
    await serving
    expect(client.listenerCount('offset.commit')).toBe(0)
  })

  it('reject with the fault of their answer', async () => {
    const { client, commits } = made()
    const done = commits.commit(at(5), limitMs)
    await until(() => client.asked.length === 1)
    client.answer(at(5), faultOf(faultCodes.ERR_ILLEGAL_GENERATION))
    await expect(done).rejects.toMatchObject({ code: faultCodes.ERR_ILLEGAL_GENERATION })
  })

  it('are made one after the other, as answers bear no names', async () => {
    const { client, commits } = made()
    const first = commits.commit(at(5), limitMs)
    const second = commits.commit(at(6), limitMs)
    await until(() => client.asked.length === 1)
    expect(client.asked).toEqual([at(5)])
    client.answer(at(5))
    await first
    await until(() => client.asked.length === 2)
    client.answer(at(6))
    await second
  })

  it('time out, and do not take a late answer for that of the next', async () => {
    const { client, commits } = made()
    await expect(commits.commit(at(5), 1)).rejects.toMatchObject({
      code: faultCodes.ERR__TIMED_OUT,
    })
    const next = commits.commit(at(6), limitMs)
    await until(() => client.asked.length === 2)
    client.answer(at(5), faultOf(faultCodes.ERR__WAIT_COORD))
    client.answer(at(6))
    await next
  })

  it('reject when the client does not take them, and the next is made all the same', async () => {
    const { client, commits } = made()
    client.fault = Object.assign(new Error(), faultOf(faultCodes.ERR__STATE))
    await expect(commits.commit(at(5), limitMs)).rejects.toMatchObject({
      code: faultCodes.ERR__STATE,
    })
    client.fault = undefined
    const next = commits.commit(at(6), limitMs)
    await until(() => client.asked.length === 1)
    client.answer(at(6))
    await next
    expect(client.listenerCount('offset.commit')).toBe(0)
  })
})
