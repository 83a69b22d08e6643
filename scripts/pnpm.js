import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run, runNode } from './command.js'

const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const version = packageManager.slice('pnpm@'.length)
const folder = join(root, '.cache', `pnpm-${version}`)
const program = join(folder, 'node_modules', 'pnpm', 'bin', 'pnpm.mjs')

/** Runs the pnpm that package.json names; npm, which comes with Node, fetches it the first time. */
export async function pnpm(args, options) {
  if (!existsSync(program)) await fetchPnpm()
  return runNode([program, ...args], { ...options, tree: true, env: buildEnvironment() })
}

async function fetchPnpm() {
  console.error(`fetching pnpm ${version}`)
  mkdirSync(folder, { recursive: true })
  const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', `pnpm@${version}`]
  const npm = process.env.npm_execpath
  const exitCode = npm?.endsWith('npm-cli.js')
    ? await runNode([npm, ...args], { quiet: true })
    : await run('npm', args, { quiet: true })
  if (exitCode !== 0) throw new Error(`npm could not install pnpm ${version}; see its output above`)
}

/** The environment in which native dependencies compile. */
function buildEnvironment() {
  const environment = { ...process.env }
  // A parallel make breaks node-rdkafka's build: gyp races librdkafka's own configure.
  delete environment.JOBS
  delete environment.MAKEFLAGS
  // The headers that came with this very Node spare node-gyp a download.
  const prefix = join(process.execPath, '..', '..')
  if (existsSync(join(prefix, 'include', 'node', 'node.h'))) environment.npm_config_nodedir = prefix
  return environment
}
