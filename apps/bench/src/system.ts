import type { Job } from './job.ts'
import type { Command } from './programs.ts'
import type { SystemName } from './row.ts'

/** Somebody who can be measured: a set of programs. */
export interface System {
  readonly name: SystemName
  /**
   * Builds what has to be built, once.
   * @throws GokaError `BENCH_SYSTEM_MISSING`
   */
  prepare(): Promise<void>
  /** How one of its programs is started, once it is prepared. */
  command(program: string, job: Job): Command
}
