import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { GokaError } from '@goka/interface'
import type {} from '../errors.ts'
import type { SystemName } from '../row.ts'

const run = promisify(execFile)
const cachePath = fileURLToPath(new URL('../../../../.cache/bench', import.meta.url))
const buildTimeoutMs = 900_000

/** The sources of a peer. */
export function peerPath(name: string): string {
  return fileURLToPath(new URL(`../../peers/${name}`, import.meta.url))
}

/** A command of a build, with the folder that it runs in. */
export interface Step {
  readonly tool: string
  readonly args: readonly string[]
  readonly cwd?: string
}

/**
 * Builds a peer, unless it was built from the same sources before; resolves to the folder with what was built.
 * @throws GokaError `BENCH_SYSTEM_MISSING`
 */
export async function build(
  system: SystemName,
  steps: (sources: string, target: string) => readonly Step[],
): Promise<string> {
  const sources = peerPath(system)
  const target = join(cachePath, `${system}-${await fingerprint(sources)}`)
  const done = join(target, '.built')
  if (existsSync(done)) return target
  await rm(target, { recursive: true, force: true })
  await mkdir(target, { recursive: true })
  for (const { tool, args, cwd } of steps(sources, target)) {
    await runTool(system, tool, args, cwd ?? sources)
  }
  await writeFile(done, '')
  return target
}

/**
 * Runs a tool to its end.
 * @throws GokaError `BENCH_SYSTEM_MISSING` when it is not there or fails
 */
export async function runTool(
  system: SystemName,
  tool: string,
  args: readonly string[],
  cwd: string,
): Promise<void> {
  try {
    await run(tool, [...args], { cwd, timeout: buildTimeoutMs, maxBuffer: 1 << 26 })
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as Failure
    throw missing(
      system,
      code === 'ENOENT'
        ? `"${tool}" is not on the PATH`
        : `${tool} failed: ${complaint(`${stdout}${stderr}`)}`,
    )
  }
}

interface Failure {
  readonly code?: unknown
  readonly stdout?: string
  readonly stderr?: string
}

/** The lines in which a tool says what is wrong, or else the last that it has printed. */
function complaint(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  const errors = lines.filter((line) => /error/i.test(line)).slice(0, 2)
  return (errors.length > 0 ? errors : lines.slice(-2)).join(' ')
}

/** A system cannot take part. */
export function missing(system: SystemName, reason: string): GokaError {
  return new GokaError('BENCH_SYSTEM_MISSING', `${system} cannot be built here: ${reason}`, {
    system,
    reason,
  })
}

async function fingerprint(path: string): Promise<string> {
  const hash = createHash('sha256')
  const files = await readdir(path, { recursive: true, withFileTypes: true })
  const paths = files
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name))
  for (const file of paths.sort()) hash.update(file.slice(path.length)).update(await readFile(file))
  return hash.digest('hex').slice(0, 12)
}
