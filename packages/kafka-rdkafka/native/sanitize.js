// Builds the addon with AddressSanitizer and UndefinedBehaviorSanitizer, runs its tests with that build, and fails if a
// sanitizer has something to say about the addon, leaks included.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const native = fileURLToPath(new URL('.', import.meta.url))
const folder = join(native, 'build', 'sanitize')
const addon = join(folder, 'goka_rdkafka.node')

build()
process.exitCode = test()

function build() {
  mkdirSync(folder, { recursive: true })
  const sources = readdirSync(native).filter((name) => name.endsWith('.cc'))
  const args = ['-std=c++17', '-g', '-O1', '-fno-omit-frame-pointer', '-fPIC', '-shared']
  args.push('-fsanitize=address,undefined', '-fno-sanitize-recover=undefined')
  args.push('-Wall', '-Wextra', '-Wno-ignored-qualifiers', '-fvisibility=hidden')
  args.push('-DNAPI_VERSION=8', '-I', headers(), ...sources, '-o', addon, '-ldl', '-lpthread')
  execFileSync('g++', args, { cwd: native, stdio: 'inherit' })
}

/** Of the Node that runs: beside it, or where `npm_config_nodedir` says. */
function headers() {
  const prefixes = [process.env.npm_config_nodedir, join(dirname(process.execPath), '..')]
  const found = prefixes
    .filter((prefix) => prefix !== undefined)
    .map((prefix) => join(prefix, 'include', 'node'))
    .find((include) => existsSync(join(include, 'node_api.h')))
  if (found === undefined) throw new Error('no headers of Node: set npm_config_nodedir')
  return found
}

/** Returns the exit code. */
function test() {
  const logs = mkdtempSync(join(tmpdir(), 'sanitize-'))
  const runtime = execFileSync('gcc', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim()
  const manifest = createRequire(import.meta.url).resolve('jest/package.json')
  const jest = join(dirname(manifest), 'bin', 'jest.js')
  const { status } = spawnSync(
    process.execPath,
    ['--experimental-vm-modules', jest, '--runInBand', '--testTimeout=60000', 'test/native'],
    {
      cwd: join(native, '..'),
      stdio: 'inherit',
      env: {
        ...process.env,
        LD_PRELOAD: runtime,
        // Node itself leaks at its end, so leaks alone do not make the exit code.
        ASAN_OPTIONS: `detect_leaks=1:exitcode=86:log_path=${join(logs, 'asan')}`,
        LSAN_OPTIONS: 'exitcode=0:max_leaks=0',
        UBSAN_OPTIONS: `print_stacktrace=1:log_path=${join(logs, 'ubsan')}`,
        GOKA_NATIVE_ADDON: addon,
      },
    },
  )
  const reports = readdirSync(logs).map((name) => readFileSync(join(logs, name), 'utf8'))
  rmSync(logs, { recursive: true })
  // A report is a paragraph: an error, or the stack of one leak.
  const ours = reports.flatMap((report) => report.split('\n\n')).filter(isOurs)
  for (const part of new Set(ours)) console.error(part)
  console.error(`${ours.length} reports on the addon`)
  return status === 0 && ours.length === 0 ? 0 : 1
}

/** Whether the addon is what went wrong, and not Node, which may have called it or been called by it. */
function isOurs(report) {
  const isAddon = (line) => line.includes('goka_rdkafka') || line.includes('goka::')
  const lines = report.split('\n')
  if (!report.includes(' leak of ')) return lines.some(isAddon)
  const blamed = lines.find((line) => isAddon(line) || line.includes(process.execPath))
  return blamed !== undefined && isAddon(blamed)
}
