import type { Plan } from './plan.ts'
import { type Hop, LOOP, TICKS, type Tick } from './topics.ts'

/** What a record without a value adds to the value of its key, where those are processed. */
export function nilWord(topic: string, offset: number): string {
  return `${topic === TICKS ? 'none' : 'nil'}${offset}`
}

/** What a record adds to the value of its key. */
export function wordOf(topic: string, value: string): string {
  if (topic === TICKS) {
    const { kind, number } = JSON.parse(value) as Tick
    return `${kind}${number}`
  }
  return topic === LOOP ? (JSON.parse(value) as Hop).word : value
}

/** The words of a key after a record: those since the last `delete`. */
export function after(words: string | undefined, word: string): string | undefined {
  if (word.startsWith('delete')) return undefined
  return words === undefined ? word : `${words} ${word}`
}

/** Whether a record's callback fails for good, so that the record has no effect. */
export function isPoison(word: string, { failure }: Plan): boolean {
  return failure !== 'fail' && isFaulty(word)
}

/** Whether a record's callback fails again and again. */
export function isFaulty(word: string): boolean {
  return word.startsWith('poison') || (word.startsWith('trap') && word.includes('>'))
}

/** What a record sends through the loop, if it does: `hop` three times on and on, `trap` once, where it fails. */
export function nextHop(word: string): string | undefined {
  const [origin, hops = '0'] = word.split('>') as [string, string?]
  const limit = origin.startsWith('hop') ? 3 : origin.startsWith('trap') ? 1 : 0
  return Number(hops) < limit ? `${origin}>${Number(hops) + 1}` : undefined
}

/** The key that a hop goes to. */
export function targetOf(word: string, keys: readonly string[]): string {
  return keys[hash(word) % keys.length] as string
}

/** The words without what visits have added. */
export function withoutMarks(words: string): string {
  return words
    .split(' ')
    .filter((word) => !word.startsWith('mark'))
    .join(' ')
}

/** The value of the table for words, with the number of the call that wrote it. */
export function stamped(words: string, call: number): string {
  return `${words}#${call}`
}

/** The words of a value of the table. */
export function wordsIn(value: string): string
export function wordsIn(value: string | undefined): string | undefined
export function wordsIn(value: string | undefined): string | undefined {
  return value?.replace(/#\d+$/, '')
}

/** The number of the call that wrote a value of the table. */
export function callOf(value: string): number {
  return Number(value.slice(value.lastIndexOf('#') + 1))
}

export function hash(text: string): number {
  let state = 2166136261
  for (const char of text) state = Math.imul(state ^ char.charCodeAt(0), 16777619)
  return state >>> 0
}
