import { describe, expect, it } from '@jest/globals'
import { embedded } from '../src/index.ts'
import { batchOf, context, linesOf, NotingListener, until } from './fixtures.ts'

describe('an embedded transport', () => {
  it('carries records from a producer to a reader', async () => {
    const transport = embedded()
    const admin = await transport.admin(context('a'))
    await admin.createTopic({ topic: 't', partitions: 2 })
    const producer = await transport.producer({}, context('p'))
    const ends = await producer.send(
      batchOf('t', [
        [0, 'a', '1'],
        [1, 'b', '2'],
        [0, 'c', null],
      ]),
    )
    expect(ends).toEqual([
      { topic: 't', partition: 0, offset: 2 },
      { topic: 't', partition: 1, offset: 1 },
    ])
    const reader = await transport.partitionReader({ isolation: 'read_committed' }, context('r'))
    await reader.add([
      { topic: 't', partition: 0, offset: 0 },
      { topic: 't', partition: 1, offset: 0 },
    ])
    const batches = await reader.poll(1000)
    expect(linesOf(batches)).toEqual(['t/0@0 a=1', 't/0@1 c=null', 't/1@0 b=2'])
    expect(batches.map(({ atEnd }) => atEnd)).toEqual([true, true])
  })

  it('passes partitions between the members of a group', async () => {
    const transport = embedded()
    const admin = await transport.admin(context('a'))
    await admin.createTopic({ topic: 't', partitions: 4 })
    const listeners = [new NotingListener(), new NotingListener()] as const
    const consumers = []
    for (const [index, listener] of listeners.entries()) {
      const consumer = await transport.groupConsumer(
        { group: 'g', topics: ['t'], isolation: 'read_committed', listener },
        context(`c${index}`),
      )
      listener.onAssigned = (partitions) => void consumer.resume(partitions)
      consumers.push(consumer)
      const poll = async (): Promise<void> => {
        while (running) await consumer.poll(100)
      }
      let running = true
      void poll().then(() => (running = false))
      await until(() => listener.held.size === 4 - 2 * index, 'it has its partitions')
    }
    await until(() => listeners[0].held.size === 2, 'the first gave up two')
    expect(listeners[0].calls).toEqual(['assigned t/0 t/1 t/2 t/3', 'revoked t/2 t/3'])
    expect(listeners[1].calls).toEqual(['assigned t/2 t/3'])
    await Promise.all(consumers.map((consumer) => consumer.close()))
  })
})
