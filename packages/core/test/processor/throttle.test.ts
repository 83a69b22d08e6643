import type { GroupConsumer, TopicPartition } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import { Holding } from '../../src/processor/holding.ts'
import type { Task } from '../../src/processor/task.ts'
import { Throttle } from '../../src/processor/throttle.ts'
import { ManualClock } from '../manual-clock.ts'
import { Gate, inTime, Notes, settle } from '../waiting.ts'

function make(...queued: readonly number[]) {
  const clock = new ManualClock()
  const calls = new Notes<string>()
  const control: { pausing: Promise<void> | undefined } = { pausing: undefined }
  const names = (partitions: readonly TopicPartition[]): string =>
    partitions.map(({ topic, partition }) => `${topic}/${partition}`).join(' ')
  const consumer = {
    pause: async (partitions: readonly TopicPartition[]) => {
      calls.add(`pause ${names(partitions)}`)
      await control.pausing
    },
    resume: async (partitions: readonly TopicPartition[]) => {
      calls.add(`resume ${names(partitions)}`)
    },
  } as unknown as GroupConsumer
  const tasks = queued.map((queuedBytes) => ({ queuedBytes }))
  const holdings = tasks.map((task, partition) => {
    const holding = new Holding(partition, 0)
    holding.task = task as unknown as Task
    holding.starts.set('input', 0).set('more', 0)
    return holding
  })
  const throttle = new Throttle(1_000, clock)
  return { clock, calls, control, consumer, tasks, holdings, throttle }
}

describe('the intake', () => {
  it('goes on at once while there is room', async () => {
    const { clock, calls, consumer, holdings, throttle } = make(600, 400)
    await inTime(throttle.wait(holdings, consumer), 'the room')
    expect([calls.items, clock.waitsMs]).toEqual([[], []])
  })

  it('waits a moment for room, and no partition is paused when it comes', async () => {
    const { clock, calls, consumer, holdings, tasks, throttle } = make(900, 400)
    const waiting = throttle.wait(holdings, consumer)
    await settle()
    Object.assign(tasks[0] as object, { queuedBytes: 100 })
    throttle.release()
    await inTime(waiting, 'the room')
    expect([calls.items, clock.waitsMs]).toEqual([[], []])
  })

  it('pauses the partitions that have more than their share when the room does not come', async () => {
    const { clock, calls, consumer, holdings, throttle } = make(900, 400)
    const waiting = throttle.wait(holdings, consumer)
    await settle()
    clock.advance(250)
    await inTime(waiting, 'the pause')
    expect(calls.items).toEqual(['pause input/0 more/0'])
  })

  it('starts a paused partition again when half of its share is free, once', async () => {
    const { clock, calls, consumer, holdings, tasks, throttle } = make(900, 400)
    const waiting = throttle.wait(holdings, consumer)
    await settle()
    clock.advance(250)
    await waiting
    Object.assign(tasks[0] as object, { queuedBytes: 300 })
    throttle.release()
    expect(calls.items).toHaveLength(1)
    Object.assign(tasks[0] as object, { queuedBytes: 249 })
    throttle.release()
    throttle.release()
    expect(calls.items).toEqual(['pause input/0 more/0', 'resume input/0 more/0'])
  })

  it('starts it again also when the room comes while it is being paused', async () => {
    const { clock, calls, control, consumer, holdings, tasks, throttle } = make(900, 400)
    const gate = new Gate()
    control.pausing = gate.promise
    const waiting = throttle.wait(holdings, consumer)
    await settle()
    clock.advance(250)
    await settle()
    Object.assign(tasks[0] as object, { queuedBytes: 0 })
    gate.open()
    await inTime(waiting, 'the pause')
    expect(calls.items).toEqual(['pause input/0 more/0', 'resume input/0 more/0'])
  })

  it('leaves partitions alone that have gone meanwhile', async () => {
    const { clock, calls, consumer, holdings, tasks, throttle } = make(900, 400)
    const waiting = throttle.wait(holdings, consumer)
    await settle()
    clock.advance(250)
    await waiting
    holdings[0]?.abort.abort()
    Object.assign(tasks[0] as object, { queuedBytes: 0 })
    throttle.release()
    expect(calls.items).toEqual(['pause input/0 more/0'])
  })
})
