import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { GokaError } from '@goka/interface'
import type {} from './errors.ts'

const run = promisify(execFile)

/** What Apache Kafka 4 needs: its brokers are compiled for Java 17. */
const oldestJava = 17
const remedy =
  'install Java 17 or newer (Debian and Ubuntu: apt-get install openjdk-17-jre-headless, macOS: brew install openjdk@17) or set JAVA_HOME to one'

/**
 * The `java` program to run: of `JAVA_HOME` if that is set, else of `PATH`.
 * @throws GokaError `KAFKA_BROKER_TOOL_MISSING` when there is none or it is older than 17
 */
export async function findJava(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const home = env['JAVA_HOME']
  const java = home === undefined || home === '' ? 'java' : join(home, 'bin', 'java')
  let banner: string
  try {
    // Java has always printed its version to stderr.
    banner = (await run(java, ['-version'], { env })).stderr
  } catch (error) {
    throw missing(`Java is needed to run Apache Kafka and "${java}" does not run`, '', error)
  }
  // "17.0.15", "21", and "1.8.0_402" for Java 8.
  const version = /version "([^"]+)"/.exec(banner)?.[1] ?? ''
  if (Number.parseInt(version, 10) >= oldestJava) return java
  throw missing(
    `Apache Kafka needs Java 17 or newer and "${java}" is ${version || 'unknown'}`,
    version,
  )
}

function missing(what: string, found: string, cause?: unknown): GokaError {
  return new GokaError(
    'KAFKA_BROKER_TOOL_MISSING',
    `${what}: ${remedy}`,
    { tool: 'java', found },
    { cause },
  )
}
