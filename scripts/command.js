import { spawn, spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's folder; every command runs here unless told otherwise. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * Runs a command to its end and resolves to its exit code, 128 + n for signal n as shells do.
 * SIGINT, SIGTERM and SIGHUP are passed on, so that a child ends in its own way and never outlives this process.
 * `quiet` holds the output back and prints it only if the command fails.
 */
export function run(command, args, { cwd = root, env = process.env, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: quiet ? 'pipe' : 'inherit' })
    const output = []
    child.stdout?.on('data', (chunk) => output.push(chunk))
    child.stderr?.on('data', (chunk) => output.push(chunk))
    const forward = (signal) => child.kill(signal)
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    for (const signal of signals) process.on(signal, forward)
    const settle = (finish) => {
      for (const signal of signals) process.off(signal, forward)
      finish()
    }
    child.once('error', (error) => settle(() => reject(error)))
    child.once('close', (code, signal) => {
      const exitCode = code ?? 128 + (signalNumbers[signal] ?? 0)
      if (exitCode !== 0) process.stderr.write(Buffer.concat(output))
      settle(() => resolve(exitCode))
    })
  })
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

const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }
