import type { ProcessorReport, ProcessorState, StateReader } from '@goka/core'
import { type Logger, silentLogger } from '@goka/interface'
import type { Membership } from './messages.ts'
import { ParentLink, takeMembership } from './parent-link.ts'
import { plainFacts } from './plain-facts.ts'

/** What a member is told. */
export interface Member {
  /** Which member it is, from 0; the same again when its process is started anew: for the path of its stores and its `instanceId`. */
  readonly index: number
  /** How many there are; 1 without a fleet. */
  readonly processes: number
  /** Where to log to: the logger of the fleet. Without a fleet the one that `runMember` was given. */
  readonly log: Logger
  /** Aborted when the member has to stop: for what the program does besides its processor. */
  readonly signal: AbortSignal
}

/** What a member runs: a processor of `@goka/core` is one. */
export interface MemberProcessor {
  readonly state: Pick<StateReader<ProcessorState>, 'onChange'>
  run(options: { readonly signal: AbortSignal }): Promise<void>
  report(): ProcessorReport
}

/** What `runMember` may be given. */
export interface RunMemberOptions {
  /** Where to log to without a fleet. Default: nowhere. */
  readonly log?: Logger
}

/**
 * Runs the processor that `make` returns, as a member of the fleet that has started this process: until the fleet stops
 * it, or is gone. Without a fleet it runs until SIGINT or SIGTERM. Rejects with what `make` or `run` reject with, which ends
 * the program when it is awaited at its top.
 */
export async function runMember(
  make: (member: Member) => MemberProcessor | Promise<MemberProcessor>,
  options: RunMemberOptions = {},
): Promise<void> {
  const membership = takeMembership()
  if (membership === undefined) await runAlone(make, options.log ?? silentLogger)
  // Otherwise the fleet was gone before the program was loaded.
  else if (process.connected) await runUnderFleet(make, membership)
}

async function runAlone(make: Make, log: Logger): Promise<void> {
  const stop = new AbortController()
  const { signal } = stop
  const abort = (): void => stop.abort()
  process.once('SIGINT', abort).once('SIGTERM', abort)
  try {
    const processor = await make({ index: 0, processes: 1, log, signal })
    await processor.run({ signal })
  } finally {
    process.off('SIGINT', abort).off('SIGTERM', abort)
  }
}

async function runUnderFleet(make: Make, membership: Membership): Promise<void> {
  const { index, processes, stopTimeoutMs } = membership
  const stop = new AbortController()
  const { signal } = stop
  const abort = (): void => stop.abort()
  let processor: MemberProcessor | undefined
  const link = new ParentLink({
    stop: abort,
    gone: () => {
      // Nobody else is left to end a process that does not come to its end.
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), stopTimeoutMs).unref()
      abort()
    },
    report: () => {
      const { user, system } = process.cpuUsage()
      link.tell({
        goka: 'report',
        processor: processor?.report(),
        rssBytes: process.memoryUsage.rss(),
        cpuMs: (user + system) / 1_000,
      })
    },
  })
  process.once('SIGTERM', abort)
  // Ctrl-c in a terminal reaches the members too: what it means is for the parent to say.
  process.on('SIGINT', ignore)
  try {
    link.tell({ goka: 'hello' })
    processor = await make({ index, processes, log: link.logger(), signal })
    processor.state.onChange((state) => link.tell({ goka: 'state', state }))
    await processor.run({ signal })
  } catch (error) {
    link.tell({ goka: 'failed', error: plainFacts(error) })
    throw error
  } finally {
    process.off('SIGTERM', abort).off('SIGINT', ignore)
    await link.close()
  }
}

type Make = Parameters<typeof runMember>[0]

function ignore(): void {}
