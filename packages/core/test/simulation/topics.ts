import { json, string } from '@goka/codecs'
import { stream, table } from '@goka/core'
import type { Hop, Tick } from './model.ts'

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

export const input = stream(INPUT, string)
export const ticks = stream(TICKS, json<Tick>())
export const hops = json<Hop>()
export const output = stream(OUTPUT, string)
export const joined = table(JOINED, string)
export const lookedUp = table(LOOKED_UP, string)
