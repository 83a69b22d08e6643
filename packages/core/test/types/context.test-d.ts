/* eslint @typescript-eslint/no-unused-vars: off, @typescript-eslint/no-unsafe-call: off, @typescript-eslint/no-floating-promises: off -- types are what is tested */
// What a callback sees is what the group has declared. Nothing here runs: it compiles, or the build fails.
import { int64, json, string } from '@goka/codecs'
import { type Context, defineGroup, stream, type Table, table } from '@goka/core'
import type { Awaitable, Headers, Logger } from '@goka/interface'
import { type Equal, expectType } from './equal.ts'

interface Click {
  readonly page: string
}
interface Profile {
  readonly name: string
}

const words = stream('words', string)
const clicks = stream('clicks', json<Click>())
const sales = stream('sales', int64)
const profiles = table('profiles', json<Profile>())
const prices = table('prices', int64)

// The message is of the stream's type.
defineGroup('messages')
  .input(words, (_ctx, message) => {
    expectType<Equal<typeof message, string>>()
  })
  .input(clicks, (_ctx, message) => {
    expectType<Equal<typeof message, Click>>()
  })
  .inputs([sales], (_ctx, message) => {
    expectType<Equal<typeof message, bigint>>()
  })
  // @ts-expect-error: a callback for another type of message
  .input(stream('more-words', string), (_ctx, _message: bigint) => {})

// What every callback has.
defineGroup('records').input(words, (ctx) => {
  expectType<Equal<typeof ctx.key, string>>()
  expectType<Equal<typeof ctx.topic, string>>()
  expectType<Equal<typeof ctx.partition, number>>()
  expectType<Equal<typeof ctx.offset, number>>()
  expectType<Equal<typeof ctx.timestamp, number>>()
  expectType<Equal<typeof ctx.headers, Headers>>()
  expectType<Equal<typeof ctx.log, Logger>>()
  expectType<Equal<typeof ctx.signal, AbortSignal>>()
  expectType<Equal<ReturnType<typeof ctx.deferCommit>, (error?: unknown) => void>>()
  // @ts-expect-error: the record is not to be changed
  ctx.key = 'other'
})

// The state is of the codec's type.
defineGroup('state')
  .persist(int64)
  .input(words, (ctx) => {
    expectType<Equal<ReturnType<typeof ctx.value>, bigint | undefined>>()
    ctx.setValue(1n)
    ctx.update((value) => {
      expectType<Equal<typeof value, bigint | undefined>>()
      return undefined
    })
    ctx.delete()
    // @ts-expect-error: not of the state's type
    ctx.setValue('1')
    // @ts-expect-error: undefined is no value
    ctx.setValue(undefined)
    // @ts-expect-error: null is no value
    ctx.setValue(null)
    // @ts-expect-error: not of the state's type
    ctx.update(() => 1)
  })

// Without persist there is no state.
defineGroup('no-state').input(words, (ctx) => {
  // @ts-expect-error: needs persist
  ctx.value()
  // @ts-expect-error: needs persist
  ctx.setValue('x')
  // @ts-expect-error: needs persist
  ctx.delete()
  // @ts-expect-error: needs persist
  ctx.update(() => undefined)
})

// A callback sees what was declared before it.
defineGroup('order')
  .input(words, (ctx) => {
    // @ts-expect-error: persist comes later
    ctx.value()
  })
  .persist(int64)
  .input(clicks, (ctx) => {
    ctx.value()
  })

// Joins and lookups are of their table's type.
defineGroup('tables')
  .join(profiles)
  .lookup(prices)
  .input(words, async (ctx) => {
    expectType<Equal<ReturnType<typeof ctx.join<typeof profiles>>, Profile | undefined>>()
    const joined = ctx.join(profiles)
    expectType<Equal<typeof joined, Profile | undefined>>()
    const looked = ctx.lookup(prices, 'apple')
    expectType<Equal<typeof looked, Awaitable<bigint | undefined>>>()
    const price = await looked
    expectType<Equal<typeof price, bigint | undefined>>()
    // @ts-expect-error: declared for lookup, not for join
    ctx.join(prices)
    // @ts-expect-error: declared for join, not for lookup
    ctx.lookup(profiles, 'x')
  })

// Two joined tables keep their types apart; a third one of the same type is refused by its name.
defineGroup('two-tables')
  .join(profiles)
  .join(prices)
  .input(words, (ctx) => {
    const profile = ctx.join(profiles)
    const price = ctx.join(prices)
    expectType<Equal<typeof profile, Profile | undefined>>()
    expectType<Equal<typeof price, bigint | undefined>>()
    // @ts-expect-error: another table with the same type of values
    ctx.join(table('other-prices', int64))
  })

defineGroup('no-tables').input(words, (ctx) => {
  // @ts-expect-error: needs join
  ctx.join(profiles)
  // @ts-expect-error: needs lookup
  ctx.lookup(prices, 'x')
})

// Outputs take what their stream carries.
defineGroup('outputs')
  .output(sales)
  .output(clicks)
  .input(words, (ctx, message) => {
    ctx.emit(sales, ctx.key, 3n)
    ctx.emit(sales, ctx.key, null)
    ctx.emit(clicks, ctx.key, { page: message }, { headers: [], timestampMs: 1 })
    // @ts-expect-error: a value of the other output
    ctx.emit(sales, ctx.key, { page: message })
    // @ts-expect-error: not declared
    ctx.emit(words, ctx.key, message)
    // @ts-expect-error: undefined is no value
    ctx.emit(sales, ctx.key, undefined)
    // @ts-expect-error: not declared, although of the same type
    ctx.emit(stream('other-sales', int64), ctx.key, 3n)
    // @ts-expect-error: a key is a string
    ctx.emit(sales, 7, 3n)
  })

defineGroup('no-outputs').input(words, (ctx) => {
  // @ts-expect-error: needs output
  ctx.emit(sales, 'x', 1n)
  // @ts-expect-error: needs loop
  ctx.loopback('x', 1n)
})

// The loop's messages are of its codec's type, in its own callback and in those after it.
defineGroup('loop')
  .loop(json<Click>(), (ctx, message) => {
    expectType<Equal<typeof message, Click>>()
    ctx.loopback('x', { page: message.page })
  })
  .input(words, (ctx, message) => {
    ctx.loopback(ctx.key, { page: message })
    // @ts-expect-error: not a message of the loop
    ctx.loopback(ctx.key, message)
    // @ts-expect-error: a loop carries no tombstones
    ctx.loopback(ctx.key, null)
  })

// A record without a value is undefined where the input processes them, and only there.
defineGroup('nil')
  .input(
    words,
    (_ctx, message) => {
      expectType<Equal<typeof message, string | undefined>>()
    },
    { nil: 'process' },
  )
  .input(
    clicks,
    (_ctx, message) => {
      expectType<Equal<typeof message, Click>>()
    },
    { nil: 'ignore', initialOffset: 'latest' },
  )
  .input(
    sales,
    (_ctx, message) => {
      expectType<Equal<typeof message, bigint>>()
    },
    { nil: 'decode' },
  )

// A callback that wants a value is not given records without one.
// @ts-expect-error: the message may be undefined
defineGroup('nil-unseen').input(words, (_ctx, _message: string) => {}, { nil: 'process' })
// @ts-expect-error: the message may be undefined
defineGroup('nil-unseen').inputs([words], (_ctx, _message: string) => {}, { nil: 'process' })
// @ts-expect-error: a loop carries values
defineGroup('nil-loop').loop(string, () => {}, { nil: 'process' })

defineGroup('nil-of-several')
  .inputs(
    [words, stream('more-words', string)],
    (_ctx, message) => {
      expectType<Equal<typeof message, string | undefined>>()
    },
    { nil: 'process' },
  )
  .inputs([stream('other-words', string)], (_ctx, message) => {
    expectType<Equal<typeof message, string>>()
  })

// Visitors see the state; their message is what they say it is.
defineGroup('visitors')
  .persist(int64)
  .visitor('raise', (ctx, by: bigint) => {
    ctx.setValue((ctx.value() ?? 0n) + by)
  })

// The context can be named, for callbacks that stand apart from their group.
type Named = Context<{
  state: bigint
  join: Table<Profile, 'profiles'>
  lookup: never
  output: never
  loop: never
}>
function apart(ctx: Named, message: string): void {
  expectType<Equal<ReturnType<typeof ctx.value>, bigint | undefined>>()
  ctx.setValue(BigInt(message))
  ctx.join(profiles)
  // @ts-expect-error: not declared
  ctx.loopback('x', 1)
}
defineGroup('apart').persist(int64).join(profiles).input(words, apart)

// A callback may be asynchronous, and returns nothing else.
defineGroup('async').input(words, async (ctx) => {
  await Promise.resolve(ctx.key)
})
