import { type Codec, GokaError } from '@goka/interface'

/** The error for an option that cannot be used. */
export function invalidOption(option: string, expected: string, received: unknown): GokaError {
  return new GokaError(
    'GOKA_OPTION_INVALID',
    `option "${option}" must be ${expected}, received ${show(received)}`,
    { option, expected, received: show(received) },
  )
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80))
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return `${value}`
  return typeof value
}

/** Checks that all keys of an options object are known, so that a typing error does not pass for a default. */
export function checkKnown(name: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw invalidOption(name, 'an object', options)
  }
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      throw invalidOption(`${name}.${key}`, `one of ${known.join(', ')}`, key)
    }
  }
}

/** A whole number in a range, or the default. */
export function checkInteger(
  option: string,
  value: number | undefined,
  fallback: number,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): number {
  if (value === undefined) return fallback
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
    throw invalidOption(option, `a whole number ${range}`, value)
  }
  return value
}

/** A duration in milliseconds, or the default; `Infinity` where there need be no end. */
export function checkDuration(
  option: string,
  value: number | undefined,
  fallback: number,
  min: number = 0,
): number {
  if (value === undefined) return fallback
  if (typeof value !== 'number' || Number.isNaN(value) || value < min) {
    throw invalidOption(option, `a number of milliseconds of at least ${min}`, value)
  }
  return value
}

/** One of some words, or the default. */
export function checkWord<Word extends string>(
  option: string,
  value: Word | undefined,
  fallback: Word,
  words: readonly Word[],
): Word {
  if (value === undefined) return fallback
  if (!words.includes(value)) {
    throw invalidOption(option, `one of ${words.map((word) => `"${word}"`).join(', ')}`, value)
  }
  return value
}

/** A function. */
export function checkFunction<F>(option: string, value: F): F {
  if (typeof value !== 'function') throw invalidOption(option, 'a function', value)
  return value
}

/** Something with these functions. */
export function checkMethods<T extends object>(
  option: string,
  value: T,
  methods: readonly (keyof T & string)[],
): T {
  const missing = methods.find((name) => typeof value?.[name] !== 'function')
  if (missing === undefined) return value
  throw invalidOption(option, `an object with ${methods.join(', ')}`, value)
}

/** Text that is not empty, or the default. */
export function checkText<Fallback extends string | undefined>(
  option: string,
  value: string | undefined,
  fallback: Fallback,
): string | Fallback {
  if (value === undefined) return fallback
  if (typeof value !== 'string' || value === '') {
    throw invalidOption(option, 'text that is not empty', value)
  }
  return value
}

/** Yes or no, or the default. */
export function checkFlag(option: string, value: boolean | undefined, fallback: boolean): boolean {
  if (value === undefined) return fallback
  if (typeof value !== 'boolean') throw invalidOption(option, 'true or false', value)
  return value
}

const TOPIC_NAME = /^[a-zA-Z0-9._-]{1,249}$/

/** A name that Kafka allows for a topic: 1 to 249 of letters, digits, `.`, `_` and `-`. */
export function checkTopic<Topic extends string>(option: string, topic: Topic): Topic {
  if (typeof topic !== 'string' || !TOPIC_NAME.test(topic) || topic === '.' || topic === '..') {
    throw invalidOption(option, 'a topic name (1 to 249 letters, digits, ".", "_" or "-")', topic)
  }
  return topic
}

/** Something with the two functions of a codec. */
export function checkCodec<T>(option: string, codec: Codec<T>): Codec<T> {
  if (
    typeof codec !== 'object' ||
    codec === null ||
    typeof codec.encode !== 'function' ||
    typeof codec.decode !== 'function'
  ) {
    throw invalidOption(option, 'a codec (an object with encode and decode)', codec)
  }
  return codec
}
