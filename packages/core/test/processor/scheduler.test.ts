import { describe, expect, it } from '@jest/globals'
import { Scheduler } from '../../src/processor/scheduler.ts'
import type { Task } from '../../src/processor/task.ts'
import { ManualClock } from '../manual-clock.ts'
import { settle } from '../waiting.ts'

/** A task with so many things to do, one a run. */
class FakeTask {
  readonly runs: number[] = []
  isLost = false
  left: number
  onRun: () => void = () => {}
  readonly failures: unknown[] = []
  readonly scope = { fail: (error: unknown) => this.failures.push(error) }

  constructor(left: number) {
    this.left = left
  }

  get canRun(): boolean {
    return this.left > 0
  }

  run(deadlineMs: number): void {
    this.left--
    this.runs.push(deadlineMs)
    this.onRun()
  }
}

function make() {
  const clock = new ManualClock(1_000)
  const room = { is: true }
  const scheduler = new Scheduler(clock, () => room.is)
  const wake = (task: FakeTask): void => scheduler.wake(task as unknown as Task)
  return { clock, room, scheduler, wake }
}

describe('a scheduler', () => {
  it('runs a task that was woken in a later turn, once for several calls', async () => {
    const { wake } = make()
    const task = new FakeTask(1)
    wake(task)
    wake(task)
    expect(task.runs).toEqual([])
    await settle()
    expect(task.runs).toHaveLength(1)
  })

  it('runs a task until it has nothing to do', async () => {
    const { wake } = make()
    const task = new FakeTask(5)
    wake(task)
    await settle()
    expect(task.runs).toHaveLength(5)
  })

  it('gives the event loop a turn when the slice is over, and the other task its turn then', async () => {
    const { clock, wake, scheduler } = make()
    const [one, two] = [new FakeTask(2), new FakeTask(1)]
    one.onRun = () => clock.advance(8)
    wake(one)
    wake(two)
    scheduler.run()
    expect([one.runs.length, two.runs.length]).toEqual([1, 0])
    expect(one.runs).toEqual([1_008])
    scheduler.run()
    expect([one.runs.length, two.runs.length]).toEqual([2, 1])
  })

  it('runs nothing while there is no room, and goes on when it is woken then', async () => {
    const { room, wake } = make()
    const task = new FakeTask(1)
    room.is = false
    wake(task)
    await settle()
    expect(task.runs).toEqual([])
    room.is = true
    wake(task)
    await settle()
    expect(task.runs).toHaveLength(1)
  })

  it('is not entered again by a task that runs', async () => {
    const { scheduler, wake } = make()
    const task = new FakeTask(3)
    let depth = 0
    let deepest = 0
    task.onRun = () => {
      deepest = Math.max(deepest, ++depth)
      scheduler.run()
      depth--
    }
    wake(task)
    await settle()
    expect([task.runs.length, deepest]).toEqual([3, 1])
  })

  it('does not run a task whose partition went elsewhere, nor anything after its stop', async () => {
    const { scheduler, wake } = make()
    const [lost, late] = [new FakeTask(1), new FakeTask(1)]
    lost.isLost = true
    wake(lost)
    await settle()
    wake(late)
    scheduler.stop()
    wake(late)
    await settle()
    expect([lost.runs, late.runs]).toEqual([[], []])
  })

  it('hands a fault to the task that had it, and goes on with the others', async () => {
    const { wake } = make()
    const [bad, good] = [new FakeTask(1), new FakeTask(1)]
    const fault = new Error('no store')
    bad.onRun = () => {
      throw fault
    }
    wake(bad)
    wake(good)
    await settle()
    expect([bad.failures, good.runs.length]).toEqual([[fault], 1])
  })
})
