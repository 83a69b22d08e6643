import type { GroupConsumer, ProduceBatch } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import { type CommitReport, Committer } from '../../src/processor/committer.ts'
import { Epoch } from '../../src/processor/epoch.ts'
import type { Guarantee } from '../../src/processor/guarantee.ts'
import type { CapturedEpoch, Task } from '../../src/processor/task.ts'
import { ManualClock } from '../manual-clock.ts'
import { Gate, inTime, Notes, rejection, settle } from '../waiting.ts'

/** A task of which only the epochs count. */
class FakeTask {
  readonly partition: number
  epoch = new Epoch()
  sealed: Epoch | undefined
  isLost = false
  readonly stored: number[] = []
  readonly committed = ({ epoch }: CapturedEpoch): void => epoch.release()
  readonly store = async (round: number): Promise<void> => {
    this.stored.push(round)
  }

  constructor(partition: number) {
    this.partition = partition
  }

  /** Goes past a record; `underway`: its callback is not done. */
  take(offset: number, underway = false): void {
    if (underway) this.epoch.begin()
    this.epoch.records++
    this.epoch.positions.set('input', offset)
  }

  seal(): Epoch | undefined {
    if (this.sealed !== undefined || this.epoch.isEmpty) return this.sealed
    this.sealed = this.epoch
    this.epoch = new Epoch()
    this.sealed.seal()
    return this.sealed
  }

  capture(epoch: Epoch, changelog: ProduceBatch): CapturedEpoch {
    this.sealed = undefined
    epoch.capture()
    const topic = changelog.topicIndex('table')
    changelog.add(topic, this.partition, 'key', Buffer.from('v'), Number.NaN, undefined)
    return { task: this as unknown as Task, epoch, cells: [], contents: [] }
  }
}

function make(...partitions: readonly number[]) {
  const tasks = partitions.map((partition) => new FakeTask(partition))
  const clock = new ManualClock()
  // Each commit as `partition@offset ...`, and what it wrote to the table.
  const commits = new Notes<string>()
  const reports = new Notes<CommitReport>()
  const faults = new Notes<unknown>()
  const control: { gate: Promise<void> | undefined } = { gate: undefined }
  const guarantee: Pick<Guarantee, 'commit'> = {
    async commit(
      _consumer: GroupConsumer,
      epochs: readonly CapturedEpoch[],
      changelog: ProduceBatch,
    ) {
      const parts = epochs.map(
        ({ task, epoch }) => `${task.partition}@${epoch.positions.get('input')}`,
      )
      const written = Array.from(
        { length: changelog.length },
        (_, index) => `${changelog.topic(index)}/${changelog.partition(index)}`,
      )
      commits.add([...parts, ...written].join(' '))
      await control.gate
      return []
    },
  }
  const committer = new Committer({
    guarantee: guarantee as Guarantee,
    consumer: {} as GroupConsumer,
    clock,
    intervalMs: 100,
    tableTopic: 'table',
    tasks: () => tasks as unknown as Task[],
    onFault: (error) => faults.add(error),
    onCommitted: (report) => reports.add(report),
  })
  return {
    tasks: tasks as [FakeTask, FakeTask, FakeTask],
    clock,
    commits,
    reports,
    faults,
    control,
    committer,
  }
}

const asTasks = (tasks: readonly FakeTask[]): readonly Task[] => tasks as unknown as Task[]

describe('commits', () => {
  it('are made at the interval, of all tasks together, into the partitions of the table', async () => {
    const { tasks, clock, commits, reports, committer } = make(0, 3)
    committer.start()
    tasks[0].take(5)
    tasks[1].take(7)
    clock.advance(99)
    await settle()
    expect(commits.items).toEqual([])
    clock.advance(1)
    await settle()
    expect(commits.items).toEqual(['0@5 3@7 table/0 table/3'])
    expect(reports.items[0]).toEqual({ durationMs: 0, tasks: 2, records: 2, tableWrites: 2 })
  })

  it('are not made of nothing, and go on', async () => {
    const { tasks, clock, commits, reports, committer } = make(0)
    committer.start()
    for (let round = 0; round < 3; round++) {
      clock.advance(100)
      await settle()
    }
    expect([commits.items, reports.items]).toEqual([[], []])
    tasks[0].take(1)
    clock.advance(100)
    await settle()
    expect(commits.items).toEqual(['0@1 table/0'])
  })

  it('do not overlap: what comes while one is made goes into the next', async () => {
    const { tasks, clock, commits, control, committer } = make(0)
    committer.start()
    const gate = new Gate()
    control.gate = gate.promise
    tasks[0].take(1)
    clock.advance(100)
    await settle()
    tasks[0].take(2)
    tasks[0].take(3)
    clock.advance(500)
    await settle()
    expect(commits.items).toEqual(['0@1 table/0'])
    gate.open()
    await settle()
    clock.advance(100)
    await settle()
    expect(commits.items).toEqual(['0@1 table/0', '0@3 table/0'])
  })

  it('come early when they are asked for, once', async () => {
    const { tasks, clock, commits, control, committer } = make(0)
    committer.start()
    const gate = new Gate()
    control.gate = gate.promise
    tasks[0].take(1)
    committer.request()
    committer.request()
    await settle()
    expect(commits.items).toEqual(['0@1 table/0'])
    tasks[0].take(2)
    committer.request()
    gate.open()
    await settle()
    clock.advance(0)
    await settle()
    expect(commits.items).toEqual(['0@1 table/0', '0@2 table/0'])
  })

  it('wait a moment for callbacks, and then leave their task out as a whole', async () => {
    const { tasks, clock, commits, committer } = make(0, 1)
    committer.start()
    tasks[0].take(5, true)
    const slow = tasks[0].epoch
    tasks[1].take(7)
    clock.advance(100)
    await settle()
    expect(commits.items).toEqual([])
    clock.advance(20)
    await settle()
    expect(commits.items).toEqual(['1@7 table/1'])
    tasks[0].take(6)
    clock.advance(120)
    await settle()
    expect(commits.items).toHaveLength(1)
    slow.end()
    clock.advance(100)
    await settle()
    clock.advance(100)
    await settle()
    expect(commits.items.slice(1)).toEqual(['0@5 table/0', '0@6 table/0'])
  })

  it('that were asked for take what they had to leave out as soon as its callbacks are done', async () => {
    const { tasks, clock, commits, committer } = make(0, 1, 2)
    committer.start()
    tasks[0].take(5, true)
    tasks[1].take(7)
    const slow = tasks[0].epoch
    committer.request()
    await settle()
    clock.advance(20)
    await settle()
    expect(commits.items).toEqual(['1@7 table/1'])
    committer.request()
    await settle()
    clock.advance(20)
    await settle()
    slow.end()
    await settle()
    clock.advance(0)
    await settle()
    expect(commits.items).toEqual(['1@7 table/1', '0@5 table/0'])
    // That was it: the others wait for their time.
    tasks[2].take(9)
    clock.advance(99)
    await settle()
    expect(commits.items).toHaveLength(2)
    clock.advance(1)
    await settle()
    expect(commits.items.slice(2)).toEqual(['2@9 table/2'])
  })

  it('leave out tasks that went to another instance meanwhile', async () => {
    const { tasks, clock, commits, committer } = make(0, 1)
    committer.start()
    tasks[0].take(5, true)
    const slow = tasks[0].epoch
    tasks[1].take(7)
    clock.advance(100)
    await settle()
    tasks[0].isLost = true
    slow.end()
    await settle()
    expect(commits.items).toEqual(['1@7 table/1'])
  })

  it('that fail are told, and no other follows', async () => {
    const { tasks, clock, commits, faults, control, committer } = make(0)
    committer.start()
    const fault = new Error('no coordinator')
    control.gate = Promise.reject(fault)
    tasks[0].take(1)
    clock.advance(100)
    await settle()
    expect(faults.items).toEqual([fault])
    tasks[0].take(2)
    clock.advance(1_000)
    await settle()
    expect(commits.items).toHaveLength(1)
    expect(clock.waitsMs).toEqual([])
  })

  it('end with a stop, and no timer is left', async () => {
    const { tasks, clock, commits, committer } = make(0)
    committer.start()
    tasks[0].take(1)
    committer.stop()
    committer.request()
    clock.advance(1_000)
    await settle()
    expect([commits.items, clock.waitsMs]).toEqual([[], []])
  })
})

describe('a flush', () => {
  it('commits what these tasks have done, also what was left out before, and no other', async () => {
    const { tasks, clock, commits, committer } = make(0, 1)
    committer.start()
    tasks[0].take(5, true)
    const slow = tasks[0].epoch
    clock.advance(120)
    await settle()
    tasks[0].take(6)
    tasks[1].take(7)
    const flushed = committer.flush(asTasks([tasks[0]]), 1_000)
    await settle()
    expect(commits.items).toEqual([])
    slow.end()
    await inTime(flushed, 'the flush')
    expect(commits.items).toEqual(['0@5 table/0', '0@6 table/0'])
  })

  it('waits for callbacks no longer than it is told, all together', async () => {
    const { tasks, clock, commits, committer } = make(0)
    tasks[0].take(5, true)
    let done = false
    const flushed = committer.flush(asTasks(tasks), 1_000).then(() => {
      done = true
    })
    await settle()
    clock.advance(999)
    await settle()
    expect(done).toBe(false)
    clock.advance(1)
    await inTime(flushed, 'the flush')
    expect(commits.items).toEqual([])
  })

  it('does not wait at all for what is broken', async () => {
    const { tasks, committer } = make(0)
    tasks[0].take(5, true)
    tasks[0].epoch.break()
    await inTime(committer.flush(asTasks(tasks), 3_600_000), 'the flush')
  })

  it('waits for the commit under way, and fails with it', async () => {
    const { tasks, clock, control, committer } = make(0)
    committer.start()
    const gate = new Gate()
    control.gate = gate.promise
    tasks[0].take(1)
    clock.advance(100)
    await settle()
    const flushed = rejection(committer.flush(asTasks(tasks), 0))
    const fault = new Error('no coordinator')
    gate.fail(fault)
    expect(await flushed).toBe(fault)
  })

  it('at the end is left alone when nobody answers', async () => {
    const { tasks, clock, control, committer } = make(0)
    control.gate = new Promise(() => {})
    tasks[0].take(1)
    const finished = committer.finish(asTasks(tasks), 1_000)
    await settle()
    clock.advance(11_000)
    await inTime(finished, 'the end')
    expect(clock.waitsMs).toEqual([])
  })
})
