import { Dice } from './dice.ts'

/** What a seed lets befall a group besides what may always happen. */
export interface Hardships {
  /** Whether very many records come at once, sometimes while commits hang. */
  readonly bursts: boolean
  /** What the group does with a record whose callback fails for good; with `fail`, its callback is mended after a while. */
  readonly failure: 'dead-letter' | 'skip' | 'fail'
  /** What it does with records that have no value. */
  readonly nil: 'ignore' | 'process'
  /** Whether commits are late, and members lose their place in the middle of them; only where they may be taken for dead. */
  readonly unseats: boolean
  /** Whether stores are damaged, lost or put back to what they were, while nobody has them open. */
  readonly damages: boolean
  /** Whether the start of the table's topic is deleted, as far as nothing that counts is there. */
  readonly cuts: boolean
  /** Whether the table's topic is deleted and made anew once, while nobody runs. */
  readonly remakes: boolean
  /** Whether an input gains a partition in the end. */
  readonly grows: boolean
}

/** Nothing of it. */
export const EASE: Hardships = {
  bursts: false,
  failure: 'dead-letter',
  nil: 'ignore',
  unseats: false,
  damages: false,
  cuts: false,
  remakes: false,
  grows: false,
}

/** The hardships of a seed. */
export function hardshipsOf(seed: number): Hardships {
  const dice = new Dice(seed * 15_485_863 + 29)
  return {
    bursts: dice.chance(3),
    failure: dice.pick(['dead-letter', 'skip', 'fail']),
    nil: dice.pick(['ignore', 'process']),
    unseats: dice.chance(2),
    damages: dice.chance(2),
    cuts: dice.chance(3),
    remakes: dice.chance(3),
    grows: dice.chance(5),
  }
}
