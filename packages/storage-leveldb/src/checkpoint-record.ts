import type { Checkpoint } from '@goka/interface'

/** What marks a database as one of this adapter; raised when the layout changes. */
const FORMAT = 1

/** The record under the checkpoint key, JSON: `{"format":1}` in a new store, with the checkpoint's fields later. */
export function writeCheckpoint(checkpoint: Checkpoint | undefined): Uint8Array {
  return Buffer.from(JSON.stringify({ format: FORMAT, ...checkpoint }), 'utf8')
}

/** @throws Error when the record is not one of this format */
export function readCheckpoint(record: Uint8Array): Checkpoint | undefined {
  const text = Buffer.from(record.buffer, record.byteOffset, record.byteLength).toString('utf8')
  const fields = JSON.parse(text) as Partial<Checkpoint & { format: number }> | null
  if (fields?.format !== FORMAT) throw new Error(`its format is ${fields?.format}, not ${FORMAT}`)
  const { position, inputs, timeMs, topicId } = fields
  if (position === undefined) return undefined
  if (!isOffset(position) || !isOffsets(inputs) || typeof timeMs !== 'number') {
    throw new Error('its fields are not those of a checkpoint')
  }
  return { position, inputs, timeMs, topicId }
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isOffsets(value: unknown): value is Record<string, number> {
  return typeof value === 'object' && value !== null && Object.values(value).every(isOffset)
}
