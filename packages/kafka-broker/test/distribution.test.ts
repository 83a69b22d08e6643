import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { kafkaDistribution, kafkaVersion } from '../src/distribution.ts'

describe('the distribution', () => {
  let folder: string
  let cachePath: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'distribution-test-'))
    cachePath = join(folder, 'cache')
  })
  afterEach(() => rm(folder, { recursive: true }))

  /** A Maven that runs `script`, which finds the folder for the jars in `$out`. */
  async function fakeMaven(script: string): Promise<NodeJS.ProcessEnv> {
    const text = `#!/bin/sh\nfor arg; do case $arg in -DoutputDirectory=*) out=\${arg#*=};; esac; done\n${script}\n`
    await writeFile(join(folder, 'mvn'), text, { mode: 0o755 })
    return { PATH: `${folder}${delimiter}${process.env['PATH']}` }
  }

  it('is fetched into a folder named for its version', async () => {
    const env = await fakeMaven('touch $out/kafka.jar')
    const path = await kafkaDistribution({ cachePath, env })
    expect(path).toBe(join(cachePath, await kafkaVersion()))
    expect(await readdir(path)).toEqual(['kafka.jar'])
  })

  it('is not fetched twice', async () => {
    const path = join(cachePath, await kafkaVersion())
    await mkdir(path, { recursive: true })
    expect(await kafkaDistribution({ cachePath, env: { PATH: folder } })).toBe(path)
  })

  it('is whole and alone in the cache after two fetches at once', async () => {
    // Each waits for the other, so that both end with jars of their own.
    const env = await fakeMaven(`
      touch ${folder}/begun-$$ $out/kafka.jar
      while [ $(ls ${folder} | grep -c begun) -lt 2 ]; do sleep 0.02; done`)
    const paths = await Promise.all([
      kafkaDistribution({ cachePath, env }),
      kafkaDistribution({ cachePath, env }),
    ])
    expect(paths[0]).toBe(paths[1])
    expect(await readdir(cachePath)).toEqual([await kafkaVersion()])
    expect(await readdir(paths[0])).toEqual(['kafka.jar'])
  })

  it('says why Maven failed and leaves nothing half done', async () => {
    const env = await fakeMaven(
      'touch $out/part.jar; echo "[INFO] hm"; echo "[ERROR] no route to the repository"; exit 1',
    )
    await expect(kafkaDistribution({ cachePath, env })).rejects.toMatchObject({
      code: 'KAFKA_BROKER_FETCH_FAILED',
      message: expect.stringContaining('(no route to the repository)'),
      details: { output: '[INFO] hm\n[ERROR] no route to the repository' },
    })
    expect(await readdir(cachePath)).toEqual([])
  })

  it('says that Maven is missing and how to install it', async () => {
    await expect(kafkaDistribution({ cachePath, env: { PATH: folder } })).rejects.toMatchObject({
      code: 'KAFKA_BROKER_TOOL_MISSING',
      message: expect.stringContaining('apt-get install maven'),
      details: { tool: 'mvn', found: '' },
    })
  })
})
