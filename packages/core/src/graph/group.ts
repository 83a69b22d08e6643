import { type Codec, GokaError } from '@goka/interface'
import {
  checkCodec,
  checkDuration,
  checkFunction,
  checkInteger,
  checkKnown,
  checkTopic,
  checkWord,
  invalidOption,
} from '../options.ts'
import type { Context } from './context.ts'
import type { AnyCallback, Edges, InputOptions } from './edges.ts'
import type { EmptyShape, Shape, With } from './shape.ts'
import { type Stream, stream, type Table, table } from './stream.ts'
import { loopTopic, tableTopic } from './topic-names.ts'

/** Called for each record. What it returns is awaited if it is a promise. */
export type Callback<G extends Shape, Message> = (
  context: Context<G>,
  message: Message,
) => void | Promise<void>

/** Options of an input whose callback is only given values. */
export interface ValueInputOptions extends InputOptions {
  readonly nil?: 'ignore' | 'decode'
}

/**
 * A processor group: what it reads, keeps and writes. Immutable: each function returns a new group. A callback sees what
 * was declared before it, so declare inputs and visitors last.
 *
 * Every function throws `GOKA_GRAPH_INVALID` for what cannot work.
 */
export interface Group<Name extends string, G extends Shape> {
  /** Also Kafka's `group.id`. */
  readonly name: Name
  /** The group's table; `undefined` without `persist`. */
  readonly table: [G['state']] extends [never] ? undefined : Table<G['state'], `${Name}-table`>
  /** What the engine reads. */
  readonly edges: Edges
  /** Keeps a value per key, in the table `<group>-table`. */
  persist<State>(
    this: [G['state']] extends [never] ? unknown : never,
    codec: Codec<State>,
  ): Group<Name, With<G, { state: State }>>
  /** Declares a co-partitioned table for `join`: the value of the record's own key. */
  join<T extends Table<unknown>>(table: T): Group<Name, With<G, { join: G['join'] | T }>>
  /** Declares a table for `lookup`: any key; every instance holds all of it. */
  lookup<T extends Table<unknown>>(table: T): Group<Name, With<G, { lookup: G['lookup'] | T }>>
  /** Declares a stream for `emit`. */
  output<S extends Stream<unknown>>(stream: S): Group<Name, With<G, { output: G['output'] | S }>>
  /** Declares messages to the group itself, through `<group>-loop`, and what to do with them. */
  loop<Message>(
    codec: Codec<Message>,
    callback: Callback<With<G, { loop: Message }>, Message>,
    options?: ValueInputOptions,
  ): Group<Name, With<G, { loop: Message }>>
  /** Reads a stream. */
  input<T>(
    stream: Stream<T>,
    callback: Callback<G, T | undefined>,
    options: InputOptions & { readonly nil: 'process' },
  ): Group<Name, G>
  input<T>(stream: Stream<T>, callback: Callback<G, T>, options?: ValueInputOptions): Group<Name, G>
  /** Reads several streams of one type with one callback. */
  inputs<T>(
    streams: readonly Stream<T>[],
    callback: Callback<G, T | undefined>,
    options: InputOptions & { readonly nil: 'process' },
  ): Group<Name, G>
  inputs<T>(
    streams: readonly Stream<T>[],
    callback: Callback<G, T>,
    options?: ValueInputOptions,
  ): Group<Name, G>
  /** Names a callback for `processor.visitAll`: called for each key of the table. */
  visitor<Meta>(name: string, callback: Callback<G, Meta>): Group<Name, G>
}

/**
 * Declares a processor group.
 * @throws GokaError `GOKA_OPTION_INVALID` when the name cannot be a part of a topic name
 */
export function defineGroup<const Name extends string>(name: Name): Group<Name, EmptyShape> {
  checkTopic('group', name)
  return makeGroup({
    group: name,
    table: undefined,
    inputs: [],
    joins: [],
    lookups: [],
    outputs: [],
    loop: undefined,
    visitors: new Map(),
  }) as unknown as Group<Name, EmptyShape>
}

// The builder without its types: those are in the interface above, which callers see.
type Untyped = Group<string, Shape>

function makeGroup(edges: Edges): Untyped {
  const next = (change: Partial<Edges>): never => makeGroup({ ...edges, ...change }) as never
  const addInput = (
    source: Stream<unknown>,
    callback: AnyCallback,
    options: InputOptions = {},
    loop = false,
  ): Edges => {
    checkDescriptor('stream', source)
    checkFunction('callback', callback)
    checkInputOptions(options)
    if (edges.inputs.some(({ topic }) => topic === source.topic)) {
      throw invalid(edges, `topic "${source.topic}" is an input twice: give it one callback`)
    }
    if (!loop) checkForeign(edges, source.topic, 'an input')
    const input = { topic: source.topic, codec: source.codec, callback, options, loop }
    return { ...edges, inputs: [...edges.inputs, input] }
  }
  return Object.freeze({
    name: edges.group,
    table: edges.table,
    edges,
    persist(codec: Codec<unknown>) {
      if (edges.table !== undefined) throw invalid(edges, 'persist is declared twice')
      return next({ table: table(tableTopic(edges.group), checkCodec('codec', codec)) })
    },
    join(joined: Table<unknown>) {
      checkDescriptor('table', joined)
      checkForeign(edges, joined.topic, 'a join')
      checkOneRole(edges, edges.lookups, joined)
      return next({ joins: addTable(edges, edges.joins, joined) })
    },
    lookup(lookedUp: Table<unknown>) {
      checkDescriptor('table', lookedUp)
      checkForeign(edges, lookedUp.topic, 'a lookup')
      checkOneRole(edges, edges.joins, lookedUp)
      return next({ lookups: addTable(edges, edges.lookups, lookedUp) })
    },
    output(output: Stream<unknown>) {
      checkDescriptor('stream', output)
      checkForeign(edges, output.topic, 'an output')
      if (edges.outputs.some(({ topic }) => topic === output.topic)) {
        throw invalid(edges, `topic "${output.topic}" is an output twice`)
      }
      return next({ outputs: [...edges.outputs, output] })
    },
    loop(codec: Codec<unknown>, callback: AnyCallback, options?: InputOptions) {
      if (edges.loop !== undefined) throw invalid(edges, 'loop is declared twice')
      const loop = stream(loopTopic(edges.group), checkCodec('codec', codec))
      return next({ ...addInput(loop, callback, options, true), loop })
    },
    input(source: Stream<unknown>, callback: AnyCallback, options?: InputOptions) {
      return next(addInput(source, callback, options))
    },
    inputs(sources: readonly Stream<unknown>[], callback: AnyCallback, options?: InputOptions) {
      let group = makeGroup(edges)
      for (const source of sources)
        group = group.input(source, callback as never, options as ValueInputOptions)
      return group as never
    },
    visitor(name: string, callback: AnyCallback) {
      if (typeof name !== 'string' || name === '') {
        throw invalidOption('name', 'the name of a visitor', name)
      }
      checkFunction('callback', callback)
      if (edges.table === undefined) {
        throw invalid(edges, `visitor "${name}" needs a table: call persist before`)
      }
      if (edges.visitors.has(name)) throw invalid(edges, `visitor "${name}" is declared twice`)
      return next({ visitors: new Map(edges.visitors).set(name, callback) })
    },
  }) as Untyped
}

function invalid(edges: Edges, reason: string): GokaError {
  return new GokaError('GOKA_GRAPH_INVALID', `group "${edges.group}": ${reason}`, {
    group: edges.group,
    reason,
  })
}

function addTable(
  edges: Edges,
  tables: readonly Table<unknown>[],
  added: Table<unknown>,
): readonly Table<unknown>[] {
  if (tables.some(({ topic }) => topic === added.topic)) {
    throw invalid(edges, `table "${added.topic}" is declared twice`)
  }
  return [...tables, added]
}

// Both would keep the same partitions in the same stores.
function checkOneRole(
  edges: Edges,
  others: readonly Table<unknown>[],
  { topic }: Table<unknown>,
): void {
  if (!others.some((other) => other.topic === topic)) return
  throw invalid(edges, `table "${topic}" is joined and looked up: lookup alone has every key`)
}

function checkForeign(edges: Edges, topic: string, role: string): void {
  if (topic === tableTopic(edges.group)) {
    throw invalid(edges, `its own table "${topic}" cannot be ${role}: use value and setValue`)
  }
  if (topic === loopTopic(edges.group)) {
    throw invalid(edges, `its own loop "${topic}" cannot be ${role}: use loop and loopback`)
  }
}

/** Checks that something is what `stream` or `table` made. */
export function checkDescriptor<T>(kind: 'stream' | 'table', value: Stream<T> | Table<T>): void {
  if (typeof value !== 'object' || value === null || value.kind !== kind) {
    const expected =
      kind === 'table' ? 'what table() returned, or the table of a group' : 'what stream() returned'
    throw invalidOption(kind, expected, value)
  }
}

function checkInputOptions(options: InputOptions): void {
  checkKnown('options', options, ['nil', 'initialOffset', 'onError'])
  checkWord('options.nil', options.nil, 'ignore', ['ignore', 'process', 'decode'])
  checkWord('options.initialOffset', options.initialOffset, 'earliest', ['earliest', 'latest'])
  checkErrorPolicy('options.onError', options.onError)
}

/** Checks an {@link InputOptions.onError}. */
export function checkErrorPolicy(option: string, policy: InputOptions['onError']): void {
  if (policy === undefined || policy === 'fail' || policy === 'skip') return
  if (typeof policy === 'object' && policy !== null) {
    if ('deadLetter' in policy) {
      checkTopic(`${option}.deadLetter`, policy.deadLetter)
      return
    }
    if ('retry' in policy) {
      const { retry } = policy
      checkKnown(`${option}.retry`, retry, ['retries', 'initialMs', 'maxMs', 'then'])
      checkInteger(`${option}.retry.retries`, retry.retries, 0, 0)
      checkDuration(`${option}.retry.initialMs`, retry.initialMs, 0)
      checkDuration(`${option}.retry.maxMs`, retry.maxMs, 0)
      if (typeof retry.then === 'object' && 'retry' in retry.then) {
        throw invalidOption(`${option}.retry.then`, '"fail", "skip" or { deadLetter }', retry.then)
      }
      checkErrorPolicy(`${option}.retry.then`, retry.then)
      return
    }
  }
  throw invalidOption(option, '"fail", "skip", { retry } or { deadLetter }', policy)
}
