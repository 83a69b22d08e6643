import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { findJava } from '../src/java.ts'

describe('finding Java', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'java-test-'))
    await mkdir(join(folder, 'bin'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const fakeJava = (banner: string) =>
    writeFile(join(folder, 'bin', 'java'), `#!/bin/sh\necho '${banner}' >&2\n`, { mode: 0o755 })

  it('takes the one of JAVA_HOME before the one of PATH', async () => {
    await fakeJava('openjdk version "21" 2023-09-19')
    expect(await findJava({ JAVA_HOME: folder, PATH: '' })).toBe(join(folder, 'bin', 'java'))
  })

  it('takes the one of PATH without JAVA_HOME', async () => {
    await fakeJava('openjdk version "17.0.15" 2025-04-15')
    expect(await findJava({ JAVA_HOME: '', PATH: join(folder, 'bin') })).toBe('java')
  })

  it.each(['1.8.0_402', '11.0.2', '16.0.1'])(
    'says that %s is too old and what to install',
    async (version) => {
      await fakeJava(`openjdk version "${version}"`)
      await expect(findJava({ JAVA_HOME: folder })).rejects.toMatchObject({
        code: 'KAFKA_BROKER_TOOL_MISSING',
        message: expect.stringMatching(`needs Java 17 or newer .* is ${version}: install Java 17`),
        details: { tool: 'java', found: version },
      })
    },
  )

  it('says that there is none and what to install', async () => {
    await expect(findJava({ PATH: folder })).rejects.toMatchObject({
      code: 'KAFKA_BROKER_TOOL_MISSING',
      message: expect.stringContaining('apt-get install openjdk-17-jre-headless'),
      details: { tool: 'java', found: '' },
    })
  })

  it('says so when it prints no version', async () => {
    await fakeJava('hello')
    await expect(findJava({ JAVA_HOME: folder })).rejects.toMatchObject({
      code: 'KAFKA_BROKER_TOOL_MISSING',
      message: expect.stringContaining('is unknown'),
    })
  })
})
