import type { Session } from './session.ts'

/** Something that can be measured. */
export interface Bench {
  readonly name: string
  /** What is measured, and with how much, in a line or two. */
  readonly about: string
  run(session: Session): Promise<void>
}
