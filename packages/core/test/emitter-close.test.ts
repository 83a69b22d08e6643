import { string } from '@goka/codecs'
import { stream } from '@goka/core'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from './cluster.ts'
import { ManualClock } from './manual-clock.ts'
import { inTime, rejection, settle } from './waiting.ts'

const words = stream('words', string)

describe('an emitter', () => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = new Cluster()
    await cluster.createTopic(words.topic, 1)
  })
  afterEach(() => cluster.close())

  it('sends what was emitted before its close, also when it was not connected yet', async () => {
    const emitter = cluster.goka().emitter(words)
    const emitted = [emitter.emit('a', 'one'), emitter.emit('b', 'two')]
    await emitter.close()
    await expect(Promise.all(emitted)).resolves.toEqual([
      { partition: 0, offset: 0 },
      { partition: 0, offset: 1 },
    ])
    await expect(emitter.emit('c', 'three')).rejects.toMatchObject({ code: 'GOKA_EMITTER_CLOSED' })
  })

  it('flushes what was emitted before it was connected', async () => {
    const emitter = cluster.goka().emitter(words)
    let settled = false
    void emitter.emit('a', 'one').then(() => {
      settled = true
    })
    await emitter.flush()
    expect(settled).toBe(true)
    await emitter.close()
  })

  it('closes while the broker is away, and tells what it could not send', async () => {
    const clock = new ManualClock()
    const emitter = cluster.goka({ clock }).emitter(words)
    await emitter.emit('a', 'one')
    cluster.broker.faults.down()
    const emitted = rejection(emitter.emit('b', 'two'))
    await settle()
    const closing = emitter.close()
    await settle()
    clock.advance(10_000)
    await inTime(closing, 'the close')
    await expect(emitted).resolves.toMatchObject({ name: 'GokaError' })
  })

  it('closes while it waits for room, and refuses what waits', async () => {
    const clock = new ManualClock()
    const emitter = cluster.goka({ clock }).emitter(words, { maxPendingBytes: 1 })
    await emitter.emit('a', 'one')
    cluster.broker.faults.down()
    const sent = rejection(emitter.emit('b', 'two'))
    const waiting = rejection(emitter.emit('c', 'three'))
    await settle()
    const closing = emitter.close()
    await settle()
    clock.advance(10_000)
    await settle()
    clock.advance(10_000)
    await inTime(closing, 'the close')
    await expect(sent).resolves.toMatchObject({ name: 'GokaError' })
    await expect(waiting).resolves.toMatchObject({ code: 'GOKA_EMITTER_CLOSED' })
  })
})
