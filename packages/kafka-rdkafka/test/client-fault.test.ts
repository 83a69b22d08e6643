import { describe, expect, it } from '@jest/globals'
import { faultCodes, faultName, faultOf, toFault } from '../src/client-fault.ts'

describe('a fault of the client', () => {
  it('is named as librdkafka names it', () => {
    expect(faultName(-192)).toBe('ERR__MSG_TIMED_OUT')
    expect(faultName(3)).toBe('ERR_UNKNOWN_TOPIC_OR_PART')
    expect(faultName(4711)).toBe('ERR_4711')
  })

  it('is found by the text when there is no code, as in events and delivery reports', () => {
    const texts = {
      'Local: All broker connections are down': faultCodes.ERR__ALL_BROKERS_DOWN,
      'Local: Message timed out': faultCodes.ERR__MSG_TIMED_OUT,
      'Broker: Message size too large': faultCodes.ERR_MSG_SIZE_TOO_LARGE,
      'KafkaConsumer is not connected': faultCodes.ERR__STATE,
      'something new': faultCodes.ERR_UNKNOWN,
    }
    for (const [text, code] of Object.entries(texts)) {
      expect(toFault(new Error(text))).toMatchObject({ code, message: text })
    }
    // As node-rdkafka's own error has it: cut at the colon, in lower case, with a code that says nothing.
    const cut = { code: -1, origin: 'local', message: 'all broker connections are down' }
    expect(toFault(cut).code).toBe(faultCodes.ERR__ALL_BROKERS_DOWN)
  })

  it('has the code and the flags that came with it', () => {
    const fault = { code: -144, message: 'x', isFatal: true, isTxnRequiresAbort: false }
    expect(toFault(fault)).toEqual({ code: -144, message: 'x', isFatal: true })
    expect(toFault(22)).toEqual(faultOf(22))
    expect(toFault(undefined).code).toBe(faultCodes.ERR_UNKNOWN)
  })

  it('is told apart from each other one by its text', () => {
    for (const code of new Set(Object.values(faultCodes))) {
      const { message } = faultOf(code)
      // Bounds of ranges, and codes that this librdkafka has no text for.
      if (/^(Local: (Begin|End) |Err-)/.test(message) || code === faultCodes.ERR_UNKNOWN) continue
      expect([code, toFault(new Error(message)).code]).toEqual([code, code])
    }
  })
})
