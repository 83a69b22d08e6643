/** How deep facts are copied; what is deeper becomes text. */
const DEPTH = 5

/** A copy of the facts of a log line that can be sent to another process: errors keep their code, details and cause. */
export function plainFacts(facts: unknown): Record<string, unknown> {
  const plain = plainValue(facts, DEPTH)
  return typeof plain === 'object' && plain !== null && !Array.isArray(plain)
    ? (plain as Record<string, unknown>)
    : { value: plain }
}

function plainValue(value: unknown, depth: number): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date || value instanceof Uint8Array) return value
  if (depth === 0) return Array.isArray(value) ? '[Array]' : '[Object]'
  try {
    if (Array.isArray(value)) return value.map((each) => plainValue(each, depth - 1))
    const named = 'stack' in value && 'message' in value ? errorFields(value) : {}
    const entries = Object.entries({ ...named, ...value })
    return Object.fromEntries(entries.map(([key, each]) => [key, plainValue(each, depth - 1)]))
  } catch {
    // A getter that throws: a log line never does.
    return '[Unreadable]'
  }
}

/** What an error has that copies by fields leave out. */
function errorFields(error: object): object {
  const { name, message, stack, cause } = error as Partial<Error>
  return { name, message, stack, ...(cause !== undefined && { cause }) }
}
