import { string } from '@goka/codecs'
import { defineGroup, type ProcessorOptions, stream } from '@goka/core'
import type { Clock } from '@goka/interface'
import type { Ledger, Tenure } from './ledger.ts'
import type { Plan } from './plan.ts'

export const INPUT = 'in'
export const OUTPUT = 'out'
export const DEAD = 'dead'
export const TABLE = 'group-table'
export const GROUP = 'group'
export const input = stream(INPUT, string)
const output = stream(OUTPUT, string)

/** What the callbacks of one instance are told. */
export interface Surroundings {
  readonly plan: Plan
  readonly ledger: Ledger
  readonly clock: Clock
  /** The time for which the instance has had a partition. */
  readonly tenure: (partition: number) => Tenure
}

/** The value of a key after a record: the messages since the last `delete`. */
export function after(value: string | undefined, message: string): string | undefined {
  if (message.startsWith('delete')) return undefined
  return value === undefined ? message : `${value} ${message}`
}

/** Whether a record's callback fails for good. */
export function isPoison(message: string): boolean {
  return message.startsWith('poison')
}

/** A group that keeps all messages of a key since it was deleted, and tells the value after each. */
export function counterGroup({ plan, ledger, clock, tenure }: Surroundings) {
  return defineGroup(GROUP)
    .persist(string)
    .output(output)
    .visitor<string>('mark', (ctx, mark) => {
      const value = ctx.value()
      if (value !== undefined) ctx.setValue(`${value} ${mark}`)
    })
    .input(input, (ctx, message) => {
      const { key, partition, offset } = ctx
      const owner = tenure(partition)
      ledger.began(owner, key, offset)
      const work = (): void => {
        const value = after(ctx.value(), message)
        if (value === undefined) ctx.delete()
        else ctx.setValue(value)
        ctx.emit(output, key, `${offset}|${value ?? ''}`)
        const isFirst = owner.attempt(offset) === 1
        const flaky = plan.retries && message.startsWith('flaky') && isFirst
        const poison = isPoison(message)
        ledger.ended(owner, key, offset, !flaky && !(poison && plan.retries && isFirst))
        if (poison || flaky) throw new Error(message)
      }
      const delayMs = plan.callbackMs === 0 ? 0 : hash(`${plan.seed} ${message}`) % plan.callbackMs
      if (delayMs < plan.callbackMs / 3 || plan.callbackMs === 0) return work()
      return new Promise<void>((resolve) => clock.setTimeout(resolve, delayMs)).then(work)
    })
}

export function processorOptions(plan: Plan, owner: string): ProcessorOptions {
  const { guarantee, concurrency, commitIntervalMs, drainTimeoutMs, recoverAhead } = plan
  const { cacheBytes, maxQueuedBytes, maxUncommittedBytes, standby } = plan
  return {
    guarantee,
    concurrency,
    commitIntervalMs,
    drainTimeoutMs,
    recoverAhead,
    cacheBytes,
    maxQueuedBytes,
    maxUncommittedBytes,
    standby,
    onError: plan.retries
      ? { retry: { retries: 1, initialMs: 10, then: { deadLetter: DEAD } } }
      : { deadLetter: DEAD },
    restart: { initialMs: 20, maxMs: 200 },
    headers: [{ name: 'owner', value: Buffer.from(owner) }],
  }
}

function hash(text: string): number {
  let state = 2166136261
  for (const char of text) state = Math.imul(state ^ char.charCodeAt(0), 16777619)
  return state >>> 0
}
