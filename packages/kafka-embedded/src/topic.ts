import { type LogHost, PartitionLog } from './partition-log.ts'
import { TopicConfig } from './topic-config.ts'

/** A topic: its configuration and a log for each partition. */
export class Topic {
  readonly name: string
  /** Never given twice: changes when a topic of this name is deleted and made anew. */
  readonly id: number
  readonly #host: LogHost
  readonly #logs: PartitionLog[] = []
  #config: TopicConfig

  constructor(name: string, id: number, partitions: number, config: TopicConfig, host: LogHost) {
    this.name = name
    this.id = id
    this.#config = config
    this.#host = host
    this.grow(partitions)
  }

  get logs(): readonly PartitionLog[] {
    return this.#logs
  }

  get config(): TopicConfig {
    return this.#config
  }

  configure(config: TopicConfig): void {
    this.#config = config
  }

  /** Adds partitions up to this number. */
  grow(partitions: number): void {
    for (let partition = this.#logs.length; partition < partitions; partition++) {
      this.#logs.push(new PartitionLog(this.name, partition, this.#host))
    }
  }
}
