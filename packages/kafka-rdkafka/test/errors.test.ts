import type { ErrorCode } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import { faultCodes, faultName, faultOf } from '../src/client-fault.ts'
import { ofConsumer, passes, transportError } from '../src/errors.ts'

const writing = { operation: 'send', writes: true, topic: 'orders', partition: 3, bytes: 9 }
const reading = { operation: 'offset query', writes: false, topic: 'orders', partition: 3 }

describe('transportError', () => {
  it.each<[keyof typeof faultCodes, ErrorCode]>([
    ['ERR__FENCED', 'GOKA_TRANSPORT_FENCED'],
    ['ERR_ILLEGAL_GENERATION', 'GOKA_TRANSPORT_FENCED'],
    ['ERR_UNKNOWN_MEMBER_ID', 'GOKA_TRANSPORT_FENCED'],
    ['ERR_REBALANCE_IN_PROGRESS', 'GOKA_TRANSPORT_FENCED'],
    ['ERR_FENCED_INSTANCE_ID', 'GOKA_TRANSPORT_FENCED'],
    ['ERR_INVALID_PRODUCER_EPOCH', 'GOKA_TRANSPORT_FENCED'],
    ['ERR__AUTHENTICATION', 'GOKA_TRANSPORT_UNAUTHORIZED'],
    ['ERR_TOPIC_AUTHORIZATION_FAILED', 'GOKA_TRANSPORT_UNAUTHORIZED'],
    ['ERR__MSG_TIMED_OUT', 'GOKA_TRANSPORT_INDEFINITE'],
    ['ERR__TIMED_OUT', 'GOKA_TRANSPORT_INDEFINITE'],
    ['ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'GOKA_TRANSPORT_INDEFINITE'],
    ['ERR__PURGE_INFLIGHT', 'GOKA_TRANSPORT_INDEFINITE'],
    ['ERR__PURGE_QUEUE', 'GOKA_TRANSPORT_FAILED'],
    ['ERR__AUTO_OFFSET_RESET', 'GOKA_TRANSPORT_OFFSET_RANGE'],
    ['ERR_MSG_SIZE_TOO_LARGE', 'GOKA_TRANSPORT_RECORD_TOO_LARGE'],
    ['ERR_TOPIC_ALREADY_EXISTS', 'GOKA_TOPIC_EXISTS'],
    ['ERR_UNKNOWN_TOPIC_OR_PART', 'GOKA_TOPIC_UNKNOWN'],
    ['ERR__UNKNOWN_PARTITION', 'GOKA_TOPIC_UNKNOWN'],
    ['ERR_UNSUPPORTED_VERSION', 'GOKA_TRANSPORT_UNSUPPORTED'],
    ['ERR_INVALID_PARTITIONS', 'GOKA_TRANSPORT_FAILED'],
    ['ERR_INVALID_RECORD', 'GOKA_TRANSPORT_FAILED'],
  ])('makes of %s while sending %s', (name, code) => {
    const error = transportError(faultOf(faultCodes[name]), writing)
    expect(error.code).toBe(code)
    expect(error.cause).toMatchObject({ code: faultCodes[name] })
  })

  it('names the operation, the partition and what librdkafka calls the fault', () => {
    const error = transportError(faultOf(faultCodes.ERR__MSG_TIMED_OUT), writing)
    expect(error.message).toContain('send for orders/3')
    expect(error.message).toContain('ERR__MSG_TIMED_OUT')
    expect(error.details).toEqual({
      operation: 'send',
      retriable: false,
      reason: 'ERR__MSG_TIMED_OUT',
    })
  })

  it('leaves nothing open where nothing was to be changed', () => {
    const error = transportError(faultOf(faultCodes.ERR__TIMED_OUT), reading)
    expect(error).toMatchObject({ code: 'GOKA_TRANSPORT_FAILED', details: { retriable: true } })
  })

  it('asks for an abort where the transaction can only be aborted', () => {
    const fault = { ...faultOf(faultCodes.ERR__MSG_TIMED_OUT), isTxnRequiresAbort: true }
    expect(transportError(fault, writing).code).toBe('GOKA_TRANSPORT_ABORTABLE')
  })

  it('tells of a fence rather than of the abort that it needs', () => {
    const fault = { ...faultOf(faultCodes.ERR_UNKNOWN_MEMBER_ID), isTxnRequiresAbort: true }
    expect(transportError(fault, writing).code).toBe('GOKA_TRANSPORT_FENCED')
  })

  it('calls indefinite what ends a producer for another reason than a fence', () => {
    const fault = { ...faultOf(faultCodes.ERR_OUT_OF_ORDER_SEQUENCE_NUMBER), isFatal: true }
    expect(transportError(fault, writing).code).toBe('GOKA_TRANSPORT_INDEFINITE')
    const fence = { ...faultOf(faultCodes.ERR__FENCED), isFatal: true }
    expect(transportError(fence, writing).code).toBe('GOKA_TRANSPORT_FENCED')
  })

  it('tells the offset that is out of range, and the size that is too large', () => {
    const range = transportError(faultOf(faultCodes.ERR__AUTO_OFFSET_RESET), {
      ...reading,
      offset: 7,
    })
    expect(range.details).toEqual({ topic: 'orders', partition: 3, offset: 7 })
    const large = transportError(faultOf(faultCodes.ERR_MSG_SIZE_TOO_LARGE), writing)
    expect(large.details).toEqual({ topic: 'orders', partition: 3, bytes: 9 })
  })

  it('has a meaning and a name for every code that there is', () => {
    for (const code of Object.values(faultCodes)) {
      const error = transportError(faultOf(code), writing)
      expect(error.message).toMatch(/^[a-z].*[^.]$/)
      expect(faultName(code)).toMatch(/^ERR_/)
    }
  })
})

describe('a fault', () => {
  it('passes when the same call may succeed later', () => {
    expect(passes(faultOf(faultCodes.ERR__TRANSPORT))).toBe(true)
    expect(passes(faultOf(faultCodes.ERR_COORDINATOR_LOAD_IN_PROGRESS))).toBe(true)
    expect(passes(faultOf(faultCodes.ERR_TOPIC_AUTHORIZATION_FAILED))).toBe(false)
    expect(passes({ code: 1, message: '', isRetriable: true })).toBe(true)
  })

  it('that is fatal for a consumer is a fence', () => {
    const fatal = ofConsumer({ ...faultOf(faultCodes.ERR__FATAL), isFatal: true })
    expect(transportError(fatal, reading).code).toBe('GOKA_TRANSPORT_FENCED')
    const other = faultOf(faultCodes.ERR__TRANSPORT)
    expect(ofConsumer(other)).toBe(other)
  })
})
