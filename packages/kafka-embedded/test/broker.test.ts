import { describe, expect, it } from '@jest/globals'
import { embedded } from '../src/index.ts'
import { Cluster } from './cluster.ts'
import { settle, watched } from './event-loop.ts'
import { batchOf } from './records.ts'

const closed = { code: 'GOKA_TRANSPORT_CLOSED' }

describe('a broker', () => {
  it('is shared by the transports it is given to', async () => {
    await using cluster = await Cluster.with('t', 1)
    const other = embedded({ broker: cluster.broker })
    expect(other.broker).toBe(cluster.broker)
    const producer = await other.producer({}, cluster.context('p'))
    await producer.send(batchOf('t', [[0, 'a', '1']]))
    expect(await cluster.read('t')).toEqual(['t/0@0 a=1'])
  })

  it("is a transport's own when none is given, and lives as long as the transport", async () => {
    const [one, two] = [embedded(), embedded()]
    await using cluster = new Cluster()
    const admin = await one.admin(cluster.context('a'))
    await admin.createTopic({ topic: 't', partitions: 1 })
    await admin.close()
    const again = await one.admin(cluster.context('a'))
    expect((await again.topics(['t'])).size).toBe(1)
    const other = await two.admin(cluster.context('a'))
    expect((await other.topics(['t'])).size).toBe(0)
  })

  it('ends every call when it is closed, and takes no further one', async () => {
    const cluster = await Cluster.with('t', 1)
    const producer = await cluster.producer()
    const reader = await cluster.reader([{ topic: 't', partition: 0, offset: 0 }])
    await reader.poll(1000)
    const member = await cluster.member('m', { topics: ['t'] })
    await member.holds(1)
    const transactional = await cluster.transactional('id')
    await transactional.begin()
    const held = cluster.broker.faults.hold({ operation: 'produce' }, 'answer')
    const calls = [producer.send(batchOf('t', [[0, 'a', '1']])), reader.poll(1000)].map((call) =>
      watched<unknown>(call),
    )
    await held.met()
    await cluster.broker.close()
    await settle()
    expect(calls.map(({ error }) => error)).toEqual([
      expect.objectContaining({ code: 'GOKA_TRANSPORT_INDEFINITE' }),
      expect.objectContaining(closed),
    ])
    expect(member.fault).toMatchObject(closed)
    await expect(member.consumer.poll(1000)).rejects.toMatchObject(closed)
    await expect(reader.poll(1000)).rejects.toMatchObject(closed)
    await expect(producer.partitions('t')).rejects.toMatchObject(closed)
    await expect(transactional.send(batchOf('t', []))).rejects.toMatchObject(closed)
    await expect(cluster.admin()).rejects.toMatchObject(closed)
    await expect(cluster.broker.open()).rejects.toMatchObject(closed)
    await Promise.all([member.close(), reader.close(), producer.close(), transactional.close()])
    await cluster.broker.close()
    expect(cluster.clock.pending).toBe(0)
  })
})
