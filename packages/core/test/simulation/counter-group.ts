import { string } from '@goka/codecs'
import { defineGroup, type ProcessorOptions } from '@goka/core'
import type { Awaitable, Clock } from '@goka/interface'
import { idOf, type Ledger, type RecordId, type Tenure } from './ledger.ts'
import type { Memory } from './memory.ts'
import {
  after,
  hash,
  isFaulty,
  isPoison,
  nextHop,
  nilWord,
  stamped,
  targetOf,
  wordsIn,
} from './model.ts'
import type { Plan } from './plan.ts'
import type { SideReader } from './side-table.ts'
import { DEAD, GROUP, type Hop, hops, input, joined, lookedUp, output, ticks } from './topics.ts'

/** What the callbacks of one instance are told. */
export interface Surroundings {
  readonly plan: Plan
  readonly ledger: Ledger
  readonly clock: Clock
  /** The time for which the instance has had a partition. */
  readonly tenure: (partition: number) => Tenure
  /** Called when a record's callback begins. */
  readonly began: (tenure: Tenure, key: string, topic: string, offset: number) => void
  /** What the instance sees in the table that it looks up. */
  readonly lookups: SideReader
  /** What the instance holds. */
  readonly memory: Memory
}

/** How often the callback of a record fails before it is mended. */
const FAILURES = 2

/** What the callbacks of the group have in common, whatever the seed lets them declare. */
interface Context {
  readonly key: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  value(): string | undefined
  setValue(value: string): void
  delete(): void
  join(table: typeof joined): string | undefined
  lookup(table: typeof lookedUp, key: string): Awaitable<string | undefined>
  emit(stream: typeof output, key: string, value: string): void
  loopback(key: string, hop: Hop): void
  deferCommit(): () => void
}

/** A group that keeps all words of a key since it was deleted, and tells the value after each. */
export function counterGroup(surroundings: Surroundings) {
  const { plan } = surroundings
  const handle = (ctx: unknown, word: string | undefined) => {
    const context = ctx as Context
    return process(surroundings, context, word ?? nilWord(context.topic, context.offset))
  }
  // Its type depends on whether records without a value are processed.
  const options = { nil: plan.nil } as { readonly nil: 'process' }
  const group = defineGroup(GROUP)
    .persist(string)
    .output(output)
    .visitor<string>('mark', (ctx, mark) => visit(surroundings, ctx as unknown as Context, mark))
    .input(input, handle, options)
  const withTicks = when(plan.ticks, group, (one) =>
    one.input(ticks, (ctx, tick) => handle(ctx, tick && `${tick.kind}${tick.number}`), options),
  )
  const withLoop = when(plan.loop, withTicks, (one) =>
    one.loop(hops, (ctx, { word }) => handle(ctx, word)),
  )
  const withJoin = when(plan.join, withLoop, (one) => one.join(joined))
  return when(plan.lookup, withJoin, (one) => one.lookup(lookedUp))
}

// What is added does not change what the processor's `get` returns.
function when<Before>(
  isDeclared: boolean,
  group: Before,
  declare: (group: Before) => unknown,
): Before {
  return isDeclared ? (declare(group) as Before) : group
}

function process(surroundings: Surroundings, ctx: Context, word: string): void | Promise<void> {
  const { plan, ledger, clock, tenure, began, lookups } = surroundings
  const { key, topic, partition, offset } = ctx
  const owner = tenure(partition)
  began(owner, key, topic, offset)
  ledger.began(owner, topic, key, offset)
  const work = (): void | Promise<void> => {
    if (!plan.lookup) return act(surroundings, ctx, owner, word)
    const other = targetOf(word, plan.keys)
    const found = ctx.lookup(lookedUp, other)
    if (typeof found === 'string' || found === undefined) {
      lookups.see(other, found)
      return act(surroundings, ctx, owner, word)
    }
    return Promise.resolve(found).then((value) => {
      lookups.see(other, value)
      act(surroundings, ctx, owner, word)
    })
  }
  const delayMs = plan.callbackMs === 0 ? 0 : hash(`${plan.seed} ${word}`) % plan.callbackMs
  if (delayMs < plan.callbackMs / 3 || plan.callbackMs === 0) return work()
  return new Promise<void>((resolve) => clock.setTimeout(resolve, delayMs)).then(work)
}

function act(
  { plan, ledger, clock, memory }: Surroundings,
  ctx: Context,
  owner: Tenure,
  word: string,
): void {
  const { key, topic, offset } = ctx
  const before = ctx.value()
  const words = after(wordsIn(before), word)
  const value = words === undefined || !plan.rich ? words : stamped(words, ledger.nextCall)
  if (value === undefined) ctx.delete()
  else ctx.setValue(value)
  if (plan.join) owner.joined?.see(key, ctx.join(joined))
  const next = nextHop(word)
  if (next !== undefined) {
    ctx.loopback(targetOf(next, plan.keys), { word: next, seen: words ?? '' })
  }
  const at = plan.rich ? `${topic}/${offset}` : `${offset}`
  const told = `${at}|${words ?? ''}`
  ctx.emit(output, key, told)
  const isFirst = owner.attempt(topic, offset) === 1
  const flaky = plan.retries && word.startsWith('flaky') && isFirst
  const poison = isPoison(word, plan)
  const isBroken = !poison && isFaulty(word) && failsAgain(ledger, owner, ctx, word)
  const done = !flaky && !poison && !isBroken
  const isOver = done || (poison && !(plan.retries && isFirst))
  ledger.called(owner, { topic, key, offset, before, after: value, done })
  ledger.ended(owner, key)
  const finish = (): void => ledger.finish(owner, topic, offset)
  if (done && plan.defers && hash(word) % 3 === 0) {
    const end = ctx.deferCommit()
    clock.setTimeout(() => {
      finish()
      end()
    }, hash(word) % 200)
  } else if (isOver) finish()
  if (done) memory.wrote(owner, topic, offset, (value?.length ?? 0) + told.length)
  else if (isOver && plan.failure === 'dead-letter') {
    memory.wrote(owner, topic, offset, word.length)
  }
  // No message or stack: dead letters have both in their headers, and are to be of a known size.
  if (!done) throw Object.assign(new Error(), { stack: '' })
}

// Whoever looks after the group mends the callback for a word, however often the word comes.
function failsAgain(ledger: Ledger, owner: Tenure, id: RecordId, word: string): boolean {
  const failures = ledger.failures.get(word) ?? 0
  if (failures === FAILURES) return false
  ledger.failures.set(word, failures + 1)
  ledger.faulty.add(idOf(id))
  ledger.failing.add(owner.owner)
  return true
}

function visit({ plan, ledger, memory, tenure }: Surroundings, ctx: Context, mark: string): void {
  const { key, topic, partition, offset } = ctx
  const before = ctx.value()
  const words = before === undefined ? undefined : `${wordsIn(before)} ${mark}`
  const value = words === undefined || !plan.rich ? words : stamped(words, ledger.nextCall)
  if (value !== undefined) ctx.setValue(value)
  memory.visited(value?.length ?? 0)
  const owner = tenure(partition)
  ledger.called(owner, { topic: `${topic} ${mark}`, key, offset, before, after: value, done: true })
}

export function processorOptions(plan: Plan, owner: string): ProcessorOptions {
  const { guarantee, concurrency, commitIntervalMs, drainTimeoutMs, recoverAhead } = plan
  const { cacheBytes, maxQueuedBytes, maxUncommittedBytes, standby, failure } = plan
  const last = failure === 'dead-letter' ? { deadLetter: DEAD } : failure
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
    onError: plan.retries ? { retry: { retries: 1, initialMs: 10, then: last } } : last,
    restart: { initialMs: 20, maxMs: 200 },
    headers: [{ name: 'owner', value: Buffer.from(owner) }],
  }
}
