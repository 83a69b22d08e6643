import type { Awaitable } from '@goka/interface'

/** Whether a value comes later. Not by `instanceof`: a promise may come from another realm. */
export function isLater<T>(value: Awaitable<T>): value is Promise<T> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { readonly then?: unknown }).then === 'function'
  )
}
