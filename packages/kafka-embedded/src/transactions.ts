import type { Clock, Timer, TopicPartitionOffset } from '@goka/interface'
import { failed, fenced } from './failures.ts'
import type { Group } from './group.ts'
import type { Journal } from './journal.ts'
import { partitionKey } from './partition-key.ts'
import type { PartitionLog } from './partition-log.ts'
import type { Scheduler } from './scheduler.ts'

/** What the transaction coordinator needs of its broker. */
export interface TransactionHost {
  readonly scheduler: Scheduler
  readonly transactionTimeoutMs: number
  readonly journal: Journal | undefined
  nextProducerId(): number
}

/**
 * The transaction coordinator. Each producer gets a producer id of its own; the latest one of a transactional id is the
 * one that counts, and all before it are fenced.
 */
export class Transactions {
  readonly #host: TransactionHost
  readonly #identities = new Map<string, Identity>()

  constructor(host: TransactionHost) {
    this.#host = host
  }

  /** Fences the producers before, ends their transaction, and returns the id of the new one. */
  async init(transactionalId: string): Promise<number> {
    const known = this.#identities.get(transactionalId)
    const identity = known ?? new Identity(transactionalId, this.#host)
    if (known === undefined) this.#identities.set(transactionalId, identity)
    const producerId = this.#host.nextProducerId()
    identity.fence(producerId)
    await identity.ended()
    identity.check(producerId)
    return producerId
  }

  /** Lets go of the timeouts of open transactions. */
  close(): void {
    for (const identity of this.#identities.values()) identity.close()
  }

  /** The transactional id as its producer uses it. @throws GokaError `GOKA_TRANSPORT_FENCED` */
  get(transactionalId: string, producerId: number): Identity {
    const identity = this.#identities.get(transactionalId) as Identity
    identity.check(producerId)
    return identity
  }
}

/** A transactional id and its transaction. */
export class Identity {
  readonly #transactionalId: string
  readonly #host: TransactionHost
  readonly #logs = new Set<PartitionLog>()
  readonly #groups = new Set<Group>()
  readonly #waiting: (() => void)[] = []
  /** The producer that counts. */
  #producerId = 0
  #state: 'none' | 'open' | 'ending' = 'none'
  #lastOutcome: 'none' | 'committed' | 'aborted' = 'none'
  /** What ends the timeout of the open transaction. */
  #stopTimer: () => void = () => {}

  constructor(transactionalId: string, host: TransactionHost) {
    this.#transactionalId = transactionalId
    this.#host = host
  }

  check(producerId: number): void {
    if (producerId === this.#producerId) return
    const message = `another producer has the transactional id ${this.#transactionalId}, or its transaction timed out: close this one`
    throw fenced('transaction', 'PRODUCER_FENCED', message)
  }

  /** Makes another producer the one that counts. */
  fence(producerId: number): void {
    if (this.#state === 'open') this.#end(false)
    this.#producerId = producerId
  }

  /** Resolves when no transaction is open or about to end. */
  async ended(): Promise<void> {
    while (this.#state === 'ending') {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** Begins a transaction, which is aborted when it takes too long by this clock. */
  async begin(clock: Clock): Promise<void> {
    await this.ended()
    if (this.#state === 'open') return
    this.#state = 'open'
    const expire = (): void => {
      // Whatever the producer does from now on is void.
      this.fence(this.#host.nextProducerId())
    }
    const timer: Timer = clock.setTimeout(expire, this.#host.transactionTimeoutMs)
    this.#stopTimer = () => clock.clearTimeout(timer)
  }

  /** A log gets records of the transaction. */
  enlist(log: PartitionLog): void {
    this.#checkOpen()
    this.#logs.add(log)
  }

  /**
   * Offsets are committed with the transaction.
   * @throws GokaError `GOKA_TRANSPORT_FENCED` when a partition is not the member's
   */
  addOffsets(group: Group, memberId: string, offsets: readonly TopicPartitionOffset[]): void {
    this.#checkOpen()
    group.checkOwner(memberId, offsets)
    this.#groups.add(group)
    group.offsets.pend(this.#producerId, offsets)
  }

  /** Settles the fate of the transaction; the markers follow. Asking the same again does nothing. */
  end(commit: boolean): void {
    if (this.#state !== 'open' && this.#lastOutcome === (commit ? 'committed' : 'aborted')) return
    this.#checkOpen()
    this.#end(commit)
  }

  close(): void {
    this.#stopTimer()
  }

  #checkOpen(): void {
    if (this.#state === 'open') return
    const message = `there is no open transaction of ${this.#transactionalId}: begin one first`
    throw failed('transaction', 'INVALID_TXN_STATE', message)
  }

  #end(commit: boolean): void {
    const producerId = this.#producerId
    const logs = [...this.#logs]
    const groups = [...this.#groups]
    this.#stopTimer()
    this.#logs.clear()
    this.#groups.clear()
    this.#lastOutcome = commit ? 'committed' : 'aborted'
    if (logs.length + groups.length > 0) {
      const offsets = groups.map((group) => ({
        group: group.name,
        offsets: group.offsets.pending(producerId),
      }))
      this.#host.journal?.tell({ kind: 'decision', producerId, commit, offsets })
    }
    const steps = [
      ...logs.map((log) => ({
        lane: partitionKey(log),
        run: () => log.endTransaction(producerId, commit),
      })),
      ...groups.map((group) => ({
        lane: `group ${group.name}`,
        run: () => group.offsets.settle(producerId, commit),
      })),
    ]
    let left = steps.length
    this.#state = left === 0 ? 'none' : 'ending'
    for (const { lane, run } of steps) {
      this.#host.scheduler.schedule(`transaction ${producerId} > ${lane}`, () => {
        run()
        if (--left > 0) return
        this.#state = 'none'
        for (const go of this.#waiting.splice(0)) go()
      })
    }
  }
}
