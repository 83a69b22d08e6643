import { GokaError } from '@goka/interface'
import { type ClientFault, faultCodes as codes, faultName } from './client-fault.ts'

/** What a fault of librdkafka means to the core. Codes that are in no list are `failed`. */
export type Meaning =
  | 'failed'
  | 'fenced'
  | 'indefinite'
  | 'offset-range'
  | 'too-large'
  | 'topic-exists'
  | 'topic-unknown'
  | 'unauthorized'
  | 'unsupported'

const meanings: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  ...list('fenced', [
    codes.ERR__FENCED,
    codes.ERR__ASSIGNMENT_LOST,
    codes.ERR_ILLEGAL_GENERATION,
    codes.ERR_UNKNOWN_MEMBER_ID,
    codes.ERR_REBALANCE_IN_PROGRESS,
    codes.ERR_INVALID_PRODUCER_EPOCH,
    codes.ERR_INVALID_PRODUCER_ID_MAPPING,
    codes.ERR_PRODUCER_FENCED,
    codes.ERR_FENCED_INSTANCE_ID,
    codes.ERR_FENCED_MEMBER_EPOCH,
    codes.ERR_STALE_MEMBER_EPOCH,
    codes.ERR_UNRELEASED_INSTANCE_ID,
  ]),
  ...list('unauthorized', [
    codes.ERR__AUTHENTICATION,
    codes.ERR_TOPIC_AUTHORIZATION_FAILED,
    codes.ERR_GROUP_AUTHORIZATION_FAILED,
    codes.ERR_CLUSTER_AUTHORIZATION_FAILED,
    codes.ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    codes.ERR_UNSUPPORTED_SASL_MECHANISM,
    codes.ERR_ILLEGAL_SASL_STATE,
    codes.ERR_SASL_AUTHENTICATION_FAILED,
    codes.ERR_DELEGATION_TOKEN_AUTHORIZATION_FAILED,
  ]),
  ...list('indefinite', [
    codes.ERR__MSG_TIMED_OUT,
    codes.ERR__TIMED_OUT,
    codes.ERR__TRANSPORT,
    codes.ERR__ALL_BROKERS_DOWN,
    codes.ERR__WAIT_COORD,
    codes.ERR__PURGE_INFLIGHT,
    codes.ERR__DESTROY,
    codes.ERR__FATAL,
    codes.ERR_REQUEST_TIMED_OUT,
    codes.ERR_NETWORK_EXCEPTION,
    codes.ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  ]),
  ...list('offset-range', [codes.ERR__AUTO_OFFSET_RESET, codes.ERR_OFFSET_OUT_OF_RANGE]),
  ...list('too-large', [codes.ERR_MSG_SIZE_TOO_LARGE, codes.ERR_RECORD_LIST_TOO_LARGE]),
  ...list('topic-exists', [codes.ERR_TOPIC_ALREADY_EXISTS]),
  ...list('topic-unknown', [
    codes.ERR__UNKNOWN_TOPIC,
    codes.ERR__UNKNOWN_PARTITION,
    codes.ERR_UNKNOWN_TOPIC_OR_PART,
    codes.ERR_UNKNOWN_TOPIC_ID,
  ]),
  ...list('unsupported', [
    codes.ERR__NOT_IMPLEMENTED,
    codes.ERR__UNSUPPORTED_FEATURE,
    codes.ERR_UNSUPPORTED_VERSION,
  ]),
])

/** Faults that pass by themselves: a broker is away, or something has moved. */
const passing: ReadonlySet<number> = new Set([
  codes.ERR__TRANSPORT,
  codes.ERR__RESOLVE,
  codes.ERR__ALL_BROKERS_DOWN,
  codes.ERR__TIMED_OUT,
  codes.ERR__TIMED_OUT_QUEUE,
  codes.ERR__WAIT_COORD,
  codes.ERR__WAIT_CACHE,
  codes.ERR__IN_PROGRESS,
  codes.ERR__PREV_IN_PROGRESS,
  codes.ERR__RETRY,
  codes.ERR__DESTROY_BROKER,
  codes.ERR_LEADER_NOT_AVAILABLE,
  codes.ERR_NOT_LEADER_FOR_PARTITION,
  codes.ERR_REQUEST_TIMED_OUT,
  codes.ERR_BROKER_NOT_AVAILABLE,
  codes.ERR_REPLICA_NOT_AVAILABLE,
  codes.ERR_NETWORK_EXCEPTION,
  codes.ERR_COORDINATOR_LOAD_IN_PROGRESS,
  codes.ERR_COORDINATOR_NOT_AVAILABLE,
  codes.ERR_NOT_COORDINATOR,
  codes.ERR_NOT_ENOUGH_REPLICAS,
  codes.ERR_NOT_CONTROLLER,
  codes.ERR_CONCURRENT_TRANSACTIONS,
  codes.ERR_KAFKA_STORAGE_ERROR,
  codes.ERR_UNSTABLE_OFFSET_COMMIT,
  codes.ERR_OFFSET_NOT_AVAILABLE,
  codes.ERR_FENCED_LEADER_EPOCH,
  codes.ERR_UNKNOWN_LEADER_EPOCH,
  codes.ERR_ELIGIBLE_LEADERS_NOT_AVAILABLE,
  codes.ERR_STALE_BROKER_EPOCH,
  codes.ERR_THROTTLING_QUOTA_EXCEEDED,
])

/** Whether the same call may succeed later without anything else being changed. */
export function passes(fault: ClientFault): boolean {
  return passing.has(fault.code) || fault.isRetriable === true
}

/** What a fault is about, apart from its flags. */
export function meaningOf(fault: ClientFault): Meaning {
  return meanings.get(fault.code) ?? 'failed'
}

/** What is fatal for a consumer is that another member took its place; librdkafka then fails its calls with one code. */
export function ofConsumer(fault: ClientFault): ClientFault {
  if (fault.code !== codes.ERR__FATAL) return fault
  return { code: codes.ERR__FENCED, message: fault.message }
}

/** What a client was doing when a fault came. */
export interface Circumstances {
  /** As a noun: `'commit'`, `'send'`. */
  readonly operation: string
  /** Whether it changes anything in Kafka: only then a time-out leaves its outcome open. */
  readonly writes: boolean
  readonly topic?: string | undefined
  readonly partition?: number | undefined
  readonly offset?: number | undefined
  readonly bytes?: number | undefined
}

/** The one way from a fault of librdkafka to an error of the contract. */
export function transportError(fault: ClientFault, at: Circumstances): GokaError {
  const reason = faultName(fault.code)
  const subject = `${at.operation}${place(at)}`
  const says = `${reason}: ${fault.message}`
  const retriable = passes(fault)
  const details = { operation: at.operation, retriable, reason }
  const topic = at.topic ?? ''
  const partition = at.partition ?? -1
  const cause = { cause: fault }
  const meaning = meaningOf(fault)
  if (fault.isTxnRequiresAbort === true && meaning !== 'fenced') {
    return new GokaError(
      'GOKA_TRANSPORT_ABORTABLE',
      `${subject} failed (${says}); abort the transaction`,
      details,
      cause,
    )
  }
  if (fault.isFatal === true && meaning !== 'fenced') {
    return indefinite(subject, says, details, cause)
  }
  switch (meaning) {
    case 'fenced':
      return new GokaError(
        'GOKA_TRANSPORT_FENCED',
        `${subject} was refused because another client took over (${says}); what was done here is void`,
        details,
        cause,
      )
    case 'unauthorized':
      return new GokaError(
        'GOKA_TRANSPORT_UNAUTHORIZED',
        `${subject} was refused (${says}); check the credentials and what they allow`,
        details,
        cause,
      )
    case 'indefinite':
      if (at.writes) return indefinite(subject, says, details, cause)
      break
    case 'offset-range':
      return new GokaError(
        'GOKA_TRANSPORT_OFFSET_RANGE',
        `offset ${at.offset ?? -1} of ${topic}/${partition} is not in the partition (${says}); read from its start or end`,
        { topic, partition, offset: at.offset ?? -1 },
        cause,
      )
    case 'too-large':
      return new GokaError(
        'GOKA_TRANSPORT_RECORD_TOO_LARGE',
        `a record of ${at.bytes ?? -1} bytes for ${topic}/${partition} is too large (${says}); raise message.max.bytes of client and topic, or send less`,
        { topic, partition, bytes: at.bytes ?? -1 },
        cause,
      )
    case 'topic-exists':
      return new GokaError('GOKA_TOPIC_EXISTS', `topic ${topic} exists already`, { topic }, cause)
    case 'topic-unknown':
      return topicUnknown(topic, at.partition, cause)
    case 'unsupported':
      return new GokaError(
        'GOKA_TRANSPORT_UNSUPPORTED',
        `${subject} is not supported (${says})`,
        { operation: at.operation, reason },
        cause,
      )
    case 'failed':
      break
  }
  return new GokaError('GOKA_TRANSPORT_FAILED', `${subject} failed (${says})`, details, cause)
}

/** The topic, or this partition of it, does not exist; Kafka says the same of a topic that the user may not see. */
export function topicUnknown(topic: string, partition?: number, options?: ErrorOptions): GokaError {
  const what = partition === undefined ? `topic ${topic}` : `partition ${topic}/${partition}`
  return new GokaError(
    'GOKA_TOPIC_UNKNOWN',
    `${what} does not exist, or the user may not see it; create it first`,
    { topic },
    options,
  )
}

export function closedError(client: string): GokaError<'GOKA_TRANSPORT_CLOSED'> {
  return new GokaError('GOKA_TRANSPORT_CLOSED', `${client} is closed; make a new one`, { client })
}

export function unsupported(operation: string, reason: string): GokaError {
  return new GokaError('GOKA_TRANSPORT_UNSUPPORTED', `${operation} is not supported: ${reason}`, {
    operation,
    reason,
  })
}

function indefinite(
  subject: string,
  says: string,
  details: { operation: string; retriable: boolean; reason: string },
  cause: ErrorOptions,
): GokaError {
  return new GokaError(
    'GOKA_TRANSPORT_INDEFINITE',
    `nobody knows whether ${subject} happened (${says}); close the client and read from the broker what is true`,
    details,
    cause,
  )
}

function place(at: Circumstances): string {
  if (at.topic === undefined) return ''
  return at.partition === undefined ? ` for ${at.topic}` : ` for ${at.topic}/${at.partition}`
}

function list(meaning: Meaning, members: readonly number[]): [number, Meaning][] {
  return members.map((code) => [code, meaning])
}
