import { json, string } from '@goka/codecs'
import { stream, table } from '@goka/core'

export const GROUP = 'group'
export const INPUT = 'in'
export const TICKS = 'ticks'
export const LOOP = 'group-loop'
export const OUTPUT = 'out'
export const DEAD = 'dead'
export const TABLE = 'group-table'
export const JOINED = 'joined'
export const LOOKED_UP = 'looked-up'

/** The topics whose records the group processes. */
export const INPUTS: readonly string[] = [INPUT, TICKS, LOOP]

/** A record of the second input. */
export interface Tick {
  readonly kind: string
  readonly number: number
}

/** What the group sends to itself: the word to add, and the value of the sender's key. */
export interface Hop {
  readonly word: string
  readonly seen: string
}

export const input = stream(INPUT, string)
export const ticks = stream(TICKS, json<Tick>())
export const hops = json<Hop>()
export const output = stream(OUTPUT, string)
export const joined = table(JOINED, string)
export const lookedUp = table(LOOKED_UP, string)
