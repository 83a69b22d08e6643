import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { GokaError } from '@goka/interface'
import type {} from './errors.ts'

const run = promisify(execFile)

const pomPath = fileURLToPath(new URL('../pom.xml', import.meta.url))
/** In the repository, so that a clean checkout is a clean start; ignored by git. */
export const defaultCachePath: string = fileURLToPath(
  new URL('../../../.cache/kafka', import.meta.url),
)
/** 45 MB over a slow line. */
const fetchTimeoutMs = 600_000

/** Where Apache Kafka is looked for, and put. */
export interface DistributionOptions {
  /** Holds one folder a version. Default: `.cache/kafka` in the repository. */
  readonly cachePath?: string
  /** What Maven runs with. Default: this process's. */
  readonly env?: NodeJS.ProcessEnv
}

/**
 * The folder with the jars of Apache Kafka, in the version that `pom.xml` names; Maven fetches them the first time.
 * Safe in several processes at once: each fetches into a folder of its own, and the first to finish gives it its name.
 * @throws GokaError `KAFKA_BROKER_TOOL_MISSING` without Maven, `KAFKA_BROKER_FETCH_FAILED`
 */
export async function kafkaDistribution(options: DistributionOptions = {}): Promise<string> {
  const cachePath = options.cachePath ?? defaultCachePath
  const version = await kafkaVersion()
  const path = join(cachePath, version)
  if (existsSync(path)) return path
  await mkdir(cachePath, { recursive: true })
  const staging = await mkdtemp(join(cachePath, '.fetch-'))
  try {
    await copyJars(staging, version, options.env ?? process.env)
    await rename(staging, path)
  } catch (error) {
    if (!isTaken(error)) throw error
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
  return path
}

/** The version of Apache Kafka that `pom.xml` names. */
export async function kafkaVersion(): Promise<string> {
  const pom = await readFile(pomPath, 'utf8')
  const version = /<kafka\.version>([^<]+)</.exec(pom)?.[1]
  if (version !== undefined) return version
  throw new GokaError(
    'KAFKA_BROKER_FETCH_FAILED',
    'pom.xml names no kafka.version: add the property',
    { version: '', output: '' },
  )
}

async function copyJars(folder: string, version: string, env: NodeJS.ProcessEnv): Promise<void> {
  const args = ['--batch-mode', '--no-transfer-progress', '--file', pomPath]
  args.push('dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${folder}`)
  try {
    await run('mvn', args, { env, timeout: fetchTimeoutMs, maxBuffer: 64 * 1024 * 1024 })
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown } & MavenOutput
    if (code === 'ENOENT') {
      throw new GokaError(
        'KAFKA_BROKER_TOOL_MISSING',
        'Maven is needed to fetch Apache Kafka and "mvn" is not on the PATH: install it (Debian and Ubuntu: apt-get install maven, macOS: brew install maven)',
        { tool: 'mvn', found: '' },
        { cause: error },
      )
    }
    const output = `${stdout}${stderr}`.trimEnd().split('\n').slice(-30).join('\n')
    const reason = /\[ERROR\] (.+)/.exec(output)?.[1] ?? 'it gave no reason'
    throw new GokaError(
      'KAFKA_BROKER_FETCH_FAILED',
      `Maven could not fetch Apache Kafka ${version} (${reason}): check the network and the mirrors in Maven's settings.xml, then try again`,
      { version, output },
      { cause: error },
    )
  }
}

interface MavenOutput {
  readonly stdout?: string
  readonly stderr?: string
}

/** Whether a rename failed because another process had put its folder there first. */
function isTaken(error: unknown): boolean {
  const code = (error as { code?: unknown }).code
  return code === 'ENOTEMPTY' || code === 'EEXIST'
}
