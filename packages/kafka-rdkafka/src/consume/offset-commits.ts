import type { Clock, TopicPartitionOffset } from '@goka/interface'
import type rdkafka from 'node-rdkafka'
import { call, within } from '../client/call.ts'
import { type ClientFault, faultCodes, faultOf, toFault } from '../client-fault.ts'
import type { OffsetCommitter } from './offset-committer.ts'

/** Commits of a group member by node-rdkafka, which answers by an event and only while somebody pops from the client. */
export class OffsetCommits implements OffsetCommitter {
  readonly #client: rdkafka.KafkaConsumer
  readonly #clock: Clock
  readonly #serve: (work: Promise<unknown>) => Promise<void>
  #last: Promise<unknown> = Promise.resolve()

  /** @param serve - has the client's callbacks served until a promise is settled */
  constructor(
    client: rdkafka.KafkaConsumer,
    clock: Clock,
    serve: (work: Promise<unknown>) => Promise<void>,
  ) {
    this.#client = client
    this.#clock = clock
    this.#serve = serve
  }

  /** Resolves when the broker has stored them; rejects with a `ClientFault`. One after the other, as events bear no names. */
  async commit(offsets: readonly TopicPartitionOffset[], limitMs: number): Promise<void> {
    const done = this.#last.then(() => this.#commit(offsets, limitMs))
    this.#last = done.catch(() => undefined)
    await done
  }

  /** node-rdkafka does not say; librdkafka's log does, in most cases. */
  assignmentLost(): undefined {
    return undefined
  }

  /** Commits under way are not waited for: nobody pops their answers any more. */
  async stop(): Promise<void> {}

  async #commit(offsets: readonly TopicPartitionOffset[], limitMs: number): Promise<void> {
    let listener: CommitListener = () => undefined
    const answered = call<true>((done) => {
      listener = (error, committed) => {
        // Else it is the answer of an earlier commit, which came too late.
        if (isSame(offsets, committed)) done(error, true)
      }
      this.#client.on('offset.commit', listener)
      this.#client.commit(offsets.map((offset) => ({ ...offset })))
    })
    const inTime = within(this.#clock, limitMs, answered)
    void this.#serve(inTime.catch(() => undefined))
    try {
      if ((await inTime) === undefined) throw timedOut()
    } finally {
      this.#client.removeListener('offset.commit', listener)
    }
  }
}

type CommitListener = (error: unknown, committed: readonly TopicPartitionOffset[]) => void

function timedOut(): Error & ClientFault {
  const fault = toFault(faultOf(faultCodes.ERR__TIMED_OUT))
  return Object.assign(new Error(fault.message), fault)
}

function isSame(
  asked: readonly TopicPartitionOffset[],
  answered: readonly TopicPartitionOffset[],
): boolean {
  if (asked.length !== answered.length) return false
  const offsets = new Map(answered.map((p) => [`${p.topic}/${p.partition}`, p.offset]))
  return asked.every((p) => offsets.get(`${p.topic}/${p.partition}`) === p.offset)
}
