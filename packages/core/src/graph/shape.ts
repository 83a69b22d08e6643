import type { Stream, Table } from './stream.ts'

/** What a group has declared so far, as types; `never` for what it has not. */
export interface Shape {
  readonly state: unknown
  readonly join: Table<unknown>
  readonly lookup: Table<unknown>
  readonly output: Stream<unknown>
  readonly loop: unknown
}

/** Nothing declared. */
export interface EmptyShape extends Shape {
  readonly state: never
  readonly join: never
  readonly lookup: never
  readonly output: never
  readonly loop: never
}

/** `G` with some members replaced. */
export type With<G extends Shape, Changed extends Partial<Shape>> = {
  readonly [K in keyof Shape]: K extends keyof Changed ? Changed[K] : G[K]
}
