import { GokaError } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import { Cluster } from './cluster.ts'
import { settle, until, watched } from './event-loop.ts'
import { addTo, batchOf, linesOf } from './records.ts'

const refusal = new GokaError('GOKA_TRANSPORT_UNAUTHORIZED', 'not allowed: ask', {
  operation: 'test',
  reason: 'TEST',
  retriable: false,
})
const indefinite = { code: 'GOKA_TRANSPORT_INDEFINITE' }

describe('a fault that fails', () => {
  it('meets as many operations as it shall, and only those it aims at', async () => {
    await using cluster = await Cluster.with('t', 2)
    const [producer, other] = [await cluster.producer('p'), await cluster.producer('o')]
    const fault = cluster.broker.faults.fail(
      { operation: 'produce', clientId: 'p', topic: 't', partition: 1, times: 2 },
      refusal,
    )
    await other.send(batchOf('t', [[1, 'a', '1']]))
    await producer.send(batchOf('t', [[0, 'b', '2']]))
    expect(fault.hits).toBe(0)
    const batch = batchOf('t', [
      [0, 'c', '3'],
      [1, 'd', '4'],
    ])
    await expect(producer.send(batch)).rejects.toBe(refusal)
    await expect(producer.send(batch)).rejects.toBe(refusal)
    await producer.send(batch)
    expect(fault.hits).toBe(2)
    expect(await cluster.read('t', 1)).toEqual(['t/1@0 a=1', 't/1@1 d=4'])
    expect((await cluster.read('t', 0)).length).toBe(4)
  })

  it('meets nothing once it has ended', async () => {
    await using cluster = await Cluster.with('t', 1)
    const fault = cluster.broker.faults.fail({ operation: 'connect', times: Infinity }, refusal)
    await expect(cluster.producer()).rejects.toBe(refusal)
    await expect(cluster.producer()).rejects.toBe(refusal)
    fault.end()
    await cluster.producer()
  })

  it('fails the poll that reads the partition, and loses nothing', async () => {
    await using cluster = await Cluster.with('t', 2)
    const producer = await cluster.producer()
    await producer.send(
      batchOf('t', [
        [0, 'a', '1'],
        [1, 'b', '2'],
      ]),
    )
    cluster.broker.faults.fail({ operation: 'fetch', partition: 1 }, refusal)
    const reader = await cluster.reader(
      [0, 1].map((partition) => ({ topic: 't', partition, offset: 0 })),
    )
    await expect(reader.poll(1000)).rejects.toBe(refusal)
    expect(linesOf(await reader.poll(1000))).toEqual(['t/0@0 a=1', 't/1@0 b=2'])
  })
})

describe('a fault that loses', () => {
  it('makes a producer send again, without a record lost, doubled or out of order', async () => {
    await using cluster = await Cluster.with('t', 1)
    const producer = await cluster.producer()
    const { faults } = cluster.broker
    const expected: string[] = []
    const sends = []
    for (let n = 0; n < 20; n++) {
      if (n % 3 === 0) faults.lose({ operation: 'produce', times: 2 }, n % 2 ? 'request' : 'answer')
      sends.push(producer.send(batchOf('t', [[0, 'k', `${n}`]])))
      expected.push(`t/0@${n} k=${n}`)
      if (n % 4 === 0) await settle()
    }
    expect((await Promise.all(sends)).map(([end]) => end?.offset)).toEqual(
      expected.map((_, n) => n + 1),
    )
    expect(await cluster.read('t')).toEqual(expected)
  })

  it.each([
    ['request', []],
    ['answer', ['t/0@0 a=1']],
  ] as const)('leaves a producer that gives up in doubt: the %s', async (what, written) => {
    await using cluster = await Cluster.with('t', 1)
    const producer = await cluster.producer()
    cluster.broker.faults.lose({ operation: 'produce' }, what, { retry: false })
    await expect(producer.send(batchOf('t', [[0, 'a', '1']]))).rejects.toMatchObject(indefinite)
    expect(await cluster.read('t')).toEqual(written)
  })

  it.each([
    ['request', []],
    ['answer', [{ topic: 't', partition: 0, offset: 1 }]],
  ] as const)('leaves a commit in doubt: the %s', async (what, committed) => {
    await using cluster = await Cluster.with('t', 1)
    const member = await cluster.member('m', { topics: ['t'] })
    await member.holds(1)
    cluster.broker.faults.lose({ operation: 'commit', group: 'group' }, what)
    const offsets = [{ topic: 't', partition: 0, offset: 1 }]
    await expect(member.consumer.commit(offsets)).rejects.toMatchObject(indefinite)
    expect(await (await cluster.admin()).groupOffsets('group')).toEqual(committed)
    await member.close()
  })
})

describe('a fault that delays or holds', () => {
  it('lets requests to one partition wait in order, and others pass', async () => {
    await using cluster = await Cluster.with('t', 2)
    const producer = await cluster.producer()
    cluster.broker.faults.delay({ operation: 'produce', partition: 0 }, 1000)
    const first = watched(producer.send(batchOf('t', [[0, 'a', '1']])))
    const second = watched(producer.send(batchOf('t', [[0, 'b', '2']])))
    await producer.send(batchOf('t', [[1, 'c', '3']]))
    await settle()
    expect([first.state, second.state]).toEqual(['pending', 'pending'])
    expect(await cluster.read('t', 0)).toEqual([])
    cluster.clock.advance(1000)
    await Promise.all([first.promise, second.promise])
    expect(await cluster.read('t', 0)).toEqual(['t/0@0 a=1', 't/0@1 b=2'])
  })

  it('holds the acknowledgements of one topic while another is acknowledged', async () => {
    await using cluster = await Cluster.with('a', 1)
    await (await cluster.admin()).createTopic({ topic: 'b', partitions: 1 })
    const producer = await cluster.producer()
    const held = cluster.broker.faults.hold(
      { operation: 'produce', topic: 'a', times: Infinity },
      'answer',
    )
    const both = watched(producer.send(addTo(batchOf('a', [[0, 'k', '1']]), 'b', [[0, 'k', '1']])))
    const onlyA = watched(producer.send(batchOf('a', [[0, 'k', '2']])))
    await producer.send(batchOf('b', [[0, 'k', '2']]))
    await held.met()
    await settle()
    expect([both.state, onlyA.state]).toEqual(['pending', 'pending'])
    expect(await cluster.read('a')).toEqual(['a/0@0 k=1', 'a/0@1 k=2'])
    expect(await cluster.read('b')).toEqual(['b/0@0 k=1', 'b/0@1 k=2'])
    held.end()
    await Promise.all([both.promise, onlyA.promise])
  })

  it('keeps a partition from being read while others are', async () => {
    await using cluster = await Cluster.with('t', 2)
    const producer = await cluster.producer()
    const held = cluster.broker.faults.hold({ operation: 'fetch', partition: 0 }, 'request')
    const reader = await cluster.reader(
      [0, 1].map((partition) => ({ topic: 't', partition, offset: 0 })),
    )
    await producer.send(
      batchOf('t', [
        [0, 'a', '1'],
        [1, 'b', '2'],
      ]),
    )
    expect(linesOf(await reader.poll(1000))).toEqual(['t/1@0 b=2'])
    const rest = watched(reader.poll(1000))
    await settle()
    expect(rest.state).toBe('pending')
    held.end()
    expect(linesOf(await rest.promise)).toEqual(['t/0@0 a=1'])
  })
})

describe('a broker or a client that is away', () => {
  it('delays what is asked and tells the clients, once each way', async () => {
    await using cluster = await Cluster.with('t', 1)
    const told: string[] = []
    const producer = await cluster.producer('p', {
      onConnection: (up, cause) => told.push(`${up} ${cause?.code ?? ''}`),
    })
    const { faults } = cluster.broker
    faults.down()
    faults.disconnect('p')
    const sent = watched(producer.send(batchOf('t', [[0, 'a', '1']])))
    await settle()
    expect([sent.state, told]).toEqual(['pending', ['false GOKA_TRANSPORT_UNREACHABLE']])
    faults.up()
    await settle()
    expect(sent.state).toBe('pending')
    faults.reconnect('p')
    await sent.promise
    await settle()
    expect(told).toEqual(['false GOKA_TRANSPORT_UNREACHABLE', 'true '])
  })

  it('keeps a new client waiting for as long as it wants to wait', async () => {
    await using cluster = await Cluster.with('t', 1)
    cluster.broker.faults.disconnect('p')
    const made = watched(cluster.producer('p'))
    await cluster.producer('another')
    await settle()
    cluster.clock.advance(4999)
    await settle()
    expect(made.state).toBe('pending')
    cluster.clock.advance(1)
    await expect(made.promise).rejects.toMatchObject({ code: 'GOKA_TRANSPORT_UNREACHABLE' })
    const later = cluster.producer('p')
    cluster.broker.faults.reconnect('p')
    await later
  })

  it('ends polls by their time and answers them when it is back', async () => {
    await using cluster = await Cluster.with('t', 1)
    const producer = await cluster.producer()
    const reader = await cluster.reader([{ topic: 't', partition: 0, offset: 0 }])
    await reader.poll(1000)
    const { faults } = cluster.broker
    faults.disconnect('reader')
    await producer.send(batchOf('t', [[0, 'a', '1']]))
    expect(await reader.poll(0)).toEqual([])
    const waiting = watched(reader.poll(1000))
    await settle()
    cluster.clock.advance(1000)
    expect(await waiting.promise).toEqual([])
    const next = reader.poll(1000)
    faults.reconnect('reader')
    expect(linesOf(await next)).toEqual(['t/0@0 a=1'])
  })

  it('does not keep a client from closing', async () => {
    await using cluster = await Cluster.with('t', 1)
    const producer = await cluster.producer()
    const member = await cluster.member('m', { topics: ['t'] })
    await member.holds(1)
    cluster.broker.faults.down()
    const sent = watched(producer.send(batchOf('t', [[0, 'a', '1']])))
    const closed = Promise.all([producer.close(), member.close()])
    await settle()
    cluster.clock.advance(10_000)
    await closed
    await expect(sent.promise).rejects.toMatchObject(indefinite)
    cluster.broker.faults.up()
    expect(await cluster.read('t')).toEqual([])
  })
})

describe('a client that is frozen', () => {
  it('asks and hears nothing until it is thawed', async () => {
    await using cluster = await Cluster.with('t', 1)
    const producer = await cluster.producer('p')
    const { faults } = cluster.broker
    const before = watched(producer.send(batchOf('t', [[0, 'a', '1']])))
    faults.freeze('p')
    const after = watched(producer.send(batchOf('t', [[0, 'b', '2']])))
    await settle()
    cluster.clock.advance(1_000_000)
    await settle()
    expect([before.state, after.state]).toEqual(['pending', 'pending'])
    expect(await cluster.read('t')).toEqual(['t/0@0 a=1'])
    faults.thaw('p')
    await Promise.all([before.promise, after.promise])
    expect(await cluster.read('t')).toEqual(['t/0@0 a=1', 't/0@1 b=2'])
  })

  it('cannot commit what went to another member, and learns of the loss when it is thawed', async () => {
    await using cluster = await Cluster.with('t', 2)
    await (await cluster.producer()).send(batchOf('t', [[0, 'a', '1']]))
    const zombie = await cluster.member('zombie', { topics: ['t'] })
    await until(() => zombie.lines.length === 1, 'the record was read')
    cluster.broker.faults.freeze('zombie')
    const commit = watched(zombie.commit())
    const heir = await cluster.member('heir', { topics: ['t'] })
    await settle()
    expect(heir.calls).toEqual([])
    cluster.clock.advance(45_000)
    await heir.holds(2)
    expect(zombie.calls).toEqual(['assigned t/0 t/1'])
    cluster.broker.faults.thaw('zombie')
    await expect(commit.promise).rejects.toMatchObject({ code: 'GOKA_TRANSPORT_FENCED' })
    await until(() => heir.held.size === 1 && zombie.held.size === 1, 'they share')
    expect(zombie.calls).toEqual(['assigned t/0 t/1', 'lost t/0 t/1', 'assigned t/1'])
    expect(await (await cluster.admin()).groupOffsets('group')).toEqual([])
    await zombie.close()
    await heir.close()
  })
})
