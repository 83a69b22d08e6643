/** Keys for a test: enough to be in every partition. */
export const keys: readonly string[] = Array.from({ length: 200 }, (_, index) => `key-${index}`)

/** What a table has to hold when each key was emitted `count` times, in the order of a view. */
export function counts(count: number): readonly (readonly [string, string])[] {
  return [...keys].sort().map((key) => [key, `${count}`])
}
