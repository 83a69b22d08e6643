/** So many digits are always a number that a double holds exactly. */
const EXACT_DIGITS = 15

const PLUS = 0x2b
const MINUS = 0x2d
const ZERO = 0x30

/**
 * The number that `bytes` tell in decimal ASCII, with a sign or without, as Go's `strconv.ParseInt` takes it; NaN when
 * they do not or when they have too many digits for this way, which makes no string.
 */
export function shortDecimal(bytes: Uint8Array): number {
  const sign = bytes[0]
  const start = sign === MINUS || sign === PLUS ? 1 : 0
  const { length } = bytes
  if (length === start || length - start > EXACT_DIGITS) return Number.NaN
  let number = 0
  for (let i = start; i < length; i++) {
    const digit = (bytes[i] as number) - ZERO
    if (digit < 0 || digit > 9) return Number.NaN
    number = number * 10 + digit
  }
  return sign === MINUS ? 0 - number : number
}

/** The same without a limit, as a text of digits that may begin with a minus; `undefined` when it is no such number. */
export function longDecimal(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString('latin1')
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined
  return text.startsWith('+') ? text.slice(1) : text
}
