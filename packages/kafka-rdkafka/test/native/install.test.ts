import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { native } from './clients.ts'

const packageFolder = fileURLToPath(new URL('../../', import.meta.url))

describe('the installation', () => {
  let folder: string
  let nodeGyp: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'install-test-'))
    nodeGyp = join(folder, 'node-gyp.js')
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    await cp(join(packageFolder, 'install.js'), join(folder, 'install.js'))
    await mkdir(join(folder, 'native', 'build', 'Release'), { recursive: true })
    for (const name of await readdir(join(packageFolder, 'native'))) {
      if (!/\.(cc|h|gyp)$/.test(name)) continue
      await cp(join(packageFolder, 'native', name), join(folder, 'native', name))
    }
  })
  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  function install(): { status: number | null; output: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['install.js'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, npm_config_node_gyp: nodeGyp },
    })
    return { status, output: stdout + stderr }
  }

  const addon = (): string => join(folder, 'native', 'build', 'Release', 'goka_rdkafka.node')

  it('does not fail where nothing can be built, and says so once', async () => {
    await writeFile(nodeGyp, 'console.error("gyp: no compiler"); process.exit(1)')
    const { status, output } = install()
    expect(status).toBe(0)
    expect(output.match(/works without its native part/g)).toHaveLength(1)
    expect(output).toContain('gyp: no compiler')
  })

  it('does not take what does not load', async () => {
    const garbage = `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(addon())}, '')`
    await writeFile(nodeGyp, garbage)
    const { status, output } = install()
    expect(status).toBe(0)
    expect(output).toContain('does not load')
    expect(await readdir(join(folder, 'native', 'build', 'Release'))).toEqual([])
  })

  it('builds nothing that is there and current, in silence', async () => {
    await cp(native.pluginPath, addon())
    await writeFile(nodeGyp, 'process.exit(1)')
    await utimes(addon(), new Date(), new Date(Date.now() + 60_000))
    expect(install()).toEqual({ status: 0, output: '' })
  })

  it('leaves nothing behind of older sources', async () => {
    await cp(native.pluginPath, addon())
    await writeFile(nodeGyp, 'process.exit(1)')
    await utimes(addon(), new Date(), new Date(0))
    const { status, output } = install()
    expect(status).toBe(0)
    expect(output).toContain('could not be built')
    expect(await readdir(join(folder, 'native', 'build', 'Release'))).toEqual([])
  })

  it('tells node-gyp where the sources are', async () => {
    await writeFile(nodeGyp, 'console.log(process.argv.slice(2).join(" ")); process.exit(1)')
    expect(install().output).toMatch(/configure build --directory \S+native/)
  })
})
