import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { Child } from './child.ts'
import { Cluster } from './cluster.ts'
import { Folder } from './folder.ts'
import { batchOf, type TestRecord } from './records.ts'

const values = (lines: readonly string[]): readonly number[] =>
  lines.map((line) => Number(line.replace(/^.*=/, '')))

const locked = { code: 'GOKA_TRANSPORT_FAILED', details: { reason: 'LOCKED' } }

/** Everything that a client can see of the topic `t`, its group and its neighbours. */
async function view(cluster: Cluster): Promise<unknown> {
  const admin = await cluster.admin()
  const partitions = [0, 1].map((partition) => ({ topic: 't', partition }))
  return {
    topics: [...(await admin.topics(['t', 'gone', 'anew'])).values()],
    config: await admin.topicConfig('t'),
    earliest: await admin.offsets(partitions, 'earliest'),
    latest: await admin.offsets(partitions, 'latest'),
    group: await admin.groupOffsets('g'),
    records: [await cluster.read('t', 0), await cluster.read('t', 1)],
  }
}

/** A broker with something of everything in its folder. */
async function lived(path: string): Promise<Cluster> {
  const cluster = await Cluster.with('t', 1, { path }, { 'retention.ms': '-1' })
  const admin = await cluster.admin()
  for (const topic of ['gone', 'anew']) {
    await admin.createTopic({ topic, partitions: 1 })
    await admin.alterGroupOffsets('g', [{ topic, partition: 0, offset: 0 }])
    await admin.deleteTopic(topic)
  }
  await admin.createTopic({ topic: 'anew', partitions: 1 })
  await admin.createPartitions('t', 2)
  await admin.alterTopicConfig('t', { 'retention.ms': '86400000' })
  const producer = await cluster.producer()
  await producer.send(
    batchOf('t', [
      [0, 'a', '1'],
      [1, 'b', null],
      [0, null, ''],
      [0, 'd', '4'],
    ]),
  )
  await admin.deleteRecords([{ topic: 't', partition: 0, offset: 1 }])
  const transactional = await cluster.transactional('id')
  for (const [value, end] of [
    ['aborted', 'abort'],
    ['committed', 'commit'],
    ['open', 'none'],
  ]) {
    await transactional.begin()
    await transactional.send(batchOf('t', [[0, 'k', value ?? null]]))
    if (end === 'abort') await transactional.abort()
    if (end === 'commit') {
      const member = await cluster.member('m', { group: 'g', topics: ['t'] })
      await member.holds(2)
      await transactional.commit(member.consumer, [{ topic: 't', partition: 0, offset: 3 }])
      await member.close()
    }
  }
  await producer.send(batchOf('t', [[0, 'z', 'last']]))
  return cluster
}

describe('a broker with a folder', () => {
  it('goes on where it was, with open transactions aborted', async () => {
    await using folder = await Folder.make()
    const first = await lived(folder.path)
    const before = (await view(first)) as { latest: readonly { offset: number }[] }
    await first.broker.close()
    await using second = new Cluster({ path: folder.path })
    const after = await view(second)
    const records = [
      ['t/0@1 null=', 't/0@2 d=4', 't/0@5 k=committed', 't/0@8 z=last'],
      ['t/1@0 b=null'],
    ]
    expect(after).toEqual({
      ...before,
      records,
      // The transaction that was open has a marker now.
      latest: [{ topic: 't', partition: 0, offset: 10 }, before.latest[1]],
    })
    expect(await (await second.admin()).groupOffsets('g')).toContainEqual({
      topic: 't',
      partition: 0,
      offset: 3,
    })
    const ends = await (await second.producer()).send(batchOf('t', [[0, 'a', 'more']]))
    expect(ends).toEqual([{ topic: 't', partition: 0, offset: 11 }])
  })

  it('gives no topic id twice', async () => {
    await using folder = await Folder.make()
    const id = async (): Promise<string | undefined> => {
      await using cluster = new Cluster({ path: folder.path })
      const admin = await cluster.admin()
      if ((await admin.topics(['t'])).size > 0) await admin.deleteTopic('t')
      await admin.createTopic({ topic: 't', partitions: 1 })
      return (await admin.topics(['t'])).get('t')?.topicId
    }
    const ids = [await id(), await id(), await id()]
    expect(new Set(ids).size).toBe(3)
  })

  it('has every transaction that was committed, and each whole, however often its process is killed', async () => {
    await using folder = await Folder.make()
    let last = 0
    for (let round = 0; round < 8; round++) {
      const writer = new Child('writer', [folder.path])
      let acknowledged = Number(await writer.line())
      expect(acknowledged).toBe(last + 1)
      for (let more = 0; more < round * 7; more++) acknowledged = Number(await writer.line())
      await writer.kill()
      for (let line = await writer.line(); line !== ''; line = await writer.line()) {
        acknowledged = Number(line)
      }
      await using cluster = new Cluster({ path: folder.path })
      const [offset] = await (await cluster.admin()).groupOffsets('group')
      last = offset?.offset ?? 0
      // The one that was under way is there whole or not at all.
      expect([acknowledged, acknowledged + 1]).toContain(last)
      const numbers = Array.from({ length: last }, (_, n) => n + 1)
      expect(values(await cluster.read('a'))).toEqual(numbers)
      expect(values(await cluster.read('b'))).toEqual(numbers)
    }
  }, 60_000)

  it('opens with what is whole when its file was cut anywhere or damaged at its end', async () => {
    await using folder = await Folder.make()
    const first = await Cluster.with('t', 1, { path: join(folder.path, 'whole') })
    const producer = await first.producer()
    for (let n = 0; n < 5; n++) await producer.send(batchOf('t', [[0, 'k', `${n}`]]))
    await first.broker.close()
    const file = join(folder.path, 'whole', 'journal-1')
    const { size } = await stat(file)
    const bytes = await readFile(file)
    let longest = 0
    for (let cut = 0; cut <= size; cut += cut < size - 40 ? 7 : 1) {
      const path = join(folder.path, `cut-${cut}`)
      await mkdir(path)
      await copyFile(file, join(path, 'journal-1'))
      await truncate(join(path, 'journal-1'), cut)
      await using cluster = new Cluster({ path })
      const admin = await cluster.admin()
      const known = (await admin.topics(['t'])).size > 0
      const found = known ? values(await cluster.read('t')) : []
      expect(found).toEqual(Array.from({ length: found.length }, (_, n) => n))
      expect(found.length).toBeGreaterThanOrEqual(longest)
      longest = found.length
      if (!known) continue
      const sender = await cluster.producer()
      await sender.send(batchOf('t', [[0, 'k', `${found.length}`]]))
      await cluster.broker.close()
      await using again = new Cluster({ path })
      expect(values(await again.read('t')).length).toBe(found.length + 1)
    }
    expect(longest).toBe(5)
    const damaged = async (name: string, at: number): Promise<Cluster> => {
      const path = join(folder.path, name)
      await mkdir(path)
      const copy = Buffer.from(bytes)
      copy[at] = (copy[at] as number) ^ 1
      await writeFile(join(path, 'journal-1'), copy)
      return new Cluster({ path })
    }
    await using atEnd = await damaged('end', size - 3)
    expect(values(await atEnd.read('t'))).toEqual([0, 1, 2, 3])
    for (const at of [20, 100, size - 300]) {
      await using before = await damaged(`at-${at}`, at)
      const corrupted = { code: 'GOKA_TRANSPORT_FAILED', details: { reason: 'CORRUPTED' } }
      await expect(before.admin()).rejects.toMatchObject(corrupted)
      await expect(before.broker.open()).rejects.toMatchObject(corrupted)
    }
  }, 30_000)

  it('does not touch a folder that it cannot use', async () => {
    await using folder = await Folder.make()
    const file = join(folder.path, 'journal-1')
    const text = 'something else that somebody wrote and wants to keep '.repeat(10)
    await writeFile(file, text)
    await using foreign = new Cluster({ path: folder.path })
    await expect(foreign.admin()).rejects.toMatchObject({ code: 'GOKA_TRANSPORT_FAILED' })
    expect(await readFile(file, 'utf8')).toBe(text)
    await using inFile = new Cluster({ path: file })
    await expect(inFile.admin()).rejects.toMatchObject({ details: { reason: 'STORAGE_ERROR' } })
  })

  it('keeps to its folder alone: another broker is locked out until it closes', async () => {
    await using folder = await Folder.make()
    const first = new Cluster({ path: folder.path })
    await first.broker.open()
    const second = new Cluster({ path: folder.path })
    await expect(second.broker.open()).rejects.toMatchObject(locked)
    await expect(second.admin()).rejects.toMatchObject(locked)
    await first.broker.close()
    await second.admin()
    await second.broker.close()
    expect((await readdir(folder.path)).sort()).toEqual(['journal-1'])
  })

  it('takes the lock of a process that is gone, or that only has the id of the one that was', async () => {
    await using folder = await Folder.make()
    for (const lock of [
      '',
      '{"pid":',
      '{"pid":999999999,"startedAt":""}',
      `{"pid":${process.pid},"startedAt":"1"}`,
    ]) {
      await writeFile(join(folder.path, 'LOCK'), lock)
      const cluster = new Cluster({ path: folder.path })
      await cluster.broker.open()
      await cluster.broker.close()
    }
  })

  it('keeps no more in its folder than it must, after it was opened or closed', async () => {
    await using folder = await Folder.make()
    const sizes: number[] = []
    const config = { 'cleanup.policy': 'compact' }
    const big = Array.from(
      { length: 100 },
      (_, key): TestRecord => [0, `k${key}`, 'v'.repeat(1000)],
    )
    for (let round = 0; round < 3; round++) {
      await using cluster = new Cluster({ path: folder.path })
      const admin = await cluster.admin()
      if (round === 0) await admin.createTopic({ topic: 't', partitions: 1, config })
      const transactional = await cluster.transactional('id')
      await transactional.begin()
      await transactional.send(batchOf('t', [[0, 'k0', 'aborted']]))
      await transactional.abort()
      const producer = await cluster.producer()
      for (let n = 0; n < 50; n++) await producer.send(batchOf('t', big))
      await cluster.broker.close()
      const names = await readdir(folder.path)
      expect(names).toEqual([`journal-${round + 2}`])
      sizes.push((await stat(join(folder.path, names[0] as string))).size)
    }
    for (const size of sizes) expect(size).toBeLessThan(300_000)
    await using cluster = new Cluster({ path: folder.path })
    const lines = await cluster.read('t', 0, 'read_uncommitted')
    expect(lines.length).toBe(100)
    expect(lines.some((line) => line.includes('aborted'))).toBe(false)
    const [end] = await (await cluster.admin()).offsets([{ topic: 't', partition: 0 }], 'latest')
    expect(end?.offset).toBe(3 * 5002)
  })

  it('ends with a code when the folder cannot be written', async () => {
    await using folder = await Folder.make()
    // A file that can be opened and is always full.
    await symlink('/dev/full', join(folder.path, 'journal-1'))
    const cluster = new Cluster({ path: folder.path })
    const failed = { code: 'GOKA_TRANSPORT_FAILED', details: { reason: 'STORAGE_ERROR' } }
    await expect(cluster.admin()).rejects.toMatchObject(failed)
    await expect(cluster.producer()).rejects.toMatchObject(failed)
    await cluster.broker.close()
    expect(await readdir(folder.path)).toEqual(['journal-1'])
  })

  it('has what it acknowledged until there was no more room, and says so to everybody', async () => {
    await using folder = await Folder.make()
    const filler = new Child('filler', [folder.path], 'ulimit -f 1000')
    const acknowledged = Number(await filler.line())
    expect(acknowledged).toBeGreaterThan(10)
    expect(await filler.line()).toBe('send: GOKA_TRANSPORT_FAILED STORAGE_ERROR')
    expect(await filler.line()).toBe('poll: GOKA_TRANSPORT_FAILED STORAGE_ERROR')
    expect(await filler.line()).toBe('client: GOKA_TRANSPORT_FAILED STORAGE_ERROR')
    await filler.kill()
    await using cluster = new Cluster({ path: folder.path })
    expect([acknowledged, acknowledged + 1]).toContain((await cluster.read('t')).length)
  }, 30_000)

  it('acknowledges only what is in the file', async () => {
    await using folder = await Folder.make()
    await using cluster = await Cluster.with('t', 1, { path: folder.path })
    const producer = await cluster.producer()
    for (let n = 0; n < 20; n++) {
      await producer.send(batchOf('t', [[0, 'k', `value ${n}.`]]))
      const bytes = await readFile(join(folder.path, 'journal-1'))
      expect(bytes.includes(`value ${n}.`)).toBe(true)
    }
  })
})
