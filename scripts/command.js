import { spawn, spawnSync } from 'node:child_process'
import { constants } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's folder; every command runs here unless told otherwise. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * Runs a command to its end and resolves to its exit code, 128 + n for signal n as shells do.
 * SIGINT, SIGTERM and SIGHUP are passed on, so that a child ends in its own way and never outlives this process.
 * `quiet` holds the output back and prints it only if the command fails; into `output`, an array, goes what would be printed.
 * `tree` is for a program that starts others and does not pass signals on: all of them get the signal. `timeoutMs` bounds
 * such a tree.
 */
export function run(command, args, options = {}) {
  const { cwd = root, env = process.env, quiet = false, tree = false, timeoutMs } = options
  const { output } = options
  return new Promise((resolve, reject) => {
    const stdio =
      quiet || output
        ? ['ignore', 'pipe', 'pipe']
        : [tree ? 'ignore' : 'inherit', 'inherit', 'inherit']
    const child = spawn(command, args, { cwd, env, stdio, detached: tree })
    const held = []
    child.stdout?.on('data', (chunk) => held.push(chunk))
    child.stderr?.on('data', (chunk) => held.push(chunk))

    const forward = (signal) => (tree ? signalGroup(child.pid, signal) : child.kill(signal))
    const deadline = timeoutMs && setTimeout(expire, timeoutMs)
    function expire() {
      console.error(
        `${args.join(' ')} has not ended after ${timeoutMs / 60_000} minutes: killing it`,
      )
      forward('SIGKILL')
    }
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    for (const signal of signals) process.on(signal, forward)
    const settle = (finish) => {
      clearTimeout(deadline)
      for (const signal of signals) process.off(signal, forward)
      finish()
    }
    child.once('error', (error) => settle(() => reject(error)))
    child.once('close', (code, signal) => {
      const exitCode = code ?? 128 + (constants.signals[signal] ?? 0)
      if (output && (exitCode !== 0 || !quiet)) output.push(...held)
      else if (exitCode !== 0) process.stderr.write(Buffer.concat(held))
      settle(() => resolve(exitCode))
    })
  })
}

function signalGroup(leader, signal) {
  try {
    process.kill(-leader, signal)
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}

/** Runs a node program, given by path, with arguments. */
export function runNode(args, options) {
  return run(process.execPath, args, options)
}

/** What a command prints on both streams, or undefined if it cannot be started or fails. */
export function capture(command, args, options = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    ...options,
  })
  return status === 0 ? `${stdout}${stderr}`.trim() : undefined
}
