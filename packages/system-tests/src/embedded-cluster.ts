import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Goka, type Processor, type ProcessorReport } from '@goka/core'
import { type EmbeddedTransport, embedded } from '@goka/kafka-embedded'
import { leveldb } from '@goka/storage-leveldb'
import type { Cluster, Member, MemberOptions, TableView } from './cluster.ts'
import { countedStream, countingGroup } from './counting.ts'

/** A broker, and instances that share it, in this process. */
export class EmbeddedCluster implements Cluster {
  readonly #transport: EmbeddedTransport = embedded()
  readonly #path = mkdtempSync(join(tmpdir(), 'goka-system-'))
  #views = 0

  async createTopic(topic: string, partitions: number): Promise<void> {
    const admin = await this.#goka().admin()
    await admin.createTopic({ topic, partitions })
    await admin.close()
  }

  async emit(topic: string, keys: readonly string[]): Promise<void> {
    const emitter = this.#goka().emitter(countedStream(topic))
    await Promise.all(keys.map((key) => emitter.emit(key, 'some-value')))
    await emitter.close()
  }

  async startProcessor({ group, input, place, processor }: MemberOptions): Promise<Member> {
    const made = this.#goka(place).processor(countingGroup(group, input), processor)
    const member = new EmbeddedMember(made)
    await Promise.race([member.running, made.state.until('running')])
    return member
  }

  async startView(group: string): Promise<TableView> {
    const view = this.#goka(`view-${this.#views++}`).view(countingGroup(group, 'not-read').table)
    const running = view.run()
    await Promise.race([running, view.state.until('running')])
    return {
      entries: async () => {
        const entries: [string, string][] = []
        for await (const [key, count] of view.entries()) entries.push([key, `${count}`])
        return entries
      },
      stop: async () => {
        await view.stop()
        await running
      },
    }
  }

  async close(): Promise<void> {
    await this.#transport.broker.close()
    rmSync(this.#path, { recursive: true, force: true })
  }

  #goka(place = 'none'): Goka {
    const storage = leveldb({ path: join(this.#path, place) })
    return new Goka({ transport: this.#transport, storage })
  }
}

class EmbeddedMember implements Member {
  readonly #processor: Processor<bigint>
  readonly running: Promise<void>

  constructor(processor: Processor<bigint>) {
    this.#processor = processor
    this.running = processor.run()
  }

  async report(): Promise<ProcessorReport> {
    return this.#processor.report()
  }

  async stop(): Promise<void> {
    await this.#processor.stop()
    await this.running
  }
}
