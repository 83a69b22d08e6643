// Builds the native part. Without it the transport works through node-rdkafka alone, so this never fails an installation.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const native = fileURLToPath(new URL('native/', import.meta.url))
const built = join(native, 'build', 'Release', 'goka_rdkafka.node')

if (process.platform === 'win32') {
  report('it is not there for Windows')
} else if (!isCurrent() || !loads()) {
  const failure = build() ?? (loads() ? undefined : 'it was built and does not load')
  if (failure !== undefined) {
    // What was built of older sources must not be taken for these.
    rmSync(built, { force: true })
    report(failure.trim().split('\n').slice(-12).join('\n'))
  }
}

function isCurrent() {
  if (!existsSync(built)) return false
  const builtAt = statSync(built).mtimeMs
  return readdirSync(native)
    .filter((name) => /\.(cc|h|gyp)$/.test(name))
    .every((name) => statSync(join(native, name)).mtimeMs < builtAt)
}

function loads() {
  const program = 'process.dlopen({ exports: {} }, process.argv[1])'
  return spawnSync(process.execPath, ['-e', program, built]).status === 0
}

/** Returns why it failed, if it did. */
function build() {
  const program = nodeGyp()
  if (program === undefined) return 'node-gyp was not found; it comes with npm'
  // Not the caller's make flags: they are for another makefile.
  const { MAKEFLAGS: _, ...env } = process.env
  const args = [program, 'configure', 'build', '--directory', native, '--jobs', 'max']
  const prefix = join(dirname(process.execPath), '..')
  if (env.npm_config_nodedir === undefined && existsSync(join(prefix, 'include/node/node.h'))) {
    // The headers that came with this very Node spare a download.
    args.push('--nodedir', prefix)
  }
  const { status, stdout, stderr, error } = spawnSync(process.execPath, args, {
    env,
    encoding: 'utf8',
  })
  if (error !== undefined) return String(error)
  return status === 0 ? undefined : `it could not be built:\n${stdout}${stderr}`
}

/** node-gyp as a package manager names it, or the one of the npm beside this Node, or of an npm in PATH. */
function nodeGyp() {
  const bundled = join('node_modules', 'node-gyp', 'bin', 'node-gyp.js')
  const path = (process.env.PATH ?? '').split(delimiter)
  const npms = path.map((folder) => join(folder, 'npm')).filter((file) => existsSync(file))
  return [
    process.env.npm_config_node_gyp,
    join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', bundled),
    ...npms.map((npm) => join(dirname(realpathSync(npm)), '..', bundled)),
  ].find((file) => file?.endsWith('.js') && existsSync(file))
}

function report(reason) {
  console.warn(
    `@goka/kafka-rdkafka works without its native part, several times slower per record: ${reason}`,
  )
}
