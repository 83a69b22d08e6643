import { readFileSync } from 'node:fs'

/** What processes have used since they were started. */
export interface Usage {
  readonly cpuSeconds: number
  /** The most memory that each had, added up. */
  readonly rssMb: number
}

/** Linux counts in hundredths of a second, whatever its own clock does (USER_HZ, proc(5)). */
const ticksPerSecond = 100

/** What these processes have used; `undefined` when one has ended or the system has no `/proc`. */
export function usageOf(pids: readonly number[]): Usage | undefined {
  try {
    let cpuSeconds = 0
    let rssMb = 0
    for (const pid of pids) {
      // After the name, which is in brackets and may contain anything: state is field 3, utime 14, stime 15.
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      cpuSeconds += (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
      const status = readFileSync(`/proc/${pid}/status`, 'latin1')
      const peak = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]
      if (peak === undefined) return undefined
      rssMb += (Number(peak) * 1024) / 1e6
    }
    return { cpuSeconds, rssMb }
  } catch {
    return undefined
  }
}
