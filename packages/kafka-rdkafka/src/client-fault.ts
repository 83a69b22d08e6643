import rdkafka from 'node-rdkafka'
import binding from 'node-rdkafka/librdkafka.js'

/** A fault as librdkafka reports it, before it becomes a `GokaError`. */
export interface ClientFault {
  /** librdkafka's code: negative for its own faults, positive for a broker's. */
  readonly code: number
  readonly message: string
  readonly isFatal?: boolean
  readonly isRetriable?: boolean
  readonly isTxnRequiresAbort?: boolean
}

/** A fault that came in the place of records. Where it happened is told as far as it is known. */
export interface SourceFault extends ClientFault {
  readonly topic?: string
  readonly partition?: number
  readonly offset?: number
}

/** librdkafka's codes by their names: `ERR__MSG_TIMED_OUT`. */
export const faultCodes: Readonly<typeof rdkafka.CODES.ERRORS> = rdkafka.CODES.ERRORS

const nameByCode = new Map<number, string>()
/** Events and delivery reports of node-rdkafka carry the text of a fault, and not its code. */
const codeByText = new Map<string, number>()
for (const [name, code] of Object.entries(faultCodes)) {
  if (nameByCode.has(code)) continue
  nameByCode.set(code, name)
  codeByText.set(textKey(binding.err2str(code)), code)
}

/** librdkafka's name of a code: `'ERR__MSG_TIMED_OUT'`. */
export function faultName(code: number): string {
  return nameByCode.get(code) ?? `ERR_${code}`
}

/** A fault by its code, with librdkafka's text. */
export function faultOf(code: number): ClientFault {
  return { code, message: binding.err2str(code) }
}

/** Makes a fault of whatever node-rdkafka throws, emits or calls back with. */
export function toFault(error: unknown): ClientFault {
  if (typeof error === 'number') return faultOf(error)
  if (typeof error !== 'object' || error === null) {
    return { code: faultCodes.ERR_UNKNOWN, message: String(error) }
  }
  const { code, message, origin, isFatal, isRetriable, isTxnRequiresAbort } =
    error as Partial<rdkafka.LibrdKafkaError>
  const text = typeof message === 'string' ? message : ''
  return {
    code: typeof code === 'number' && code !== faultCodes.ERR_UNKNOWN ? code : codeOf(origin, text),
    message: text,
    ...(isFatal === true && { isFatal }),
    ...(isRetriable === true && { isRetriable }),
    ...(isTxnRequiresAbort === true && { isTxnRequiresAbort }),
  }
}

function codeOf(origin: unknown, text: string): number {
  const known =
    codeByText.get(textKey(text)) ?? codeByText.get(textKey(`${String(origin)}: ${text}`))
  if (known !== undefined) return known
  return /not connected|disconnected/i.test(text) ? faultCodes.ERR__STATE : faultCodes.ERR_UNKNOWN
}

/** As node-rdkafka cuts it: what is before and after the first colon, in lower case. */
function textKey(text: string): string {
  const [origin, rest] = text.toLowerCase().split(': ')
  return rest === undefined ? `${origin}` : `${origin}: ${rest}`
}
