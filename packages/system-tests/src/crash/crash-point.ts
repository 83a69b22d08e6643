/** The steps of a commit at which a member can be killed, in their order. */
export const crashSteps = {
  'at-least-once': [
    'before send',
    'after send',
    'before offsets',
    'after offsets',
    'before store',
    'after store',
  ],
  'exactly-once': [
    'before begin',
    'after begin',
    'before send',
    'after send',
    'before commit',
    'after commit',
    'before store',
    'after store',
  ],
} as const

export type CrashStep = (typeof crashSteps)[keyof typeof crashSteps][number]

/** Kills its own process with SIGKILL when a step is reached for the nth time; does nothing without a plan. */
export class CrashPoint {
  readonly #plan: CrashPlan | undefined
  #reached = 0

  constructor(plan: CrashPlan | undefined) {
    this.#plan = plan
  }

  reach(step: CrashStep): void {
    if (this.#plan?.step !== step) return
    this.#reached++
    if (this.#reached >= this.#plan.occurrence) process.kill(process.pid, 'SIGKILL')
  }
}

/** Where a member is killed. */
export interface CrashPlan {
  readonly step: CrashStep
  readonly occurrence: number
}
