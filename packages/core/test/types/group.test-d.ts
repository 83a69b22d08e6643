/* eslint @typescript-eslint/no-unused-vars: off -- types are what is tested */
// The types of groups and of what is made from them. Nothing here runs: it compiles, or the build fails.
import { int64, json, string } from '@goka/codecs'
import {
  defineGroup,
  type Emitter,
  type Goka,
  type Processor,
  type Stream,
  stream,
  type Table,
  table,
  type ValueOf,
  type View,
} from '@goka/core'
import { type Equal, expectType } from './equal.ts'

declare const goka: Goka

const words = stream('words', string)
const prices = table('prices', int64)

// Descriptors keep their name and their type.
expectType<Equal<typeof words, Stream<string, 'words'>>>()
expectType<Equal<typeof prices, Table<bigint, 'prices'>>>()
expectType<Equal<ValueOf<typeof words>, string>>()
expectType<Equal<ValueOf<typeof prices>, bigint>>()

// @ts-expect-error: a table is not an input
defineGroup('table-as-input').input(prices, () => {})
// @ts-expect-error: a stream is not joined
defineGroup('stream-as-join').join(words)
// @ts-expect-error: a table is not an output
defineGroup('table-as-output').output(prices)

// A group keeps one table.
const counter = defineGroup('counter')
  .persist(int64)
  .input(words, () => {})
expectType<Equal<typeof counter.name, 'counter'>>()
expectType<Equal<typeof counter.table, Table<bigint, 'counter-table'>>>()
// @ts-expect-error: there is a table already
defineGroup('twice').persist(int64).persist(string)
// @ts-expect-error: there is a table already, other declarations or not
defineGroup('twice-later').persist(int64).output(words).join(prices).persist(int64)

// A group without persist has no table.
const stateless = defineGroup('stateless').input(words, () => {})
expectType<Equal<typeof stateless.table, undefined>>()
// @ts-expect-error: there is no table to view
goka.view(stateless.table)

// What is made from a group or a descriptor carries its types.
const processor = goka.processor(counter)
expectType<Equal<typeof processor, Processor<bigint>>>()
expectType<Equal<ReturnType<typeof processor.get>, Promise<bigint | undefined>>>()

const view = goka.view(counter.table)
expectType<Equal<typeof view, View<bigint>>>()
expectType<Equal<ReturnType<typeof view.get>, Promise<bigint | undefined>>>()
expectType<
  Equal<
    ReturnType<typeof view.entries>,
    AsyncGenerator<[key: string, value: bigint], void, undefined>
  >
>()

const statelessProcessor = goka.processor(stateless)
expectType<Equal<typeof statelessProcessor, Processor<never>>>()

const emitter = goka.emitter(words)
expectType<Equal<typeof emitter, Emitter<string>>>()
void emitter.emit('key', 'value')
void emitter.emit('key', null)
// @ts-expect-error: not of the stream's type
void emitter.emit('key', 1n)
// @ts-expect-error: undefined is no value
void emitter.emit('key', undefined)

const events = goka.emitter(stream('events', json<{ readonly id: number }>()))
void events.emit('key', { id: 1 })
// @ts-expect-error: not of the stream's type
void events.emit('key', { id: '1' })
