import type { Wrapping } from './wrapping.ts'

/** A transport with one defect, and the tests that have to find it. */
export interface TransportMutant {
  readonly defect: string
  readonly foundBy: readonly string[]
  /** Makes the wrapping of all transports of a cluster: what they share is made here. */
  readonly wrapping: () => Wrapping
  /** How the group passes on partitions. Default `'incremental'`. */
  readonly rebalance?: 'incremental' | 'eager'
}

export function mutant(
  defect: string,
  foundBy: string | readonly string[],
  wrapping: Wrapping | (() => Wrapping),
): TransportMutant {
  return {
    defect,
    foundBy: typeof foundBy === 'string' ? [foundBy] : foundBy,
    wrapping: typeof wrapping === 'function' ? wrapping : () => wrapping,
  }
}

/** Waits until everything that is ready has been done. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** `action`, or `otherwise` when it fails with one of the codes. */
export async function unless<T>(
  codes: readonly string[],
  action: () => Promise<T>,
  otherwise: () => T | Promise<T>,
): Promise<T> {
  try {
    return await action()
  } catch (error) {
    if (codes.includes((error as { code?: string }).code ?? '')) return otherwise()
    throw error
  }
}
