import { Dice } from './dice.ts'
import { EASE, type Hardships, hardshipsOf } from './hardships.ts'
import { INPUT, JOINED, LOOKED_UP, TICKS } from './topics.ts'

/** Which groups seeds make: with one input, a table and an output; with more; with more, and harder pressed. */
export type PlanKind = 'plain' | 'rich' | 'hard'

/** What a seed decides before a run begins. */
export interface Plan extends Hardships {
  readonly seed: number
  readonly guarantee: 'at-least-once' | 'exactly-once'
  readonly slots: number
  readonly partitions: number
  readonly keys: readonly string[]
  readonly rounds: number
  readonly concurrency: number
  /** The longest that a callback takes; 0: all return at once. */
  readonly callbackMs: number
  readonly retries: boolean
  readonly commitIntervalMs: number
  readonly drainTimeoutMs: number
  readonly cacheBytes: number
  readonly maxQueuedBytes: number
  readonly maxUncommittedBytes: number
  readonly fetchMaxBytes: number
  readonly rebalance: 'eager' | 'incremental'
  readonly standby: 'none' | 'all'
  readonly recoverAhead: boolean
  readonly staticMembers: boolean
  readonly slowDisk: boolean
  /** Whether members may be taken for dead that are not: they freeze, are cut off or delayed for longer than a session. */
  readonly zombies: boolean
  /** Whether a view follows the table all the time. */
  readonly watched: boolean
  /** Whether there is anything of what follows; else the group has one input, a table and an output. */
  readonly rich: boolean
  /** A second input, of another type. */
  readonly ticks: boolean
  readonly loop: boolean
  /** A co-partitioned table that is written all the time. */
  readonly join: boolean
  /** A table whose keys are all here, written all the time. */
  readonly lookup: boolean
  readonly lookupPartitions: number
  /** Topics that gain nothing. */
  readonly idle: readonly string[]
  /** Whether tables' topics are compacted all the time, and whether tombstones go from them too. */
  readonly compaction: 'none' | 'often' | 'tombstones'
  /** Whether there are many visits. */
  readonly visits: boolean
  /** Whether some callbacks defer the commit of their record. */
  readonly defers: boolean
  /** Whether a view with a disk follows the table, which is cut off and crashes. */
  readonly followed: boolean
}

/** The plan of a seed. */
export function planOf(seed: number, kind: PlanKind): Plan {
  const core = corePlanOf(seed)
  if (kind === 'plain') return { ...core, ...PLAIN, ...EASE }
  const features = featuresOf(seed)
  if (kind === 'rich') return { ...core, ...features, ...EASE }
  const hardships = hardshipsOf(seed)
  // A view ends when its topic is deleted.
  const viewed = hardships.remakes ? { watched: false, followed: false } : {}
  const unseats = hardships.unseats && core.zombies
  return { ...core, ...features, ...hardships, ...viewed, unseats, rich: true }
}

/**
 * Whether somebody may write the table after somebody who has its partition later: without transactions a member that was
 * taken for dead, and a static member that is replaced while what it asked before a crash is on its way.
 */
export function mayOverwrite({ guarantee, zombies, staticMembers }: Plan): boolean {
  return guarantee === 'at-least-once' && (zombies || staticMembers)
}

type Features = Pick<
  Plan,
  | 'rich'
  | 'ticks'
  | 'loop'
  | 'join'
  | 'lookup'
  | 'lookupPartitions'
  | 'idle'
  | 'compaction'
  | 'visits'
  | 'defers'
  | 'followed'
>

const PLAIN: Features = {
  rich: false,
  ticks: false,
  loop: false,
  join: false,
  lookup: false,
  lookupPartitions: 1,
  idle: [],
  compaction: 'none',
  visits: false,
  defers: false,
  followed: false,
}

// By dice of their own: a seed that told something of a plain group still does.
function featuresOf(seed: number): Features {
  const dice = new Dice(seed * 104_729 + 71)
  if (dice.chance(5)) return PLAIN
  const ticks = dice.chance(2)
  const idle = [JOINED, LOOKED_UP].filter(() => dice.chance(6))
  return {
    rich: true,
    ticks,
    loop: dice.chance(2),
    join: dice.chance(2),
    lookup: dice.chance(3),
    lookupPartitions: 1 + dice.roll(3),
    idle: ticks && dice.chance(3) ? [...idle, dice.pick([INPUT, TICKS])] : idle,
    compaction: dice.pick(['none', 'often', 'tombstones']),
    visits: dice.chance(3),
    followed: dice.chance(2),
    defers: dice.chance(4),
  }
}

function corePlanOf(seed: number): Omit<Plan, keyof Features | keyof Hardships> {
  const dice = new Dice(seed * 7919 + 13)
  const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].slice(0, 1 + dice.roll(7))
  const callbackMs = dice.pick([0, 0, 30, 300])
  return {
    seed,
    keys,
    callbackMs,
    guarantee: dice.pick(['at-least-once', 'exactly-once']),
    slots: 1 + dice.roll(3),
    partitions: 1 + dice.roll(4),
    rounds: 15 + dice.roll(25),
    concurrency: callbackMs === 0 ? 1 : dice.pick([1, 2, 4]),
    retries: dice.chance(3),
    commitIntervalMs: dice.pick([5, 20, 100, 500]),
    drainTimeoutMs: dice.pick([50, 500, 2_000]),
    cacheBytes: dice.pick([1_000, 64 * 1024 * 1024]),
    maxQueuedBytes: dice.pick([200, 32 * 1024 * 1024]),
    maxUncommittedBytes: dice.pick([50, 32 * 1024 * 1024, 32 * 1024 * 1024]),
    fetchMaxBytes: dice.pick([100, 1_048_576]),
    rebalance: dice.pick(['eager', 'incremental']),
    standby: dice.pick(['none', 'none', 'none', 'all']),
    recoverAhead: dice.chance(5),
    staticMembers: dice.chance(4),
    slowDisk: dice.chance(2),
    zombies: dice.chance(2),
    watched: dice.chance(3),
  }
}
