import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import type { Writable } from 'node:stream'

/** What to run, and what to leave behind. */
export interface JvmOptions {
  readonly java: string
  readonly args: readonly string[]
  /** Receives both output streams; appended to. */
  readonly logPath: string
  /** Removed when this process dies and the JVM with it. */
  readonly temporaryPath: string | undefined
}

/** How a JVM ended. */
export interface JvmExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A Java process that never outlives this one. */
export interface Jvm {
  readonly pid: number
  /** Resolves when the process has ended, however it did. */
  readonly exited: Promise<JvmExit>
  /** Nothing happens when it has ended. */
  kill(signal: NodeJS.Signals): void
}

/**
 * The shell forks a watcher and becomes Java, which keeps its process id. The watcher reads from a pipe whose other end
 * only this Node process holds. When Node dies, by SIGKILL too, the system closes the pipe, the read fails and Java is
 * killed. A line in the pipe instead lets the watcher go: Java has ended and its process id may soon be another's.
 */
const watched = `
temporary=$1
shift
{
  read -r line <&3 || {
    kill -KILL $$
    if [ -n "$temporary" ]; then rm -rf -- "$temporary"; fi
  }
} </dev/null >/dev/null 2>&1 &
exec "$@" 3<&-
`

/** Starts a Java process; resolves when it runs, which says nothing about the program in it. */
export async function startJvm(options: JvmOptions): Promise<Jvm> {
  const log = openSync(options.logPath, 'a')
  let child: ChildProcess
  try {
    const { java, args, temporaryPath = '' } = options
    child = spawn('/bin/sh', ['-c', watched, 'kafka', temporaryPath, java, ...args], {
      stdio: ['ignore', log, log, 'pipe'],
      // Out of reach of the terminal's ctrl-c: whoever started the broker stops it.
      detached: true,
    })
  } finally {
    closeSync(log)
  }
  const exited = new Promise<JvmExit>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve({ code, signal })
    })
  })
  await once(child, 'spawn')
  const kill = (signal: NodeJS.Signals): void => {
    child.kill(signal)
  }
  const killAtExit = (): void => {
    kill('SIGKILL')
  }
  process.on('exit', killAtExit)
  void exited.then(() => {
    process.off('exit', killAtExit)
    const pipe = child.stdio[3] as Writable
    // The watcher may be gone already, killed by hand.
    pipe.on('error', () => undefined)
    pipe.end('\n')
  })
  return { pid: child.pid as number, exited, kill }
}
