import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { runNode } from './command.js'
import { pnpm } from './pnpm.js'
import { workspacePackages } from './workspace.js'

/**
 * Checks what users get: each published package is packed, examined by publint and attw, and installed alone in an empty
 * folder with nothing of ours beside it but the contracts and the core. It needs the packages built (`pnpm check:types`).
 */
async function checkPackedPackages(folder) {
  const packages = workspacePackages().filter(({ manifest }) => manifest.private !== true)
  const tarballs = new Map()
  for (const each of packages) tarballs.set(each.manifest.name, await pack(each, folder))

  const failures = []
  for (const { manifest } of packages) {
    const tarball = tarballs.get(manifest.name)
    console.log(manifest.name)
    const checks = [
      ['publint', () => pnpm(['exec', 'publint', 'run', tarball, '--strict'], { quiet: true })],
      ['attw', () => pnpm(['exec', 'attw', tarball, '--profile', 'esm-only'], { quiet: true })],
      ['installed alone', () => installAlone(manifest, tarballs, folder)],
    ]
    for (const [title, check] of checks) {
      if ((await check()) !== 0) failures.push(`${manifest.name}: ${title}`)
    }
  }
  for (const failure of failures) console.error(`failed: ${failure}`)
  return failures.length === 0 ? 0 : 1
}

async function pack({ folder, manifest }, destination) {
  const before = new Set(readdirSync(destination))
  const exitCode = await pnpm(['pack', '--pack-destination', destination], {
    cwd: folder,
    quiet: true,
  })
  const packed = readdirSync(destination).filter((file) => !before.has(file))
  if (exitCode !== 0 || packed.length !== 1) throw new Error(`${manifest.name} could not be packed`)
  return join(destination, packed[0])
}

async function installAlone({ name, exports }, tarballs, parent) {
  const folder = join(parent, name.replace('/', '+'))
  mkdirSync(folder)
  const ours = [...new Set([name, '@goka/interface', '@goka/core'])]
  const files = Object.fromEntries(ours.map((each) => [each, `file:${tarballs.get(each)}`]))
  write(folder, 'package.json', { private: true, type: 'module', dependencies: files })
  write(folder, 'pnpm-workspace.yaml', {
    overrides: files,
    // What users are told to allow, no more: classic-level runs as it was published. Of a tarball, pnpm wants the path too.
    allowBuilds: {
      'classic-level': false,
      'node-rdkafka': true,
      [`@goka/kafka-rdkafka@file:../${basename(tarballs.get('@goka/kafka-rdkafka'))}`]: true,
    },
  })
  const exitCode = await pnpm(['install', '--prefer-offline'], { cwd: folder, quiet: true })
  if (exitCode !== 0) return exitCode

  const stray = readdirSync(join(folder, 'node_modules', '.pnpm'))
    .filter((each) => each.startsWith('@goka+'))
    .filter((each) => !ours.includes(packageOf(each)))
  for (const each of stray) console.error(`${name} pulls in ${packageOf(each)}`)
  if (stray.length > 0) return 1

  const entries = Object.keys(exports).filter((entry) => entry !== './package.json')
  writeFileSync(
    join(folder, 'load.js'),
    loadProgram(entries.map((entry) => `${name}${entry.slice(1)}`)),
  )
  return runNode(['load.js'], { cwd: folder, quiet: true })
}

/** `@goka+core@file+...` is @goka/core. */
function packageOf(virtualStoreFolder) {
  return virtualStoreFolder.replace('+', '/').replace(/(.)@.*/, '$1')
}

/** CommonJS users load the same files, which breaks as soon as one awaits at its top level. */
function loadProgram(specifiers) {
  return `import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
for (const specifier of ${JSON.stringify(specifiers)}) {
  if (Object.keys(await import(specifier)).length === 0) throw new Error(specifier + ' exports nothing')
  if (process.features.require_module) require(specifier)
}
`
}

function write(folder, name, content) {
  writeFileSync(join(folder, name), JSON.stringify(content, null, 2))
}

const folder = mkdtempSync(join(tmpdir(), 'goka-packed-'))
try {
  process.exitCode = await checkPackedPackages(folder)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
