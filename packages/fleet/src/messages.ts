import type { ProcessorReport, ProcessorState } from '@goka/core'

/** Tells a process which member it is: JSON of {@link Membership}. */
export const MEMBERSHIP_VARIABLE = 'GOKA_FLEET_MEMBER'

/** What a member is told at its start. */
export interface Membership {
  readonly index: number
  readonly processes: number
  /** How long it may take to stop when its parent is gone. */
  readonly stopTimeoutMs: number
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** What a member tells its parent. */
export type FromMember =
  /** It listens: it can be asked. */
  | { readonly goka: 'hello' }
  | { readonly goka: 'state'; readonly state: ProcessorState }
  /** Its program has failed with this error, as plain facts. */
  | { readonly goka: 'failed'; readonly error: Readonly<Record<string, unknown>> }
  | {
      readonly goka: 'log'
      readonly level: LogLevel
      readonly facts: Readonly<Record<string, unknown>>
      readonly message: string | undefined
    }
  | {
      readonly goka: 'report'
      readonly processor: ProcessorReport | undefined
      readonly rssBytes: number
      readonly cpuMs: number
    }

/** What a parent asks of a member. */
export type ToMember = { readonly goka: 'stop' } | { readonly goka: 'report' }

/** Whether a message is one of ours: programs may send others. */
export function isOurs(message: unknown): message is { readonly goka: string } {
  return typeof message === 'object' && message !== null && 'goka' in message
}
